"""Who is denied: since when, how often, by which policy and line, and what changed just before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ringfence.explain.evidence import evidence
from ringfence.explain.recorded import RecordedEnd, RecordedEnds
from ringfence.explain.recorded_verdict import RecordedJudge
from ringfence.flows.edges import Coverage, Edge, EdgeSet, Party
from ringfence.flows.selection import Selection, Totals
from ringfence.model.finding import Finding
from ringfence.model.flow import RecordedRule
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PolicySet
from ringfence.observe.calls import PASSED, STOPPED, Call, calls_of, end_of, merged_hours
from ringfence.observe.endings import ALLOW_ALL, ending_of, only_reset
from ringfence.observe.enforcement import Enforcement
from ringfence.observe.history import History, Moment
from ringfence.observe.passed import not_surely_allowed
from ringfence.observe.report import Denial, DeniedReport, Ending

_ORDER = tuple(Ending)


def denied(
    edges: EdgeSet,
    snapshot: Snapshot | None = None,
    policies: PolicySet | None = None,
    history: Sequence[Moment] = (),
) -> DeniedReport:
    """Who was denied, or failed otherwise, of edges that are whole.

    With a snapshot and its policies the engine says by which line, and where it disagrees with the records. ``history``
    are snapshots over time, in which the change before each denial is looked for.
    """
    asked = _Asked(RecordedEnds(snapshot or Snapshot(), edges.parties), snapshot, policies, history, edges.parties)
    calls = calls_of(edges, asked.ends)
    answered = {call.ends for call in calls if call.of(PASSED)}
    totals = Totals(len(calls), sum(edge.connections for call in calls for edge in call.edges))
    return asked.report(calls, calls, answered, totals, edges.coverage)


def denied_of(
    selection: Selection,
    snapshot: Snapshot | None = None,
    policies: PolicySet | None = None,
    history: Sequence[Moment] = (),
) -> DeniedReport:
    """As :func:`denied`, of edges that are asked where they are: only those are read that an answer may name."""
    parties = selection.parties
    asked = _Asked(RecordedEnds(snapshot or Snapshot(), parties), snapshot, policies, history, parties)
    by_call = selection.calls(asked.ends.numbers)
    calls = calls_of(by_call.unusual(ALLOW_ALL), asked.ends)
    passed: Sequence[Call] = ()
    if asked.judge is not None:
        passed = calls_of(by_call.of(not_surely_allowed(by_call.allowed(), asked.judge)), asked.ends)
    return asked.report(calls, passed, by_call.answered(), by_call.totals(), selection.coverage)


class _Asked:
    """What the calls are judged by: the policies, and those of before."""

    def __init__(
        self,
        ends: RecordedEnds,
        snapshot: Snapshot | None,
        policies: PolicySet | None,
        history: Sequence[Moment],
        parties: Sequence[Party],
    ) -> None:
        self.ends = ends
        self.judge = RecordedJudge(ends, policies) if policies is not None else None
        self._snapshot = snapshot
        self._past = History(history, parties)
        self._parties = parties

    def report(
        self,
        calls: Sequence[Call],
        passed: Sequence[Call],
        answered: set[tuple[int, int]],
        totals: Totals,
        coverage: Coverage,
    ) -> DeniedReport:
        """``calls`` are those that may have a row, ``passed`` those that policies may deny though they passed."""
        judge, past = self.judge, self._past
        rows = [row for call in calls for row in _rows(call, self.ends, judge, past, answered)]
        rows.sort(key=_order)
        findings = (
            tuple(_disagreements(passed, rows, self.ends, judge, self._snapshot, past))
            if judge and self._snapshot
            else ()
        )
        return DeniedReport(
            tuple(rows),
            findings,
            totals.calls,
            totals.connections,
            evidence(coverage, self._snapshot, self._parties),
        )


def _rows(
    call: Call, ends: RecordedEnds, judge: RecordedJudge | None, past: History, answered: set[tuple[int, int]]
) -> Iterator[Denial]:
    source, destination = end_of(ends, call)
    by_ending: dict[Ending, list[Edge]] = {}
    for edge in call.edges:
        ending = ending_of(edge, answered, call.ends, destination)
        if ending is not None:
            by_ending.setdefault(ending, []).append(edge)
        if edge.resets:
            by_ending.setdefault(Ending.RESET, []).append(only_reset(edge))
    for ending, edges in by_ending.items():
        first, last = min(edge.first for edge in edges), max(edge.last for edge in edges)
        row = Denial(
            ending,
            source,
            destination,
            call.protocol,
            call.port,
            sum(edge.connections for edge in edges),
            first,
            last,
            merged_hours(edges),
            _recorded(edges),
            next((edge.reason for edge in edges if edge.reason), ""),
            any(edge.egress for edge in edges),
            any(edge.ingress for edge in edges),
        )
        if ending.by_policy:
            row = replace(
                row,
                worked_until=call.passed_before(first),
                source_pods=_pods(edge.source_pods for edge in edges),
                destination_pods=_pods(edge.destination_pods for edge in edges),
            )
            if past:
                row = replace(row, changes=past.before(call, first))
        if judge is not None and ending is not Ending.REPLY:
            row = replace(row, verdict=judge.verdict(*call.ends, call.protocol, call.port))
        yield _outcome_since(row, call) if ending.by_policy else row


def _outcome_since(row: Denial, call: Call) -> Denial:
    """The row with what is known of connections that passed later.

    Edges are of workloads. Where one has replicas, some may pass while others are denied: what passes after the last
    denial is only known to work again where nothing passed between the first and the last, and where the policies
    don't tell replicas apart.
    """
    verdict = row.verdict
    mixed = verdict is not None and 0 < verdict.failing < verdict.pairs
    several = not (_is_single(row.source) and _is_single(row.destination))
    if not mixed and not (several and call.passed_between(row.first, row.last)):
        return replace(row, works_since=call.passed_after(row.last))
    latest = max((edge.last for edge in call.of(PASSED)), default=row.first)
    return replace(row, also_passed=latest) if latest > row.first else row


def _pods(found: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """All of them, once; none where some edge doesn't know its own."""
    parts = list(found)
    return tuple(sorted({pod for part in parts for pod in part})) if all(parts) else ()


