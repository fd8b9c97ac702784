"""Why a slip changes nothing: what contains the rule, who else isolates, who denies at the other end."""

from __future__ import annotations

import pytest

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.objects import Pod
from ringfence.testing.coverage_effects import Effects
from ringfence.testing.coverage_reasons import Reasons, Same
from ringfence.testing.coverage_witness import Change, Witnesses
from ringfence.testing.mutants import mutants_of
from tests.clusters import FILE, cluster, node, pod


def policy(name: str, spec: str, namespace: str = "a") -> str:
    head = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    head += f"metadata: {{name: {name}, namespace: {namespace}}}\n"
    return head + "spec:\n" + "".join(f"  {line}\n" for line in spec.strip().splitlines())


WEB_ONLY = """
podSelector: {matchLabels: {app: db}}
policyTypes: [Ingress]
ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
"""
EVERYBODY = """
podSelector: {}
policyTypes: [Ingress]
ingress:
  - from: [{podSelector: {}}]
"""
DENY = """
podSelector: {}
policyTypes: [Ingress, Egress]
"""
DENY_INGRESS = """
podSelector: {}
policyTypes: [Ingress]
"""

PODS = (
    pod("a/web", "app=web", ip="10.0.0.1"),
    pod("a/db", "app=db", ip="10.0.0.2", ports="pg:5432"),
    pod("a/job", "app=job", ip="10.0.0.3"),
)


def outcome(policies: str, name: str, slip: str, pods: tuple[Pod, ...] = PODS) -> Same | Change:
    """What becomes of the slip in the policy of this name."""
    snapshot = cluster(pods, policies, namespaces={"b": ""}, nodes=[node("n1", ip="10.1.0.1")])
    policy_set, _ = read_policies(snapshot, cni="generic")
    mutants = list(mutants_of(policy_set))
    engine = Engine.build(snapshot, policy_set).refined([m.replacement for m in mutants if m.replacement is not None])
    effects, witnesses = Effects(engine), Witnesses(engine)
    (mutant,) = (m for m in mutants if m.policy.ref.name == name and m.text == slip)
    mutated = effects.mutated(mutant)
    change = witnesses.change(effects.of(mutant, mutated))
    return change if change is not None else Reasons(effects, witnesses).of(mutant, mutated)


TABLE = [
    # A policy that selects nobody can be changed as one likes.
    (
        policy("ghost", WEB_ONLY.replace("app: db", "app: gone")),
        "ghost",
        "the rule left out",
        "the policy selects no pod",
    ),
    # A peer that nobody is.
    (
        policy("db", WEB_ONLY.replace("app: web", "app: gone")),
        "db",
        "the rule left out",
        "the rule matches no pod, no address or no port",
    ),
    # Contained in a rule of another policy.
    (
        policy("db", WEB_ONLY) + policy("everybody", EVERYBODY),
        "db",
        "the rule left out",
        "the same is allowed by a/NetworkPolicy/everybody",
    ),
    # Two policies isolate the same pods.
    (
        policy("db", WEB_ONLY) + policy("deny", DENY_INGRESS),
        "db",
        "ingress isolation left out of policyTypes",
        "the same pods are isolated by a/NetworkPolicy/deny",
    ),
    # Ingress is opened, but nobody's egress gets there.
    (
        policy("db", WEB_ONLY) + policy("deny", DENY) + policy("deny-b", DENY, "b"),
        "db",
        "the rule left out",
        "egress at the other end denies the connections: a/NetworkPolicy/deny",
    ),
    # No other namespace has such a pod.
    (
        policy("db", WEB_ONLY),
        "db",
        "pods of every namespace instead of a",
        "the same pods, addresses and ports of this cluster are meant",
    ),
]


@pytest.mark.parametrize(("policies", "name", "slip", "text"), TABLE, ids=[row[3] for row in TABLE])
def test_the_reason_says_what_decides_the_same(policies: str, name: str, slip: str, text: str) -> None:
    found = outcome(policies, name, slip)
    assert isinstance(found, Same)
    assert found.text == text


def test_what_decides_the_same_is_named_with_its_line() -> None:
    policies = policy("db", WEB_ONLY) + policy("everybody", EVERYBODY)
    found = outcome(policies, "db", "the rule left out")
    assert isinstance(found, Same)
    ((name, origin),) = found.because
    assert name == "a/NetworkPolicy/everybody"
    line = policies.splitlines().index("    - from: [{podSelector: {}}]") + 1
    assert (origin.position.file, origin.position.line) == (FILE, line)


def test_a_change_is_told_on_the_port_that_the_pod_declares() -> None:
    found = outcome(policy("db", WEB_ONLY), "db", "app=web left out of the peer's selector")
    assert isinstance(found, Change)
    assert (str(found.connection.source), str(found.connection.destination)) == ("a/job", "a/db")
    assert (str(found.connection.protocol), found.connection.port, found.allowed) == ("TCP", 5432, False)


def test_a_connection_that_is_cut_is_told_before_one_with_an_address() -> None:
    found = outcome(policy("everybody", EVERYBODY), "everybody", "the rule left out")
    assert isinstance(found, Change)
    assert isinstance(found.connection.source, Pod)
    assert found.allowed


def test_a_pod_and_itself_are_no_change() -> None:
    alone = (pod("a/db", "app=db", ip="10.0.0.2"),)
    assert isinstance(outcome(policy("everybody", EVERYBODY), "everybody", "the rule left out", alone), Same)
