"""``learn`` in Markdown, for a merge request: the summary first, the rules of each workload in a table."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ringfence.learn import Proposal
from ringfence.learn.demands import text_of
from ringfence.learn.rules import Side
from ringfence.learn.writing import seen
from ringfence.render import learn as lines


def document(answer: Proposal) -> str:
    """The whole answer."""
    return "\n".join(_document(answer)) + "\n"


def _document(answer: Proposal) -> Iterator[str]:
    yield "## Policies learned from flows"
    yield ""
    for line in lines.summary(answer):
        plain = click.unstyle(line)
        yield f"  - {_plain(plain.strip())}" if plain.startswith(" ") else f"- {_plain(plain)}"
    for each in answer.workloads:
        yield ""
        yield f"### {_plain(str(each.group))}"
        yield ""
        own = each.confidence
        yield f"Confidence {own.score} ({own.word}): {own.connections:,} connections of {own.kinds} kinds."
        rules = [(side, rule) for side in (each.egress, each.ingress) for rule in side.rules]
        yield ""
        for side in (each.egress, each.ingress):
            yield f"- {side.direction}: {_plain(_state(side))}"
        if rules:
            yield ""
            yield "| direction | other end | ports | evidence | |"
            yield "|---|---|---|---|---|"
        for side, rule in rules:
            ports = ", ".join(map(text_of, rule.ports))
            why = seen(rule.total) if rule.total is not None else "none: the platform needs it"
            yield f"| {side.direction} | {_plain(rule.peer)} | {ports} | {why} | {_plain(rule.note)} |"


def _state(side: Side) -> str:
    return f"{side.state}, {'; '.join(side.reasons)}" if side.reasons else str(side.state)


def _plain(text: str) -> str:
    """Text that Markdown takes as it stands."""
    return "".join(f"\\{char}" if char in "|*_<>`[]" else char for char in text)
