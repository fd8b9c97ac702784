"""Templates to pages. Everything that is put into one is escaped."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ringfence.server.following import noted
from ringfence.server.who import Role, asking

PAGES = (
    ("/", "Overview"),
    ("/map", "Map"),
    ("/why", "Why"),
    ("/findings", "Findings"),
    ("/what-if", "What if"),
    ("/matrix", "Matrix"),
    ("/flows", "Flows"),
    ("/changes", "Changes"),
)
"""The navigation: path and title of each page."""


_TURNING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that make the text around them run the other way (Unicode Standard Annex 9)."""


def _plain(value: Any) -> Any:
    """Text that can't turn the text around it: such characters are named. What is escaped already stays."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", value)


_QUOTED: Final = re.compile("`([^`]+)`")


def _code(text: str) -> Markup:
    """A sentence with what stands between backticks as code."""
    return Markup(_QUOTED.sub(r"<code>\1</code>", str(escape(_plain(text)))))  # noqa: S704 -- escaped before


def _marked(text: str) -> Markup:
    """The lines of a difference, each with the class of what happens to it."""
    kinds = {"+": "add", "-": "del", "@": "at"}
    lines = [
        Markup('<span class="{}">{}</span>').format("at" if line.startswith(("+++", "---")) else kind, _plain(line))
        if (kind := kinds.get(line[:1]))
        else escape(_plain(line))
        for line in text.rstrip("\n").split("\n")
    ]
    return Markup("\n").join(lines)


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("ringfence.server"),
        autoescape=True,
        finalize=_plain,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"code": _code, "marked": _marked}
    return made


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made of a template. ``who`` reads it, who may change something if ``may_edit``.

    ``follows`` is what of it may change, unless nothing may.
    """
    who = asking(request)
    shown = {
        "pages": PAGES,
        "here": request.url.path,
        "who": who,
        "may_edit": who is not None and who.role is Role.EDITOR,
        "follows": noted(request) if who is not None else None,
    }
    return HTMLResponse(_templates().get_template(template).render(**shown, **values), status)
