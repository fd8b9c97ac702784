"""Manifests that somebody asked about: as they were sent, what is noted of them, and the report about them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from typing import Final

import click
from fastapi import Request

from ringfence.cluster import Cluster
from ringfence.diff import DiffReport
from ringfence.render import diff_html, diff_json, diff_markdown
from ringfence.render.diff_groups import counts
from ringfence.server.audit import note

FORMATS: Final = {
    "html": ("HTML", "text/html; charset=utf-8", "html"),
    "md": ("Markdown", "text/markdown; charset=utf-8", "md"),
    "json": ("JSON", "application/json", "json"),
}
"""The formats of a report: title, media type and the end of the file's name."""


def joined(pasted: str, files: Sequence[tuple[str, bytes]]) -> bytes:
    """One stream of manifests: what was pasted, then each file under its name. A single part is left as it is.

    A form turns ends of lines into CR LF (HTML standard, constructing the entry list); they are turned back, so that
    a hash of the text is that of the text.
    """
    text = pasted.replace("\r\n", "\n").encode()
    if not files or (len(files) == 1 and not text.strip()):
        return files[0][1] if files else text
    parts = [text] if text.strip() else []
    for name, content in files:
        shown = "".join(sign if sign.isprintable() else " " for sign in name)[:200]
        parts.append(f"# {shown}\n".encode() + _as_yaml(content))
    return b"\n---\n".join(part.rstrip() for part in parts) + b"\n"


def _as_yaml(content: bytes) -> bytes:
    """JSON on one line, without the tabs that YAML doesn't take; everything else as it is."""
    if not content.lstrip().startswith((b"{", b"[")):
        return content
    try:
        return json.dumps(json.loads(content), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return content


def noted(request: Request, text: bytes, report: DiffReport) -> None:
    """Notes that manifests were compared, by whom, and what they would change; not what is in them."""
    sent(request, "what if", text, headline=click.unstyle(counts(report)), risks=len(report.risks))


def sent(request: Request, action: str, text: bytes, **about: str | int) -> None:
    """Notes that manifests were sent, by whom and for what; not what is in them."""
    note(request, action, None, **about, bytes=len(text), sha256=hashlib.sha256(text).hexdigest())


def as_json(report: DiffReport, after: Cluster) -> str:
    """The DiffReport."""
    out = io.StringIO()
    diff_json.write(report, after.findings, out)
    return out.getvalue()


def as_file(form: str, report: DiffReport, after: Cluster, remark: str) -> str:
    """The report in one of :data:`FORMATS`; ``remark`` says what came of policy tests, where a form has room for it."""
    if form == "json":
        return as_json(report, after)
    render = diff_html.render if form == "html" else diff_markdown.render
    return render(report, note=remark)
