"""Every fix that is offered, applied to the objects as they were written and judged from scratch.

Nothing of the patched engine is used: bodies are edited by JSON Patch, read by the dialects, and every pair of pods and
of sampled addresses is asked about before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.engine.difference import Ends
from ringfence.explain.endpoints import End, Endpoints, Target
from ringfence.fix.effects import Effects
from ringfence.fix.propose import propose
from ringfence.fix.propose_all import propose_all
from ringfence.fix.search import Fix
from ringfence.fix.wanted import Wanted
from ringfence.fix.world import World, key_of
from ringfence.model.addresses import AddressSet
from ringfence.model.objects import Namespace, Pod, Snapshot
from ringfence.model.patch import Patch
from ringfence.model.policy import PolicySet
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from tests.clusters import snapshot_with
from tests.points import addresses
from tests.strategies import (
    NAMESPACE_LABELS,
    POD_LABELS,
    PORT_NUMBERS,
    label_sets,
    network_policy_bodies,
    network_policy_ports,
    policy_bodies,
    protocols,
    snapshots,
)

_FIXES = 6


def engine_of(snapshot: Snapshot) -> Engine:
    policies, _ = read_policies(snapshot)
    return Engine.build(snapshot, policies)


def applied(snapshot: Snapshot, patches: Iterable[Patch]) -> Snapshot:
    """The snapshot after the patches, on the plain objects."""
    bodies: dict[Any, Mapping[str, Any] | None] = {raw.ref: raw.body for raw in snapshot.policies}
    pods, spaces = list(snapshot.pods), dict(snapshot.namespaces)
    for patch in patches:
        target = patch.target
        if target.kind == "Namespace":
            body = patch.apply({"metadata": {"labels": dict(spaces[target.name].labels)}})
            assert body is not None
            spaces[target.name] = Namespace(target.name, body["metadata"]["labels"])
        elif "NetworkPolicy" in target.kind:
            bodies[target] = patch.apply(bodies.get(target))
        else:
            pods = [_relabelled(pod, patch) for pod in pods]
    kept = [body for body in bodies.values() if body is not None]
    return snapshot_with(replace(snapshot, pods=tuple(pods), namespaces=spaces), kept)


def _relabelled(pod: Pod, patch: Patch) -> Pod:
    workload = (patch.target.namespace, patch.target.kind, patch.target.name)
    if (pod.workload.namespace, pod.workload.kind, pod.workload.name) != workload:
        return pod
    return replace(pod, labels={**pod.labels, **{str(edit.path[-1]): edit.value for edit in patch.edits}})


def holds(ends: Ends, end: Endpoint) -> bool:
    if isinstance(ends, AddressSet):
        return not isinstance(end, Pod) and end.address in ends
    return isinstance(end, Pod) and any(key_of(pod) == key_of(end) for pod in ends)


def outside(snapshot: Snapshot, policies: PolicySet) -> list[AddressEndpoint]:
    """An address of every kind that is no pod's and no node's."""
    taken = {address for pod in snapshot.pods for address in pod.addresses}
    return [end for end in addresses(snapshot, policies) if not end.node and end.address not in taken]


def said(changes: Iterable[tuple[Ends, Ends, PortSet]], source: Endpoint, destination: Endpoint) -> PortSet:
    total = NO_PORTS
    for sources, destinations, ports in changes:
        if holds(sources, source) and holds(destinations, destination):
            total |= ports
    return total


def check(fix: Fix, snapshot: Snapshot, source: Endpoint, destination: Endpoint, port: tuple[Protocol, int]) -> None:
    check_effects(fix.patches, fix.effects, snapshot, [(source, destination, port)])


Asked = tuple[Endpoint, Endpoint, tuple[Protocol, int]]


def check_effects(patches: Sequence[Patch], effects: Effects, snapshot: Snapshot, asked: Sequence[Asked]) -> None:
    after = applied(snapshot, patches)
    old, new = engine_of(snapshot), engine_of(after)
    now = {key_of(pod): pod for pod in after.pods}
    points = {*outside(snapshot, old.policy_set), *outside(after, new.policy_set)}
    ends: list[Endpoint] = [*snapshot.pods, *points]

    def renewed(end: Endpoint) -> Endpoint:
        return now[key_of(end)] if isinstance(end, Pod) else end

    for left in ends:
        for right in ends:
            if not isinstance(left, Pod) and not isinstance(right, Pod):
                continue
            if left is right and isinstance(left, Pod) and not left.planned:
                continue
            before, later = old.allowed(left, right), new.allowed(renewed(left), renewed(right))
            own = NO_PORTS
            for source, destination, port in asked:
                own |= PortSet.point(*port) if (left, right) == (source, destination) else NO_PORTS
            assert said(effects.opened, left, right) == later - before - own, (patches, left, right)
            assert said(effects.closed, left, right) == before - later - own, (patches, left, right)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Snapshot, Endpoint, Endpoint, tuple[Protocol, int]]:
    snapshot = snapshot_with(draw(snapshots(most_pods=5)), draw(policy_bodies()))
    ends: list[Endpoint] = [*snapshot.pods, *outside(snapshot, read_policies(snapshot)[0])]
    pod, other = draw(st.sampled_from(snapshot.pods)), draw(st.sampled_from(ends))
    port = draw(protocols), draw(st.sampled_from(PORT_NUMBERS))
    return (snapshot, pod, other, port) if draw(st.booleans()) else (snapshot, other, pod, port)


Question = tuple[Snapshot, Endpoint, Endpoint, tuple[Protocol, int]]


@st.composite
def slips(draw: st.DrawFn) -> Question:
    """A rule that was meant for the connection, and misses it by a label, of its own pods too, or by a port."""
    snapshot = draw(snapshots(most_pods=4))
    source, destination = draw(st.sampled_from(snapshot.pods)), draw(st.sampled_from(snapshot.pods))
    port = draw(protocols), draw(st.sampled_from(PORT_NUMBERS))
    ingress = draw(st.booleans())
    subject, peer = (destination, source) if ingress else (source, destination)
    selector: dict[str, Any] = {"podSelector": {"matchLabels": {**peer.labels, **draw(label_sets(POD_LABELS))}}}
    if draw(st.booleans()):
        labels = {**snapshot.namespaces[peer.namespace].labels, **draw(label_sets(NAMESPACE_LABELS))}
        expressions = [{"key": "team", "operator": draw(st.sampled_from(("Exists", "DoesNotExist")))}]
        extra: dict[str, Any] = {"matchExpressions": expressions} if draw(st.booleans()) else {}
        selector["namespaceSelector"] = {"matchLabels": labels, **extra}
    rule: dict[str, Any] = {"from" if ingress else "to": [selector]}
    if draw(st.booleans()):
        rule["ports"] = [draw(network_policy_ports())]
    side = "ingress" if ingress else "egress"
    guarded = {**subject.labels, **draw(st.one_of(st.just({}), label_sets(POD_LABELS), st.just({"stage": "new"})))}
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "slip", "namespace": subject.namespace},
        "spec": {"podSelector": {"matchLabels": guarded}, "policyTypes": [side.capitalize()], side: [rule]},
    }
    deny = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "deny", "namespace": subject.namespace},
        "spec": {"podSelector": {}, "policyTypes": [side.capitalize()]},
    }
    denied = [deny] if guarded != subject.labels else []
    return (
        snapshot_with(snapshot, [body, *denied, *draw(st.lists(network_policy_bodies(1), max_size=1))]),
        source,
        destination,
        port,
    )


@given(st.one_of(questions(), slips(), slips()))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_fix_allows_the_connection_and_its_effects_are_exact(
    question: Question,
) -> None:
    snapshot, source, destination, port = question
    world = World.of(snapshot, engine_of(snapshot))
    ends = End(str(source), (source,)), End(str(destination), (destination,))
    answer = propose(world, Endpoints(snapshot), *ends, port)
    for fix in answer.fixes[:_FIXES]:
        after = applied(snapshot, fix.patches)
        pods = {key_of(pod): pod for pod in after.pods}
        left, right = (pods[key_of(end)] if isinstance(end, Pod) else end for end in (source, destination))
        assert engine_of(after).verdict(left, right, *port).allowed, fix.title
        check(fix, snapshot, source, destination, port)


@given(st.one_of(questions(), slips()))
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_closing_denies_the_connection_and_its_effects_are_exact(
    question: Question,
) -> None:
    snapshot, source, destination, port = question
    world = World.of(snapshot, engine_of(snapshot))
    ends = End(str(source), (source,)), End(str(destination), (destination,))
    answer = propose(world, Endpoints(snapshot), *ends, port, deny=True)
    for fix in answer.fixes[:_FIXES]:
        after = applied(snapshot, fix.patches)
        pods = {key_of(pod): pod for pod in after.pods}
        left, right = (pods[key_of(end)] if isinstance(end, Pod) else end for end in (source, destination))
        assert not engine_of(after).verdict(left, right, *port).allowed, fix.title
        check(fix, snapshot, source, destination, port)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_fix_of_many_restores_what_it_says_and_its_effects_are_exact(data: st.DataObject) -> None:
    snapshot, source, destination, port = data.draw(st.one_of(questions(), slips(), slips()))
    ends: list[Endpoint] = [*snapshot.pods, *outside(snapshot, read_policies(snapshot)[0])]
    asked: list[Asked] = [(source, destination, port)]
    for _ in range(data.draw(st.integers(0, 5))):
        pair = data.draw(st.sampled_from(snapshot.pods)), data.draw(st.sampled_from(ends))
        left, right = pair if data.draw(st.booleans()) else pair[::-1]
        asked.append((left, right, (data.draw(protocols), data.draw(st.sampled_from(PORT_NUMBERS)))))
    world = World.of(snapshot, engine_of(snapshot))
    dns = data.draw(st.booleans())
    wanted = [
        Wanted(str(left), (left,), str(right), (Target(right, number),), protocol, number, dns=dns)
        for left, right, (protocol, number) in asked
    ]
    answer = propose_all(world, wanted)
    after = applied(snapshot, answer.patches)
    pods = {key_of(pod): pod for pod in after.pods}
    engine = engine_of(after)
    left_out = [each.wanted for each in answer.left]
    assert len(answer.restored) + len({id(each) for each in (*answer.kept, *left_out)}) == len(wanted)
    for each, (left, right, ask) in zip(wanted, asked, strict=True):
        now = [pods[key_of(end)] if isinstance(end, Pod) else end for end in (left, right)]
        met = engine.verdict(now[0], now[1], *ask).allowed
        assert met is not any(each is other for other in left_out), (each, answer.patches)
    check_effects(answer.patches, answer.effects, snapshot, asked)
