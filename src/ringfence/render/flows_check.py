"""What a check shows of recorded traffic that the policies would cut: an entry for each reason, at its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.check.report import CheckReport, Part
from ringfence.model.origin import Position
from ringfence.render.check_places import NOWHERE, Places
from ringfence.render.replay_text import ends, groups, seen
from ringfence.replay import Fate, Replayed

_EXAMPLES = 5
_WORDS = {Fate.CUT: "would be cut", Fate.UNSURE: "might be cut", Fate.OPENED: "would open"}

RULES = {
    Fate.CUT: ("flows-cut", "Recorded connections would be cut", "Connections that were seen to pass would be denied."),
    Fate.UNSURE: (
        "flows-unsure",
        "Recorded connections might be cut",
        "Connections that were seen to pass would only be allowed if a name or a request is as a rule asks.",
    ),
    Fate.OPENED: ("flows-opened", "Denied connections would open", "Connections that were denied would be allowed."),
}
"""Name, title and what it means, for each fate."""


@dataclass(frozen=True, slots=True)
class Problem:
    """All connections with one fate for the same reasons. ``failing`` tells that the check fails on them."""

    fate: Fate
    text: str
    details: str
    position: Position
    key: str
    failing: bool

    @property
    def rule(self) -> str:
        """The name of its kind."""
        return RULES[self.fate][0]


def problems(report: CheckReport, places: Places) -> Iterator[Problem]:
    """What to show; what opens only where the check fails on it."""
    if report.flows is None:
        return
    failing = {failure.kind for failure in report.failures if failure.part is Part.FLOWS}
    for reasons, rows in groups(report.flows.report.rows):
        fate = rows[0].fate
        if fate is Fate.OPENED and fate.value not in failing:
            continue
        first = rows[0]
        number = f"{len(rows):,} recorded connection{'s' * (len(rows) != 1)}"
        why = "; ".join(reason.text for reason in reasons)
        text = f"{number} {_WORDS[fate]}{f': {why}' if why else ''}. Most often: {line(first)}."
        details = "\n".join(map(line, rows[:_EXAMPLES]))
        if rows[_EXAMPLES:]:
            details += f"\nand {len(rows) - _EXAMPLES:,} more"
        found = (places.of(reason.origin.position) for reason in reasons)
        position = next((place for place in found if place.file), NOWHERE)
        key = " ".join([fate.value, *(f"{reason.direction} {reason.policy}" for reason in reasons)])
        yield Problem(fate, text, details, position, key, fate.value in failing)


def line(row: Replayed) -> str:
    """One connection: its ends, the port, and how often it was seen."""
    return f"{ends(row)} {row.protocol} {row.port}, {seen(row)}"
