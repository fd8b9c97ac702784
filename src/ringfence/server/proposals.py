"""Manifests that somebody asked about: what is noted of them, and the report about them."""

from __future__ import annotations

import hashlib
import io

import click
from fastapi import Request

from ringfence.cluster import Cluster
from ringfence.diff import DiffReport
from ringfence.render import diff_json
from ringfence.render.diff_groups import counts
from ringfence.server.audit import note


def noted(request: Request, text: bytes, report: DiffReport) -> None:
    """Notes that manifests were compared, by whom, and what they would change; not what is in them."""
    digest = hashlib.sha256(text).hexdigest()
    headline = click.unstyle(counts(report))
    note(request, "what if", headline=headline, risks=len(report.risks), bytes=len(text), sha256=digest)


def as_json(report: DiffReport, after: Cluster) -> str:
    """The DiffReport."""
    out = io.StringIO()
    diff_json.write(report, after.findings, out)
    return out.getvalue()
