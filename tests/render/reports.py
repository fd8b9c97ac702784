"""Reports made by hand for the renderers' tests."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS, PortSet, Protocol
from ringfence.reach.report import Connection, Grouping, ReachEnd, ReachReport, ReachSummary
from ringfence.render.html import Reason

SUMMARY = ReachSummary(
    namespaces=2,
    workloads=3,
    pods=5,
    host_network_pods=1,
    policies=4,
    pairs=20,
    full=2,
    partial=3,
    denied=15,
    to_external=4,
    from_external=1,
    isolated_ingress=3,
    isolated_egress=2,
)

ALL_IPV4 = ReachEnd("0.0.0.0-255.255.255.255")
ALL_IPV6 = ReachEnd("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")


def end(name: str) -> ReachEnd:
    """``namespace/Kind/name`` or ``namespace/pod``."""
    return ReachEnd(name, name.partition("/")[0])


def tcp(*ports: int) -> PortSet:
    return PortSet.of(span for port in ports for span in PortSet.point(Protocol.TCP, port))


def connection(src: ReachEnd, dst: ReachEnd, ports: PortSet = ALL_PORTS, always: PortSet | None = None) -> Connection:
    return Connection(src, dst, ports, ports if always is None else always)


def report(connections: Iterable[Connection], *ends: ReachEnd) -> ReachReport:
    found = list(connections)
    every = {*ends, *(one for pair in found for one in (pair.src, pair.dst))}
    return ReachReport(Grouping.WORKLOAD, tuple(sorted(every)), iter(found), SUMMARY)


def rule_reasons(pair: Connection) -> tuple[Reason, ...]:
    """An egress and an ingress rule, told apart by their ends."""
    return (
        Reason(Direction.EGRESS, f"{pair.src.namespace}/NetworkPolicy/out", "egress[0]", "out.yaml:7", "allows it"),
        Reason(Direction.INGRESS, f"{pair.dst.namespace}/NetworkPolicy/in", "ingress[1]", "in.yaml:9", "allows it too"),
    )


def denied_reasons(src: ReachEnd, dst: ReachEnd) -> tuple[Reason, ...]:
    return (Reason(Direction.INGRESS, f"{dst.namespace}/NetworkPolicy/deny", "", "deny.yaml:3", "isolates it"),)


def no_reasons(pair: Connection) -> tuple[Reason, ...]:
    return ()


WEB, API, DB = end("shop/Deployment/web"), end("shop/Deployment/api"), end("data/StatefulSet/db")
