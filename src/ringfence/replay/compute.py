"""Runs recorded traffic against proposed policies: which connections would be cut, and which would open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ringfence.engine.columns import protocol_of
from ringfence.explain.evidence import evidence
from ringfence.explain.recorded import Basis, RecordedEnd, RecordedEnds
from ringfence.explain.recorded_reasons import Reason, Reasons, Standing, on_condition
from ringfence.explain.recorded_verdict import NO_PORT, NO_PORTS, SERVICE_SOURCE
from ringfence.flows.edges import EdgeSet
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.ports import AnyProtocol, Protocol, message
from ringfence.model.verdict import Endpoint
from ringfence.replay.changes import Changes
from ringfence.replay.grouping import PASSED, STOPPED, Groups, group
from ringfence.replay.judging import ALLOWED, DENIED, UNJUDGED, UNSURE, Judging, Standings
from ringfence.replay.report import Fate, Replayed, ReplayReport, Unjudged

_EXAMPLES = 3
_STANDINGS = {ALLOWED: Standing.ALLOWED, UNSURE: Standing.UNSURE, DENIED: Standing.DENIED}
_ORDER = tuple(Fate)

Marks = npt.NDArray[np.bool_]


def replay(
    edges: EdgeSet,
    snapshot: Snapshot,
    proposed: PolicySet,
    today: PolicySet | None = None,
    *,
    owner_label: str = "",
) -> ReplayReport:
    """What ``proposed`` would do to the connections that were recorded.

    ``snapshot`` is the cluster, whose policies are ``today``; without these, what is cut is what was seen to pass.
    ``owner_label`` is the label of namespaces that names their team.
    """
    ends = RecordedEnds(snapshot, edges.parties)
    groups = group(edges, ends.numbers)
    judgeable, by_pair, own_node = _ways(groups, ends)
    work = _Replay(groups, ends, proposed, today, owner_label)
    work.judge(judgeable, by_pair, own_node)
    return work.report(edges, own_node)


def _ways(groups: Groups, ends: RecordedEnds) -> tuple[Marks, Marks, Marks]:
    """Which calls can be judged, which of them pair by pair only, and which are of a node to its own pods."""
    calls = groups.calls
    known = np.array([end.basis is not Basis.NOTHING for end in ends.ends], dtype=np.bool_)
    services = np.array([end.basis is Basis.SERVICE for end in ends.ends], dtype=np.bool_)
    judgeable = known[calls.source] & known[calls.destination] & ~services[calls.source] & groups.has_port
    own_node = _own_nodes(groups, ends)
    by_pair = (calls.source == calls.destination) | services[calls.destination]
    return judgeable, judgeable & by_pair, judgeable & own_node


def _own_nodes(groups: Groups, ends: RecordedEnds) -> Marks:
    """Calls from a node to a workload of which it runs a pod."""
    nodes = {name: number for number, name in enumerate({end.node for end in ends.ends if end.node}, 1)}
    of_end = np.array([nodes.get(end.node, 0) for end in ends.ends], dtype=np.int64)
    runs = {
        number * (len(nodes) + 1) + nodes[pod.node]
        for number, end in enumerate(ends.ends)
        for pod in end.end.endpoints
        if isinstance(pod, Pod) and pod.node in nodes
    }
    anywhere = np.array([any(map(_runs_anywhere, end.end.endpoints)) for end in ends.ends], dtype=np.bool_)
    node = of_end[groups.calls.source]
    here = groups.calls.destination * (len(nodes) + 1) + node
    own = np.isin(here, np.array(sorted(runs), dtype=np.int64))
    return (node > 0) & (own | anywhere[groups.calls.destination])


def _runs_anywhere(endpoint: Endpoint) -> bool:
    """As :meth:`RecordedEnd.may_run` has it: a pod of which the input doesn't know the node."""
    return isinstance(endpoint, Pod) and not endpoint.node and not endpoint.host_network


