"""A diff for people: counts, risks, then the changes under the policy and line that are responsible."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.diff.causes import Cause
from ringfence.diff.report import ChangeKind, DiffReport, Impact
from ringfence.render.diff_groups import RISKS, SIGNS, Entry, Group, counts, groups
from ringfence.render.lines import Line, bad, bold, careful, count, good, layout, place

SHOWN = 12
"""More changes than this under one cause are counted, unless every one is asked for."""

_COLOURS = {ChangeKind.ADDED: good, ChangeKind.REMOVED: bad, ChangeKind.CHANGED: careful}
_WIDEST = 60


def render(report: DiffReport, *, summary_only: bool = False, every: bool = False) -> Iterator[str]:
    """The lines of the answer; ``every`` shows all changes of each cause."""
    yield bold(counts(report))
    if report.risks:
        yield ""
        yield from _risks(report, every=every)
    if not summary_only:
        for group in groups(report):
            yield ""
            yield from _group(group, every=every)
    for title, impacts in (("By namespace:", report.namespaces), ("By team:", report.teams)):
        if impacts:
            yield ""
            yield bold(title)
            yield from _impacts(impacts, every=every)


def _risks(report: DiffReport, *, every: bool) -> Iterator[str]:
    yield bold("Risks:")
    shown = report.risks if every else report.risks[:SHOWN]
    for risk in shown:
        yield f"  {careful(RISKS[risk.kind])}: {risk.text}"
    if report.risks[len(shown) :]:
        yield f"  and {len(report.risks) - len(shown)} more; -v shows all"


def _group(group: Group, *, every: bool) -> Iterator[str]:
    yield from layout(list(_head(group.causes)))
    shown = group.entries if every else group.entries[:SHOWN]
    width = max((len(_ends(entry)) for entry in shown if len(_ends(entry)) <= _WIDEST), default=0)
    for entry in shown:
        sign = _COLOURS[entry.kind](SIGNS[entry.kind])
        yield f"  {sign} {_ends(entry):<{width}}  {entry.ports}"
    rest = group.entries[len(shown) :]
    if rest:
        yield f"  and {count(len(rest), 'more connection')}; -v shows all"


def _head(causes: tuple[Cause, ...]) -> Iterator[Line]:
    if not causes:
        yield Line(bold("For no single cause"))
    for cause in causes:
        yield Line(bold(cause.text), places(cause))


def places(cause: Cause) -> str:
    """Where the cause stands, and where it stood before."""
    here, other = place(cause.origin), place(cause.other)
    if not other or here == other:
        return here
    return f"{here} (was {other})" if cause.in_new else f"{other} (was {here})"


def _ends(entry: Entry) -> str:
    return f"{entry.src} → {entry.dst}"


def _impacts(impacts: tuple[Impact, ...], *, every: bool) -> Iterator[str]:
    ordered = sorted(impacts, key=lambda impact: (-(impact.added + impact.removed + impact.changed), impact.name))
    shown = ordered if every else ordered[:SHOWN]
    width = max(len(impact.name) for impact in shown)
    for impact in shown:
        numbers = ((impact.added, "added"), (impact.removed, "removed"), (impact.changed, "changed"))
        yield f"  {impact.name:<{width}}  " + ", ".join(f"{number:,} {what}" for number, what in numbers if number)
    if ordered[len(shown) :]:
        yield f"  and {len(ordered) - len(shown)} more; -v shows all"
