"""The answer of a replay in one sentence."""

from __future__ import annotations

from ringfence.replay.report import Fate, ReplayReport


def summary(report: ReplayReport) -> str:
    """``2 of 14 connections would be cut, 1 would open.``"""
    numbers = {fate: sum(1 for _ in report.of(fate)) for fate in Fate}
    total = f"{report.edges:,} connection{'s' * (report.edges != 1)}"
    cut = numbers[Fate.CUT]
    already = sum(row.denied_today for row in report.rows)
    too = f" ({f'{already:,}' if already < cut else 'all'} of them denied today, too)" if already else ""
    parts = [f"{f'{cut:,}' if cut else 'none'} of {total} would be cut{too}"]
    if numbers[Fate.UNSURE]:
        parts.append(f"{numbers[Fate.UNSURE]:,} might be")
    if numbers[Fate.OPENED]:
        parts.append(f"{numbers[Fate.OPENED]:,} would open")
    if report.unjudged:
        parts.append(f"{sum(each.edges for each in report.unjudged):,} can't be judged")
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}."