def _is_single(end: RecordedEnd) -> bool:
    return len(end.end.endpoints) <= 1 and len(end.party.pods) <= 1


def _recorded(edges: Sequence[Edge]) -> tuple[RecordedRule, ...]:
    """The policies that the records name; of audited traffic those that would have denied it."""
    return tuple(dict.fromkeys(rule for edge in edges for rule in (*edge.policies, *edge.pending)))


def _disagreements(
    calls: Sequence[Call],
    rows: Sequence[Denial],
    ends: RecordedEnds,
    judge: RecordedJudge,
    snapshot: Snapshot,
    past: History,
) -> Iterator[Finding]:
    found = Enforcement(snapshot, ends)
    for row in rows:
        found.denied(row)
    for call in calls:
        passed = call.of(PASSED[:1])  # what is audited isn't enforced on purpose
        if not passed:
            continue
        last = max(edge.last for edge in passed)
        stopped = [edge.last for edge in call.of(STOPPED) if edge.last > last]
        if past.denied_at(call, last) is False:
            continue  # a snapshot shows that it was allowed then
        verdict = judge.verdict(*call.ends, call.protocol, call.port)
        found.passed(call, verdict, min(stopped, default=None))
    yield from found.findings()


def _order(row: Denial) -> tuple[object, ...]:
    """What a policy ends first; of that what is not over, and what happens most."""
    names = row.source.name, row.destination.name, row.protocol, row.port or 0
    policy = 0 if row.ending.by_policy else 1 + _ORDER.index(row.ending)
    return (policy, row.works_since is not None, -row.connections, *names)