class _Replay:
    """One run: the standings under both sets of policies, and the report that follows."""

    def __init__(
        self, groups: Groups, ends: RecordedEnds, proposed: PolicySet, today: PolicySet | None, owner_label: str
    ) -> None:
        self.groups = groups
        self.ends = ends
        self.new = Judging(ends, proposed, icmp=bool(groups.icmp.any()))
        self.old = Judging(ends, today, icmp=bool(groups.icmp.any())) if today is not None else None
        self.owner_label = owner_label
        self.reasons = Reasons(self.new.certain)
        self.old_reasons = Reasons(self.old.certain) if self.old is not None else None
        self.changes = Changes(today or PolicySet(), proposed)
        self.after = np.zeros(0, dtype=np.int8)
        self.before: Standings | None = None

    def judge(self, judgeable: Marks, by_pair: Marks, own_node: Marks) -> None:
        """Finds the standing of every call; one that can't be judged has none.

        Of a node's calls to a workload that has pods on it, those to these pods count: they are the kubelet's probes,
        as a rule, and no policy cuts them.
        """
        chosen = np.flatnonzero(judgeable)
        calls = self.groups.calls.take(judgeable)
        for judging in (self.new, self.old):
            found = np.full(len(self.groups), UNJUDGED, dtype=np.int8)
            if judging is not None:
                found[chosen] = judging.standings(calls, by_pair[chosen])
                found[own_node] = ALLOWED
            if judging is self.new:
                self.after = found
            elif judging is not None:
                self.before = found

    def report(self, edges: EdgeSet, own_node: Marks) -> ReplayReport:
        """The whole answer."""
        counts = self.groups.counts
        passed, stopped = counts[:, 0] > 0, counts[:, 1] > 0
        allowed_today = self.before == ALLOWED if self.before is not None else np.zeros(len(passed), dtype=np.bool_)
        cut = (self.after == DENIED) & (passed | allowed_today)
        unsure = (self.after == UNSURE) & (passed | allowed_today)
        opened = (self.after == ALLOWED) & stopped & ~passed & ~allowed_today
        rows = [*self._rows(cut, Fate.CUT), *self._rows(opened, Fate.OPENED)]
        sure = [row for number in np.flatnonzero(unsure).tolist() if (row := self._unsure(number)) is not None]
        rows += sure
        rows.sort(key=_order)
        total = counts.sum(axis=1)
        kept = (self.after == ALLOWED) & ~opened
        denied = (self.after == DENIED) & ~cut
        labels = np.array([end.basis is Basis.LABELS for end in self.ends.ends], dtype=np.bool_)
        calls = self.groups.calls
        return ReplayReport(
            len(self.groups),
            int(total.sum()),
            tuple(rows),
            int(kept.sum()) + int(unsure.sum()) - len(sure),
            int(total[kept].sum() + total[unsure].sum()) - sum(row.connections for row in sure),
            int(denied.sum()),
            int(total[denied].sum()),
            int(own_node.sum()),
            int((labels[calls.source] | labels[calls.destination]).sum()),
            tuple(self._unjudged()),
            evidence(edges.coverage, self.ends.snapshot if self.ends.snapshot.pods else None, edges.parties),
        )

    def _rows(self, chosen: Marks, fate: Fate) -> Iterator[Replayed]:
        for number in np.flatnonzero(chosen).tolist():
            source, destination, protocol, port = self._call(number)
            failing, pairs = self.new.failing(source, destination, protocol, port)
            reasons = self.reasons.denying(failing, protocol) if fate is Fate.CUT else ()
            if reasons and self._today(number) is Standing.ALLOWED and self.old_reasons is not None:
                reasons = self.changes.first(reasons, self.old_reasons.allowing(failing, protocol))
            yield self._row(number, fate, reasons, pairs, sum(kind.count for kind in failing))

    def _unsure(self, number: int) -> Replayed | None:
        """A row for what depends on names or requests; None where it depends on the same today."""
        source, destination, protocol, port = self._call(number)
        failing, pairs = self.new.failing(source, destination, protocol, port)
        traces = self.reasons.conditional(failing, protocol)
        if self.old is not None and self.old_reasons is not None and self._today(number) is Standing.UNSURE:
            before, _ = self.old.failing(source, destination, protocol, port)
            rules = {(trace.policy.ref, trace.rule) for trace in self.old_reasons.conditional(before, protocol)}
            if rules == {(trace.policy.ref, trace.rule) for trace in traces}:
                return None
        failed = sum(kind.count for kind in failing)
        return self._row(number, Fate.UNSURE, on_condition(traces), pairs, failed)

    def _call(self, number: int) -> tuple[int, int, AnyProtocol, int]:
        calls = self.groups.calls
        columns = calls.source, calls.destination, calls.protocol, calls.port
        source, destination, protocol, port = (int(column[number]) for column in columns)
        return source, destination, protocol_of(protocol), port

    def _row(self, number: int, fate: Fate, reasons: tuple[Reason, ...], pairs: int, failing: int) -> Replayed:
        source, destination, protocol, port = self._call(number)
        passed, denied, other = self.groups.counts[number].tolist()
        first, last = self.groups.times(number, STOPPED if fate is Fate.OPENED else PASSED)
        start, end = self.ends.ends[source], self.ends.ends[destination]
        return Replayed(
            fate,
            start,
            end,
            protocol,
            port if isinstance(protocol, Protocol) else port // message(1),
            passed,
            denied,
            other,
            first,
            last,
            self._today(number),
            pairs,
            failing,
            reasons,
            self._failing_today(number),
            self._team(start),
            self._team(end),
        )

    def _today(self, number: int) -> Standing | None:
        return _STANDINGS.get(int(self.before[number])) if self.before is not None else None

    def _failing_today(self, number: int) -> int:
        if self.old is None or self._today(number) is not Standing.DENIED:
            return 0
        failing, _ = self.old.failing(*self._call(number))
        return sum(kind.count for kind in failing)

    def _team(self, end: RecordedEnd) -> str:
        namespace = self.ends.snapshot.namespaces.get(end.namespace) if self.owner_label else None
        return namespace.labels.get(self.owner_label, "") if namespace is not None else ""

    def _unjudged(self) -> Iterator[Unjudged]:
        """What can't be judged, by the reason."""
        found: dict[str, list[int]] = {}
        ends, calls, has_port = self.ends.ends, self.groups.calls, self.groups.has_port
        for number in np.flatnonzero(self.after == UNJUDGED).tolist():
            start, end = ends[int(calls.source[number])], ends[int(calls.destination[number])]
            if start.basis is Basis.SERVICE:
                why = SERVICE_SOURCE
            elif why_not := start.why_not or end.why_not:
                why = why_not
            elif has_port[number]:
                why = f"{end.name} has no such port"
            elif not self.groups.spoken[number]:
                why = NO_PORTS
            else:
                why = NO_PORT
            found.setdefault(why, []).append(number)
        for why, numbers in sorted(found.items(), key=lambda each: (-len(each[1]), each[0])):
            total = int(self.groups.counts[numbers].sum())
            yield Unjudged(why, len(numbers), total, tuple(self._named(each) for each in numbers[:_EXAMPLES]))

    def _named(self, number: int) -> str:
        edge = self.groups.edges[self.groups.members(number)[0]]
        ends, calls = self.ends.ends, self.groups.calls
        names = ends[int(calls.source[number])].name, ends[int(calls.destination[number])].name
        port = f":{edge.port}" if edge.port is not None else ""
        return f"{names[0]} → {names[1]}{port}/{edge.protocol}"


def _order(row: Replayed) -> tuple[object, ...]:
    """What is lost first, and of that what happens most."""
    ends = row.source.name, row.destination.name, row.protocol, row.port
    return (_ORDER.index(row.fate), row.denied_today, -row.connections, *ends)
