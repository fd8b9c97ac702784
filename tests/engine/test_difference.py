"""The comparison of two engines names exactly the pairs whose ports differ, with both port sets."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st

from ringfence.engine import Engine
from ringfence.engine.difference import Ends, PairChange, compare
from ringfence.model.addresses import AddressSet
from ringfence.model.objects import Namespace, Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.ports import NO_PORTS, PortSet
from ringfence.model.verdict import AddressEndpoint, Endpoint
from tests import points, strategies

Change = tuple[PortSet, PortSet]


def name(endpoint: Endpoint) -> str:
    return str(endpoint)


def holds(ends: Ends, endpoint: Endpoint) -> bool:
    if isinstance(ends, AddressSet):
        return isinstance(endpoint, AddressEndpoint) and endpoint.address in ends
    return isinstance(endpoint, Pod) and str(endpoint) in map(str, ends)


def listed(changes: list[PairChange], source: Endpoint, destination: Endpoint) -> Change | None:
    found = [
        (change.before, change.after)
        for change in changes
        if holds(change.sources, source) and holds(change.destinations, destination)
    ]
    assert len(found) <= 1, "a pair is listed once"
    return found[0] if found else None


def judged(source: Endpoint, destination: Endpoint) -> bool:
    """Pairs that a change names: with a pod at one end, and no bare node at the other."""
    addresses = [end for end in (source, destination) if isinstance(end, AddressEndpoint)]
    return len(addresses) < 2 and not any(end.node for end in addresses)


def ports(engine: Engine, source: Endpoint, destination: Endpoint) -> PortSet:
    try:
        return engine.allowed(source, destination)
    except KeyError:
        return NO_PORTS


def assert_exact(old: Engine, new: Engine, ends: list[Endpoint]) -> None:
    changes = compare(old, new)
    assert all(change.before != change.after for change in changes)
    for source in ends:
        for destination in ends:
            if name(source) == name(destination) and not (isinstance(source, Pod) and source.planned):
                continue
            if not judged(source, destination):
                continue
            before, after = ports(old, source, destination), ports(new, source, destination)
            expected = (before, after) if before != after else None
            assert listed(changes, source, destination) == expected, f"{source} -> {destination}"


@given(strategies.snapshots(), strategies.policy_sets(), strategies.policy_sets())
def test_engines_built_apart_are_compared_exactly(snapshot: Snapshot, one: PolicySet, other: PolicySet) -> None:
    ends = [*points.endpoints(snapshot, one), *points.addresses(snapshot, other)]
    assert_exact(Engine.build(snapshot, one), Engine.build(snapshot, other), ends)


@given(strategies.snapshots(), strategies.policy_sets(), strategies.policy_sets(), st.data())
def test_exchanged_policies_are_compared_exactly(
    snapshot: Snapshot, policy_set: PolicySet, others: PolicySet, data: st.DataObject
) -> None:
    old = Engine.build(snapshot, policy_set)
    removed = [policy for policy in policy_set.policies() if data.draw(st.booleans())]
    known = {stage.name for layer in policy_set.layers for stage in layer.stages}
    stages = [stage for layer in others.layers for stage in layer.stages if stage.name in known]
    new = old.with_policies(removed, [(stage.name, policy) for stage in stages for policy in stage.policies])
    assert_exact(old, new, [*points.endpoints(snapshot, policy_set), *points.addresses(snapshot, others)])


@given(strategies.snapshots(), strategies.policy_sets(), st.data())
def test_relabelled_pods_are_compared_exactly(snapshot: Snapshot, policy_set: PolicySet, data: st.DataObject) -> None:
    old = Engine.build(snapshot, policy_set)
    gone = data.draw(st.sampled_from(snapshot.pods))
    again = replace(gone, labels=data.draw(strategies.label_sets(strategies.POD_LABELS)))
    new = old.with_pods([gone], [again])
    pods = [pod for pod in snapshot.pods if pod is not gone]
    ends: list[Endpoint] = [*pods, again, *points.addresses(snapshot, policy_set)]
    changes = compare(old, new)
    for source in ends:
        for destination in ends:
            if source is destination and not (isinstance(source, Pod) and source.planned):
                continue
            if not judged(source, destination):
                continue
            was = [gone if end is again else end for end in (source, destination)]
            before, after = old.allowed(was[0], was[1]), new.allowed(source, destination)
            expected = (before, after) if before != after else None
            assert listed(changes, source, destination) == expected, f"{source} -> {destination}"


@given(strategies.snapshots(), strategies.policy_sets(), st.data())
def test_a_pod_that_comes_or_goes_is_compared_with_nothing(
    snapshot: Snapshot, policy_set: PolicySet, data: st.DataObject
) -> None:
    old = Engine.build(snapshot, policy_set)
    gone = data.draw(st.sampled_from(snapshot.pods))
    new = old.with_pods([gone], [])
    ends = points.endpoints(snapshot, policy_set)
    assert_exact(old, new, ends)
    assert_exact(new, old, ends)


@given(
    strategies.snapshots(),
    strategies.policy_sets(),
    strategies.label_sets(strategies.NAMESPACE_LABELS),
    st.sampled_from(strategies.NAMESPACES),
)
def test_a_relabelled_namespace_is_compared_exactly(
    snapshot: Snapshot, policy_set: PolicySet, labels: dict[str, str], namespace: str
) -> None:
    old = Engine.build(snapshot, policy_set)
    new = old.with_namespace(Namespace(namespace, labels))
    assert_exact(old, new, points.endpoints(snapshot, policy_set))


@given(strategies.snapshots(), strategies.policy_sets())
def test_an_engine_differs_in_nothing_from_itself_or_a_rebuild(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = Engine.build(snapshot, policy_set)
    assert compare(engine, engine) == []
    assert compare(engine, Engine.build(snapshot, policy_set)) == []
