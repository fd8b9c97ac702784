"""A replay for people: what would be cut, under the policy and line that would cut it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.render import flows_evidence
from ringfence.render.lines import Line, bad, bold, careful, count, good, layout, place
from ringfence.replay import Fate, Reason, Replayed, ReplayReport, summary

SHOWN = 12
"""More connections than this under one reason are counted, unless every one is asked for."""

_COLOURS = {Fate.CUT: bad, Fate.UNSURE: careful, Fate.OPENED: good}
_SIGNS = {Fate.CUT: "-", Fate.UNSURE: "?", Fate.OPENED: "+"}
_WIDEST = 70


def render(report: ReplayReport, *, every: bool = False) -> Iterator[str]:
    """The lines of the answer; ``every`` shows all connections of each reason."""
    yield bold(summary(report))
    for reasons, rows in groups(report.rows):
        yield ""
        yield from _group(reasons, rows, every=every)
    if report.unjudged:
        yield ""
        yield bold("Not judged:")
        for each in report.unjudged:
            examples = f", such as {each.examples[0]}" if each.examples else ""
            yield f"  {count(each.edges, 'connection')}: {each.why}{examples}"
    notes = list(remarks(report))
    if notes:
        yield ""
        yield from (f"Note: {note}" for note in notes)
    yield ""
    yield from flows_evidence.lines(report.evidence, every=every)


def remarks(report: ReplayReport) -> Iterator[str]:
    """What was taken for granted."""
    already = sum(row.denied_today for row in report.rows)
    if already:
        yield (
            f"{count(already, 'connection')} that would be cut {'are' if already != 1 else 'is'} denied by today's "
            "policies as well, and passed all the same: these may not be enforced, or be younger than the records."
        )
    if report.own_node:
        yield (
            f"{count(report.own_node, 'connection')} from a node to a workload that has pods on it "
            f"{'are' if report.own_node != 1 else 'is'} taken as the kubelet's probes, which no policy cuts."
        )
    if report.by_labels:
        yield (
            f"{count(report.by_labels, 'connection')} with an end that is gone "
            f"{'are' if report.by_labels != 1 else 'is'} judged by its recorded labels."
        )


def groups(rows: Iterable[Replayed]) -> list[tuple[tuple[Reason, ...], list[Replayed]]]:
    """The rows under what decides them; the reasons of what is cut first, and of that what happens most."""
    found: dict[tuple[Fate, tuple[Reason, ...]], list[Replayed]] = {}
    for row in rows:
        found.setdefault((row.fate, row.reasons), []).append(row)
    order = tuple(Fate)
    ordered = sorted(found.items(), key=lambda each: (order.index(each[0][0]), -sum(r.connections for r in each[1])))
    return [(reasons, members) for (_, reasons), members in ordered]


def _group(reasons: tuple[Reason, ...], rows: list[Replayed], *, every: bool) -> Iterator[str]:
    fate = rows[0].fate
    heads = [
        Line(bold(f"{str(reason.direction).capitalize()}: {reason.text}"), place(reason.origin)) for reason in reasons
    ]
    yield from layout(heads or [Line(bold("Would open:" if fate is Fate.OPENED else "For no single reason:"))])
    shown = rows if every else rows[:SHOWN]
    width = max((len(ends(row)) for row in shown if len(ends(row)) <= _WIDEST), default=0)
    for row in shown:
        yield f"  {_COLOURS[fate](_SIGNS[fate])} {ends(row):<{width}}  {row.protocol} {row.port:<5}  {seen(row)}"
    if rows[len(shown) :]:
        yield f"  and {count(len(rows) - len(shown), 'more connection')}; -v shows all"


def ends(row: Replayed) -> str:
    """``shop/Deployment/web (red) → data/StatefulSet/db (blue)``."""
    source, destination = (
        f"{name} ({team})" if team else name
        for name, team in ((row.source.name, row.source_team), (row.destination.name, row.destination_team))
    )
    return f"{source} → {destination}"


def seen(row: Replayed) -> str:
    """How often, since when and until when."""
    if row.fate is Fate.OPENED:
        text = f"denied {count(row.denied, 'time')}"
    elif row.passed:
        text = count(row.passed, "time")
    else:
        text = f"tried {count(row.connections, 'time')}"
    text += f", last {flows_evidence.moment(row.last)}"
    if row.failing < row.pairs and row.fate is not Fate.OPENED:
        text += f", {row.failing:,} of {count(row.pairs, 'pair')} of replicas"
    return f"{text}, denied today too" if row.denied_today else text
