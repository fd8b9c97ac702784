"""A small shop with recorded traffic, and edges by hand in one line each."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.dialects import read_policies
from ringfence.flows.edges import Coverage, Edge, EdgeSet, Party, PartyKind
from ringfence.model.flow import HOUR, Outcome, RecordedRule
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.replay import Replayed, ReplayReport, replay
from tests.clusters import cluster, labels, node, pod

START = 1_795_000_000 // HOUR * HOUR
"""The time of the first record, at the beginning of an hour."""

PODS = (
    pod("shop/web", "app=web", ip="10.0.0.1", ports="http:8080", node="n1"),
    pod("shop/cart", "app=cart", ip="10.0.0.2", ports="http:7070", node="n1"),
    pod("data/db", "app=db", ip="10.0.1.1", ports="sql:5432", node="n2"),
    pod("kube-system/dns", "k8s-app=kube-dns", ip="10.0.2.1", ports="dns:53/UDP dns-tcp:53/TCP", node="n2"),
)
NODES = (node("n1", ip="192.168.0.1"), node("n2", ip="192.168.0.2"))
NAMESPACES = {"shop": "team=red", "data": "team=blue", "kube-system": "", "edge": ""}


def workload(place: str, labelled: str = "", *, kind: str = "Pod", pods: str = "") -> Party:
    """A workload ``namespace/name``, whose labels only matter where the cluster doesn't have it."""
    namespace, _, name = place.partition("/")
    return Party(
        PartyKind.WORKLOAD,
        namespace,
        f"{kind}/{name}",
        labels=tuple(sorted(labels(labelled).items())),
        pods=tuple(pods.split()),
    )


def outside(address: str, *names: str) -> Party:
    """An address outside the cluster."""
    return Party(PartyKind.EXTERNAL, address=address, names=names)


def at_node(address: str) -> Party:
    """The address of a node."""
    return Party(PartyKind.NODE, address=address)


def edge(
    source: Party | str,
    destination: Party | str,
    port: int | None,
    outcome: Outcome = Outcome.ALLOWED,
    *,
    protocol: str = "TCP",
    connections: int = 1,
    first: float = 0,
    last: float | None = None,
    policies: tuple[RecordedRule, ...] = (),
    reason: str = "",
    egress: bool = False,
    ingress: bool = False,
    octets: int | None = None,
    octets_back: int | None = None,
    guessed: bool = False,
) -> Edge:
    """One edge; times are hours after :data:`START`, and a text with a slash names a workload."""
    begin, end = START + first * HOUR, START + (first if last is None else last) * HOUR
    hours = dict.fromkeys(range(int(begin // HOUR), int(end // HOUR) + 1), 0)
    # The first hours have one connection each, and the last one what is left.
    left = connections
    for hour in list(hours)[:-1]:
        hours[hour] = min(1, left)
        left -= hours[hour]
    hours[int(end // HOUR)] += left
    return Edge(
        _end(source),
        _end(destination),
        protocol,
        port,
        outcome,
        connections,
        begin,
        end,
        tuple(hours.items()),
        egress=egress,
        ingress=ingress,
        policies=policies,
        reason=reason,
        octets=octets,
        octets_back=octets_back,
        guessed=guessed,
    )


def _end(end: Party | str) -> Party:
    return workload(end) if isinstance(end, str) else end


def policy(name: str, namespace: str, spec: str) -> str:
    """A NetworkPolicy; its ``spec`` in flow style stands in line 4."""
    return f"""---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


DENY_IN = "{podSelector: {}, policyTypes: [Ingress]}"
DENY_OUT = "{podSelector: {}, policyTypes: [Egress]}"
WEB_TO_DB = (
    "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}},"
    " podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}"
)


def world(policies: str = "", pods: Iterable[Pod] = PODS) -> Snapshot:
    """The shop with these policies."""
    return cluster(pods, policies, namespaces=NAMESPACES, nodes=NODES)


def read(snapshot: Snapshot) -> PolicySet:
    """Its policies."""
    policy_set, findings = read_policies(snapshot)
    assert not findings
    return policy_set


def run(
    edges: Iterable[Edge],
    proposed: str,
    today: str | None = "",
    *,
    pods: Iterable[Pod] = PODS,
    coverage: Coverage | None = None,
) -> ReplayReport:
    """Replays edges; ``today`` of None is not known."""
    snapshot = world(today or "", pods)
    return replay(
        EdgeSet.of(list(edges), coverage),
        snapshot,
        read(world(proposed, pods)),
        None if today is None else read(snapshot),
        owner_label="team",
    )


def lines(rows: Iterable[Replayed]) -> list[str]:
    """``cut shop/Pod/web → data/Pod/db:5432/TCP`` for each row."""
    return [f"{row.fate.value} {row.source.name} → {row.destination.name}:{row.port}/{row.protocol}" for row in rows]
