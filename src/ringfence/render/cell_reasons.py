"""The deciding rules of each cell of the page: what the engine answers for one pair of pods that stands for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ringfence.cluster import Cluster
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Pod
from ringfence.model.ports import MAX_PORT, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, DirectionVerdict, Endpoint, Reason as Cause, Verdict
from ringfence.reach.report import Connection, ReachEnd
from ringfence.render.json_values import rule_text
from ringfence.render.lines import place
from ringfence.render.page_data import Reason
from ringfence.render.why_text import object_name

_PORTS = 4
"""Rules are asked for at the start of this many intervals of a connection's ports."""


class CellReasons:
    """Answers the page's questions. Ends of several pods are answered for by their first."""

    def __init__(self, cluster: Cluster) -> None:
        self._engine = cluster.engine
        self._pods: dict[ReachEnd, list[Pod]] = defaultdict(list)
        for pod in cluster.snapshot.pods:
            for name in {str(pod), str(pod.workload)}:
                self._pods[ReachEnd(name, pod.namespace)].append(pod)

    def allowed(self, connection: Connection) -> tuple[Reason, ...]:
        """The rules behind an allowed connection, at the first ports of it."""
        found: dict[Reason, None] = {}
        source, destination = self._endpoint(connection.src), self._endpoint(connection.dst)
        for protocol, port in _starts(connection.ports):
            verdict = self._engine.verdict(source, destination, protocol, port, misses=False)
            found.update(dict.fromkeys(_reasons(verdict)))
        return tuple(found)

    def denied(self, src: ReachEnd, dst: ReachEnd) -> tuple[Reason, ...]:
        """What cuts a pair of ends that may use no port, at a port that the destination listens on, if any is known."""
        source, destination = self._endpoint(src), self._endpoint(dst)
        declared = destination.ports if isinstance(destination, Pod) else ()
        protocol, port = (declared[0].protocol, declared[0].number) if declared else (Protocol.TCP, MAX_PORT)
        verdict = self._engine.verdict(source, destination, protocol, port, misses=False)
        return tuple(_reasons(verdict, denied_only=True))

    def _endpoint(self, end: ReachEnd) -> Endpoint:
        if end.external:
            return AddressEndpoint(parse_address(end.name.partition("-")[0]))
        return self._pods[end][0]


def _starts(ports: PortSet) -> Iterator[tuple[Protocol, int]]:
    for protocol in Protocol:
        for lo, _ in ports.of_protocol(protocol)[:_PORTS]:
            yield protocol, lo


def _reasons(verdict: Verdict, *, denied_only: bool = False) -> Iterator[Reason]:
    for side in (verdict.egress, verdict.ingress):
        if denied_only and side.allowed:
            continue
        yield from _side(side)


_WORDS = {
    Cause.NOT_ISOLATED: "no policy decides: allowed by default",
    Cause.NO_SUBJECT: "outside the cluster, or on the network of its node: no pod policy applies",
    Cause.SELF: "a pod may always reach itself",
    Cause.SAME_NODE: "a node may always reach the pods that it runs",
}


def _side(side: DirectionVerdict) -> Iterator[Reason]:
    if side.reason in _WORDS:
        yield Reason(side.direction, "", "", "", _WORDS[side.reason])
        return
    for trace in side.deciding:
        name = f"{trace.direction} rule {trace.index + 1}" + (f' "{trace.rule.name}"' if trace.rule.name else "")
        yield Reason(
            side.direction,
            object_name(trace.policy.ref),
            name,
            place(trace.rule.origin),
            f"{trace.rule.action}: {rule_text(trace)}",
        )
    if not side.allowed and not side.deciding:
        yield from _guards(side)


def _guards(side: DirectionVerdict) -> Iterator[Reason]:
    for policy in side.stages[-1].selecting:
        yield Reason(
            side.direction, object_name(policy.ref), "", place(policy.origin), "guards it, and no rule allows this"
        )
