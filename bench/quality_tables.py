"""The tables of learning quality, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.run import machine

if TYPE_CHECKING:
    from bench.flows_quality import Quality

_HEAD = (
    "tool",
    "records lost",
    "true connections kept",
    "cut",
    "of these, to names outside",
    "open pairs and ports, never intended",
    "workloads that may reach the whole Internet",
    "rules made of replies",
    "denied connections opened",
    "policies",
    "time",
    "of this, learning",
)


def table(rows: Sequence[Quality]) -> str:
    """One line a tool and loss, behind the machine and the date."""
    lines = [f"Measured with {machine()}", ""]
    lines += ["| " + " | ".join(_HEAD) + " |", "|" + "---|" * len(_HEAD)]
    for row in rows:
        cells = (
            f"`{row.tool}`",
            f"{row.lost:.0%}",
            f"{row.kept / max(1, row.intended):.2%} of {row.intended:,}",
            f"{row.intended - row.kept:,}",
            f"{row.cut_outside:,}",
            f"{row.never_intended / max(1, row.allowed):.1%} of {row.allowed:,}",
            f"{row.everywhere:,}",
            f"{row.reply_rules:,}",
            f"{row.denied_allowed:,} of {row.denied:,}",
            f"{row.objects:,}",
            f"{row.seconds:.1f} s",
            "" if row.learning is None else f"{row.learning:.1f} s",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
