"""The slips that are made in a policy, read off the policy by hand."""

from __future__ import annotations

from hypothesis import given

from ringfence.dialects import read_policies
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Action, Direction, Layer, PodPeer, Policy, PolicySet, Rule, Stage, StageKind
from ringfence.model.ports import PortRange, Protocol
from ringfence.testing.mutants import Mutant, mutants_of
from tests import strategies
from tests.clusters import cluster, pod

POSTGRES = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: postgres, namespace: data}
spec:
  podSelector: {matchLabels: {app: postgres}}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector: {matchExpressions: [{key: app, operator: In, values: [orders, catalog]}]}
        - ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}
      ports:
        - {port: 5432}
        - {port: 9000, endPort: 9010}
"""

DENY_ALL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: data}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
"""

TIER = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {team: red}}}
  egress:
    - {name: pass, action: Pass, to: [{namespaces: {}}]}
    - {name: deny, action: Deny, to: [{networks: [0.0.0.0/0]}]}
"""


def slips(text: str) -> list[Mutant]:
    policies, _ = read_policies(cluster([pod("data/p", "app=postgres")], text), cni="generic")
    return list(mutants_of(policies))


def test_each_part_of_a_rule_is_left_out_widened_and_narrowed() -> None:
    rule = [(str(mutant.kind), mutant.text) for mutant in slips(POSTGRES) if mutant.place.index == 0]
    assert sorted(rule) == sorted(
        [
            ("drop", "the rule left out"),
            ("drop", "the peer pods app in (orders,catalog) in namespace data left out"),
            ("widen", "app in (orders,catalog) left out of the peer's selector"),
            ("narrow", "orders left out of the values of app of the peer's selector"),
            ("narrow", "catalog left out of the values of app of the peer's selector"),
            ("widen", "pods of every namespace instead of data"),
            ("drop", "the peer 192.0.2.0/24 except 192.0.2.128/25 left out"),
            ("widen", "the exceptions of 192.0.2.0/24 except 192.0.2.128/25 left out"),
            ("widen", "every address instead of 192.0.2.0/24 except 192.0.2.128/25"),
            ("narrow", "only the lower half of 192.0.2.0/24 except 192.0.2.128/25"),
            ("drop", "port TCP 5432 left out"),
            ("drop", "port TCP 9000-9010 left out"),
            ("narrow", "only port TCP 9000 of TCP 9000-9010"),
            ("widen", "every port instead of TCP 5432, TCP 9000-9010"),
        ]
    )


def test_a_policy_is_left_out_and_loses_its_isolation_and_its_selector() -> None:
    whole = [(str(mutant.kind), mutant.text) for mutant in slips(POSTGRES) if mutant.place.index is None]
    assert whole == [
        ("drop", "the policy left out"),
        ("drop", "ingress isolation left out of policyTypes"),
        ("widen", "app=postgres left out of the pods it is for"),
    ]


def test_a_default_deny_loses_each_direction() -> None:
    assert [mutant.text for mutant in slips(DENY_ALL)] == [
        "the policy left out",
        "egress isolation left out of policyTypes",
        "ingress isolation left out of policyTypes",
    ]


def test_actions_of_a_tier_are_turned_round() -> None:
    flips = [mutant.text for mutant in slips(TIER) if str(mutant.kind) == "flip"]
    assert flips == ["Pass turned into Deny", "Deny turned into Allow"]


def test_each_mutant_names_the_line_of_what_it_changes() -> None:
    lines = {mutant.text: mutant.origin.position.line for mutant in slips(POSTGRES)}
    text = POSTGRES.splitlines()
    for slip, part in (
        ("the policy left out", "apiVersion"),
        ("app=postgres left out of the pods it is for", "podSelector: {matchLabels"),
        ("the rule left out", "- from:"),
        ("pods of every namespace instead of data", "- podSelector"),
        ("only the lower half of 192.0.2.0/24 except 192.0.2.128/25", "- ipBlock"),
        ("port TCP 5432 left out", "- {port: 5432}"),
    ):
        assert part in text[lines[slip] - 1], slip


@given(strategies.policy_sets(uncertain=True))
def test_no_mutant_is_the_policy_itself_or_another_mutant(policy_set: PolicySet) -> None:
    made: dict[int, list[object]] = {}
    for mutant in mutants_of(policy_set):
        made.setdefault(id(mutant.policy), [mutant.policy]).append(mutant.replacement)
    for policies in made.values():
        assert len(policies) == len(set(policies))


@given(strategies.policy_sets())
def test_actions_are_turned_round_in_ordered_stages_only(policy_set: PolicySet) -> None:
    ordered = {stage.name for layer in policy_set.layers for stage in layer.stages if stage.kind is StageKind.ORDERED}
    for mutant in mutants_of(policy_set):
        if str(mutant.kind) == "flip":
            assert mutant.stage in ordered
            assert mutant.replacement is not None


def test_a_rule_that_only_logs_is_only_left_out() -> None:
    logs = Policy(
        ObjectRef("Policy", "logs"),
        PodPeer(),
        frozenset({Direction.EGRESS}),
        egress=(Rule(Action.LOG, (PodPeer(namespace="a"), PodPeer(namespace="b")), (PortRange(Protocol.TCP, 1, 9),)),),
    )
    policy_set = PolicySet((Layer("network", (Stage("tier", StageKind.ORDERED, (logs,)),)),))
    assert [mutant.text for mutant in mutants_of(policy_set) if mutant.place.index is not None] == ["the rule left out"]
