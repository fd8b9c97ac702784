"""How a verdict table is written, and how it is checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.finding import Severity
from ringfence.model.objects import Node, Pod
from ringfence.model.ports import Protocol
from tests import oracle, raw_oracle
from tests.clusters import cluster, endpoint, node, pod

PODS = (
    pod("shop/web", "app=web", ip="10.0.0.1 fd00::1", ports="http:8080 metrics:9090", node="n1"),
    pod("shop/db", "app=db", ip="10.0.0.2", ports="sql:5432", node="n1"),
    pod("shop/cache", "app=cache", ports="sql:6379 sql:6380 dns:53/UDP"),
    pod("ops/mon", "app=mon", ip="10.0.1.1", ports="http:8081 dns:53 dns:53/UDP", node="n2"),
    pod("ops/web", "app=web", ip="fd00::2", ports="http:80", node="n2"),
    pod("ops/agent", "app=web", ip="192.168.0.2", ports="http:8080", node="n2", host=True),
)
"""Two namespaces. ``shop/cache`` has no address yet, ``ops/agent`` is of the host network on ``n2``."""

NAMESPACES = {"shop": "team=red", "ops": "team=blue"}

NODES = (node("n1", "zone=x", ip="192.168.0.1"), node("n2", "zone=y", ip="192.168.0.2"))

# What a row may say, as (egress, ingress).
VERDICTS = {
    "allowed": (True, True),
    "egress-cut": (False, True),
    "ingress-cut": (True, False),
    "both-cut": (False, False),
}


@dataclass(frozen=True)
class Case:
    """One sentence of an API, policies that show it, and rows ``source destination PROTOCOL/port verdict``.

    ``codes`` are the findings that reading the policies must give, no more and no less.
    """

    rule: str
    policies: str
    rows: str
    codes: tuple[str, ...] = ()
    cni: str = "generic"
    pods: tuple[Pod, ...] = PODS
    nodes: tuple[Node, ...] = NODES


def check(case: Case) -> None:
    """Hold engine and evaluators to a case."""
    snapshot = cluster(case.pods, case.policies, namespaces=NAMESPACES, nodes=case.nodes)
    policy_set, findings = read_policies(snapshot, cni=case.cni)
    assert sorted(finding.code.code for finding in findings) == sorted(case.codes)
    assert all(finding.origin.position.line for finding in findings)
    engine = Engine.build(snapshot, policy_set)
    bodies = [{**raw.body, "metadata": {"namespace": raw.ref.namespace}} for raw in snapshot.policies]
    plain = all(raw.ref.kind == "NetworkPolicy" for raw in snapshot.policies) and case.cni == "generic"
    valid = all(finding.severity is not Severity.ERROR for finding in findings)
    for row, source_text, destination_text, service, verdict in _rows(case.rows):
        source, destination = endpoint(snapshot, source_text), endpoint(snapshot, destination_text)
        protocol, port = Protocol[service.partition("/")[0]], int(service.partition("/")[2])
        expected = VERDICTS[verdict]
        assert oracle.allowed(snapshot, policy_set, source, destination, protocol, port) == expected, row
        if plain and valid:
            assert raw_oracle.allowed(snapshot, bodies, source, destination, protocol, port) == expected, row
        found = engine.verdict(source, destination, protocol, port)
        assert (found.egress.allowed, found.ingress.allowed) == expected, row
        assert engine.allowed(source, destination).has(protocol, port) == all(expected), row


def _rows(text: str) -> Iterable[tuple[str, str, str, str, str]]:
    for line in text.strip().splitlines():
        source, destination, service, verdict = line.split()
        yield line.strip(), source, destination, service, verdict


def network_policy(name: str, spec: str, *, namespace: str = "shop") -> str:
    """A NetworkPolicy document; ``spec`` is YAML in flow style or indented by two."""
    head = (
        f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    )
    return _document(head, spec)


def tiered(kind: str, name: str, spec: str) -> str:
    """A ClusterNetworkPolicy, AdminNetworkPolicy or BaselineAdminNetworkPolicy document."""
    version = "v1alpha2" if kind == "ClusterNetworkPolicy" else "v1alpha1"
    head = f"apiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\n"
    return _document(head, spec)


def _document(head: str, spec: str) -> str:
    body = "\n".join(f"  {line}" for line in spec.strip("\n").splitlines())
    return f"---\n{head}spec:\n{body}\n"
