"""What two states of a cluster differ in, as pages show it: connections by their cause with risks, and YAML by line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final

import click

from ringfence.diff import ChangeKind, DiffReport
from ringfence.fix.yaml_dump import document
from ringfence.render.diff_groups import RISKS, SIGNS, counts, groups
from ringfence.render.diff_text import places

_MOST_ENTRIES: Final = 200
_MOST_GROUPS: Final = 100
_CONTEXT: Final = 4


def told(report: DiffReport) -> dict[str, Any]:
    """The headline, the risks, and the connections under what is responsible for them."""
    found = groups(report)
    return {
        "headline": click.unstyle(counts(report)),
        "risks": [(RISKS[risk.kind], risk.text) for risk in report.risks],
        "groups": [
            (
                [(cause.text, places(cause)) for cause in group.causes],
                [(SIGNS[each.kind], str(each.kind), each) for each in group.entries[:_MOST_ENTRIES]],
                len(group.entries) - len(group.entries[:_MOST_ENTRIES]),
            )
            for group in found[:_MOST_GROUPS]
        ],
        "more": len(found) - len(found[:_MOST_GROUPS]),
    }


def numbers(report: DiffReport) -> dict[str, int]:
    """How many connections came, went and changed, and how many risks there are."""
    return {
        "added": report.count(ChangeKind.ADDED),
        "removed": report.count(ChangeKind.REMOVED),
        "changed": report.count(ChangeKind.CHANGED),
        "replicas": len(report.replicas),
        "risks": len(report.risks),
    }


def lines(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """The YAML difference of two objects, each line with its class: ``add``, ``del``, ``hunk`` or none."""
    old, new = (document(dict(body)).splitlines() if body is not None else [] for body in (before, after))
    found = []
    for line in list(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT))[2:]:
        kind = {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "")
        found.append((kind, "…" if kind == "hunk" else line))
    return found[1:]
