"""An engine for a changed policy, pod or namespace answers as one that is built anew, and leaves the old one alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from ringfence.engine import Engine
from ringfence.engine.pairs import AllPairs
from ringfence.model.addresses import AddressSet
from ringfence.model.objects import Namespace, Pod, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import (
    Action,
    AddressPeer,
    Direction,
    Layer,
    PodPeer,
    Policy,
    PolicySet,
    Rule,
    Stage,
    StageKind,
)
from ringfence.model.ports import PortSet
from tests import points, strategies

Answers = list[PortSet]


def answers(engine: Engine, snapshot: Snapshot, policy_set: PolicySet) -> Answers:
    ends = points.endpoints(snapshot, policy_set)
    return [engine.allowed(source, destination) for source, destination in points.pairs(ends)]


def assert_same_as_rebuilt(engine: Engine, snapshot: Snapshot, policy_set: PolicySet) -> None:
    rebuilt = Engine.build(snapshot, policy_set)
    assert answers(engine, snapshot, policy_set) == answers(rebuilt, snapshot, policy_set)
    assert AllPairs(engine).tally() == AllPairs(rebuilt).tally()


@given(strategies.snapshots(), strategies.policy_sets(), strategies.policy_sets(), st.data())
def test_exchanging_policies_equals_a_rebuild(
    snapshot: Snapshot, policy_set: PolicySet, others: PolicySet, data: st.DataObject
) -> None:
    engine = Engine.build(snapshot, policy_set)
    before = answers(engine, snapshot, policy_set)
    removed = [policy for policy in policy_set.policies() if data.draw(st.booleans())]
    known = {stage.name for layer in policy_set.layers for stage in layer.stages}
    added = [
        (stage.name, policy)
        for layer in others.layers
        for stage in layer.stages
        for policy in stage.policies
        if stage.name in known
    ]
    changed = engine.with_policies(removed, added)
    assert_same_as_rebuilt(changed, snapshot, changed.policy_set)
    kept = [policy for policy in policy_set.policies() if not any(policy is gone for gone in removed)]
    assert {id(p) for p in changed.policy_set.policies()} == {id(p) for p in [*kept, *(p for _, p in added)]}
    assert answers(engine, snapshot, policy_set) == before


@given(strategies.snapshots(), strategies.policy_sets(), strategies.policy_sets(), st.data())
def test_taking_over_a_policy_set_equals_a_rebuild_with_the_same_order_of_policies(
    snapshot: Snapshot, policy_set: PolicySet, others: PolicySet, data: st.DataObject
) -> None:
    engine = Engine.build(snapshot, policy_set)
    before = answers(engine, snapshot, policy_set)
    strange = {stage.name: stage.policies for layer in others.layers for stage in layer.stages}

    def mixed(stage: Stage) -> Stage:
        policies = [policy for policy in stage.policies if data.draw(st.booleans(), label="kept")]
        for policy in strange.get(stage.name, ()):
            policies.insert(data.draw(st.integers(0, len(policies)), label="place"), policy)
        if stage.kind is StageKind.ORDERED:
            policies.sort(key=lambda policy: policy.order)
        return replace(stage, policies=tuple(policies))

    layers = [replace(layer, stages=tuple(map(mixed, layer.stages))) for layer in policy_set.layers]
    changed = engine.with_policy_set(PolicySet(tuple(layers)))
    assert changed is not None
    assert_same_as_rebuilt(changed, snapshot, PolicySet(tuple(layers)))
    assert guards(changed) == guards(Engine.build(snapshot, PolicySet(tuple(layers))))
    assert answers(engine, snapshot, policy_set) == before


def guards(engine: Engine) -> list[list[Policy]]:
    """The policies of each pod and direction, in the order in which the engine has them."""
    return [
        [
            engine.program.compiled[number].policy
            for number in engine.policies_of(direction, engine.universe.atom_of[key])
        ]
        for key in sorted(engine.universe.atom_of)
        for direction in Direction
    ]


def test_a_policy_set_with_another_stage_is_for_an_engine_made_anew() -> None:
    policy = Policy(ObjectRef("NetworkPolicy", "p", "a"), PodPeer("a"), frozenset({Direction.INGRESS}))
    stage = Stage("networkpolicy", StageKind.ADDITIVE, (policy,))
    engine = Engine.build(Snapshot(), PolicySet((Layer("network", (stage,)),)))
    admin = Stage("admin", StageKind.ORDERED, (policy,))
    assert engine.with_policy_set(PolicySet((Layer("network", (admin, stage)),))) is None


def test_an_engine_is_worn_by_policies_that_came_and_went_and_only_by_those() -> None:
    def of(number: int) -> Policy:
        peer = AddressPeer(AddressSet.cidr(f"198.51.{number >> 8}.{number & 255}/32"), True, "")
        ref, rule = ObjectRef("NetworkPolicy", "p", "a"), Rule(Action.ALLOW, (peer,))
        return Policy(ref, PodPeer("a"), frozenset({Direction.INGRESS}), ingress=(rule,))

    def policy_set(number: int) -> PolicySet:
        return PolicySet((Layer("network", (Stage("networkpolicy", StageKind.ADDITIVE, (of(number),)),)),))

    engine = Engine.build(Snapshot(), policy_set(0))
    for number in range(1, 100):
        changed = engine.with_policy_set(policy_set(number))
        assert changed is not None
        engine = changed
    assert not engine.worn
    for number in range(100, 500):
        changed = engine.with_policy_set(policy_set(number))
        assert changed is not None
        engine = changed
    assert engine.worn


@given(
    strategies.snapshots(), strategies.policy_sets(), st.lists(strategies.pods(7), min_size=1, max_size=2), st.data()
)
def test_changing_pods_equals_a_rebuild(
    snapshot: Snapshot, policy_set: PolicySet, drawn: list[Pod], data: st.DataObject
) -> None:
    engine = Engine.build(snapshot, policy_set)
    before = answers(engine, snapshot, policy_set)
    removed = [pod for pod in snapshot.pods if data.draw(st.booleans())]
    added = [renamed(pod, place) for place, pod in enumerate(drawn)]
    pods: Sequence[Pod] = [pod for pod in snapshot.pods if pod not in removed]
    changed = engine.with_pods(removed, added)
    assert_same_as_rebuilt(changed, replace(snapshot, pods=(*pods, *added)), policy_set)
    assert answers(engine, snapshot, policy_set) == before


@given(strategies.snapshots(), strategies.policy_sets(), strategies.label_sets(strategies.NAMESPACE_LABELS), st.data())
def test_relabelling_a_namespace_equals_a_rebuild(
    snapshot: Snapshot, policy_set: PolicySet, labels: dict[str, str], data: st.DataObject
) -> None:
    engine = Engine.build(snapshot, policy_set)
    before = answers(engine, snapshot, policy_set)
    namespace = Namespace(data.draw(st.sampled_from(strategies.NAMESPACES)), labels)
    changed = engine.with_namespace(namespace)
    relabelled = replace(snapshot, namespaces={**snapshot.namespaces, namespace.name: namespace})
    assert_same_as_rebuilt(changed, relabelled, policy_set)
    assert answers(engine, snapshot, policy_set) == before


@given(strategies.snapshots(), strategies.policy_sets(), strategies.policy_sets(), st.data())
def test_a_chain_of_changes_equals_a_rebuild(
    snapshot: Snapshot, policy_set: PolicySet, others: PolicySet, data: st.DataObject
) -> None:
    known = {stage.name for layer in policy_set.layers for stage in layer.stages}
    engine = Engine.build(snapshot, policy_set)
    for layer in others.layers:
        for stage in layer.stages:
            if stage.name in known:
                engine = engine.with_policies([], [(stage.name, policy) for policy in stage.policies])
        gone = data.draw(st.sampled_from(engine_pods(engine)))
        again = replace(gone, labels=data.draw(strategies.label_sets(strategies.POD_LABELS)))
        engine = engine.with_pods([gone], [again])
        name = data.draw(st.sampled_from(strategies.NAMESPACES))
        engine = engine.with_namespace(Namespace(name, data.draw(strategies.label_sets(strategies.NAMESPACE_LABELS))))
    result = replace(snapshot, pods=tuple(engine_pods(engine)), namespaces=engine.facts.namespaces)
    assert_same_as_rebuilt(engine, result, engine.policy_set)


def engine_pods(engine: Engine) -> list[Pod]:
    return [pod for atom in engine.universe.atoms for pod in atom.pods]


def renamed(pod: Pod, place: int) -> Pod:
    name = f"new{place}"
    return replace(pod, name="" if pod.planned else name, workload=WorkloadRef(pod.namespace, pod.workload.kind, name))


def test_a_stage_that_does_not_exist_is_refused() -> None:
    engine = Engine.build(Snapshot(), PolicySet())
    policy = Policy(ObjectRef("NetworkPolicy", "p", "a"), PodPeer("a"), frozenset({Direction.INGRESS}))
    with pytest.raises(KeyError, match="mesh"):
        engine.with_policies([], [("mesh", policy)])


def test_a_pod_that_is_not_there_cannot_be_removed() -> None:
    engine = Engine.build(Snapshot(), PolicySet())
    with pytest.raises(KeyError):
        engine.with_pods([Pod("a", "ghost", {}, WorkloadRef("a", "Pod", "ghost"))], [])
