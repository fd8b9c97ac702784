"""The allowed connections as one self-contained page: a searchable matrix, a graph and a list.

The page asks nothing of the network and carries its own content security policy: only the script and the style
written here, known by their hashes, may run. Names and rules are data: they reach the page as JSON and are only ever
set as text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from string import Template
from typing import Any

from ringfence.reach.report import ReachReport
from ringfence.render.page_data import MAX_CELLS, Reason, Reasons, WhyDenied, build

__all__ = ["MAX_CELLS", "Reason", "Reasons", "WhyDenied", "render"]

_SCRIPTS = ("data.js", "view.js", "panel.js", "matrix.js", "graph.js", "list.js", "main.js")


def render(report: ReachReport, reasons: Reasons, why_denied: WhyDenied | None = None, *, title: str = "Reach") -> str:
    """The report as one HTML document.

    ``reasons`` gives the deciding rules of a connection; ``why_denied``, where given, those of a pair of ends without
    one. Both are asked once for each cell. ``title`` heads the page.

    Source of the escaping: HTML Standard, "Restrictions for contents of script elements"; CSP Level 3 for the hashes.

    Raises:
        TooManyEndsError: the report has too many ends for a page.
    """
    data = build(report, reasons, why_denied)
    data["summary"] = {name: getattr(report.summary, name) for name in report.summary.__dataclass_fields__}
    data["notes"] = [[str(note.severity), str(note)] for note in report.notes]
    script = "(() => {\n'use strict';\n" + "\n".join(map(_asset, _SCRIPTS)) + "})();\n"
    style = _asset("page.css")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; base-uri 'none'"
    return Template(_asset("page.html")).substitute(
        title=html.escape(title),
        policy=policy,
        style=style,
        data=_json(data),
        script=script,
    )


def _asset(name: str) -> str:
    return (files("ringfence.render") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(data: Any) -> str:
    """JSON that can't end its script element or open a comment in it."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
