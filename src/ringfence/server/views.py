"""Templates to pages. Everything that is put into one is escaped."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

PAGES = (
    ("/", "Overview"),
    ("/why", "Why"),
    ("/findings", "Findings"),
    ("/what-if", "What if"),
    ("/matrix", "Matrix"),
)
"""The navigation: path and title of each page."""


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("ringfence.server"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made of a template."""
    text = (
        _templates()
        .get_template(template)
        .render(pages=PAGES, here=request.url.path, user=request.scope.get("ringfence.user", ""), **values)
    )
    return HTMLResponse(text, status)
