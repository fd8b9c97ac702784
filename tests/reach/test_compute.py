"""Reach by pod and by workload equals asking for every pair of pods."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st

from ringfence.engine import Engine
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Pod, Snapshot, WorkloadRef
from ringfence.model.policy import PolicySet
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet
from ringfence.model.verdict import AddressEndpoint
from ringfence.reach import Grouping, compute_reach
from tests import strategies

Answer = tuple[PortSet, PortSet]
CLOSED = (NO_PORTS, NO_PORTS)
PROBES = (
    "0.0.0.0",
    "9.255.255.255",
    "10.0.0.20",
    "10.1.2.3",
    "192.0.2.1",
    "192.0.2.200",
    "255.255.255.255",
    "::",
    "2001:db8::1",
    "fd00::99",
    "fd00::1:0:0:1",
    "ffff::",
)


@st.composite
def grouped_snapshots(draw: st.DrawFn) -> Snapshot:
    """Snapshots whose pods belong to few workloads, so that replicas differ in labels, ports and addresses.

    Pods of the host network are left out: by workload, a node's own traffic is not counted.
    """
    snapshot = draw(strategies.snapshots())
    pods = [
        replace(pod, workload=WorkloadRef(pod.namespace, "Deployment", draw(st.sampled_from("uv"))))
        for pod in snapshot.pods
        if not pod.planned and not pod.host_network
    ]
    return replace(snapshot, pods=tuple(pods))


def listed(engine: Engine, grouping: Grouping) -> dict[tuple[str, str], Answer]:
    report = compute_reach(engine, grouping)
    answers = {(c.src.name, c.dst.name): (c.ports, c.always) for c in report.connections}
    assert all(ports for ports, _ in answers.values())
    return answers


def over(answers: list[PortSet]) -> Answer:
    some = always = answers[0]
    for ports in answers:
        some, always = some | ports, always & ports
    return (some, always) if some else CLOSED


@given(grouped_snapshots(), strategies.policy_sets())
def test_by_workload_ports_are_those_of_some_and_of_all_pairs_of_replicas(
    snapshot: Snapshot, policy_set: PolicySet
) -> None:
    engine = Engine.build(snapshot, policy_set)
    answers = listed(engine, Grouping.WORKLOAD)
    members: dict[WorkloadRef, list[Pod]] = {}
    for pod in snapshot.pods:
        members.setdefault(pod.workload, []).append(pod)
    for source, sources in members.items():
        for destination, destinations in members.items():
            found = answers.get((str(source), str(destination)), CLOSED)
            if source == destination:
                assert found == CLOSED, "a workload and itself are left out"
            else:
                assert found == over([engine.allowed(a, b) for a in sources for b in destinations])


@given(strategies.snapshots(), strategies.policy_sets())
def test_by_pod_every_pair_is_listed_with_its_ports(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = Engine.build(snapshot, policy_set)
    answers = listed(engine, Grouping.POD)
    for source in snapshot.pods:
        for destination in snapshot.pods:
            if source is not destination:
                ports = engine.allowed(source, destination)
                assert answers.get((str(source), str(destination)), CLOSED) == (ports, ports)


@given(strategies.snapshots(), strategies.policy_sets())
def test_external_ranges_cover_each_address_once_with_its_ports(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = Engine.build(snapshot, policy_set)
    outgoing: dict[str, list[tuple[int, int, PortSet]]] = {}
    incoming: dict[str, list[tuple[int, int, PortSet]]] = {}
    for (src, dst), (ports, _) in listed(engine, Grouping.POD).items():
        for end, other, into in ((src, dst, incoming), (dst, src, outgoing)):
            if "/" not in end:
                lo, hi = map(parse_address, end.split("-"))
                into.setdefault(other, []).append((lo, hi, ports))
    for text in PROBES:
        address = parse_address(text)
        for pod in snapshot.pods:
            outside = AddressEndpoint(address)
            for ranges, expected in (
                (outgoing, engine.allowed(pod, outside)),
                (incoming, engine.allowed(outside, pod)),
            ):
                found = [ports for lo, hi, ports in ranges.get(str(pod), []) if lo <= address <= hi]
                assert found == ([expected] if expected else [])


@given(strategies.snapshots(), strategies.policy_sets())
def test_the_summary_counts_what_the_list_shows(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = Engine.build(snapshot, policy_set)
    report = compute_reach(engine, Grouping.POD)
    inside = [c.ports for c in report.connections if not c.src.external and not c.dst.external]
    summary = report.summary
    assert summary.full == sum(ports == ALL_PORTS for ports in inside)
    assert summary.partial == sum(ports != ALL_PORTS for ports in inside)
    assert summary.pairs == len(snapshot.pods) * (len(snapshot.pods) - 1)
    assert summary.denied == summary.pairs - len(inside)
    again = compute_reach(engine, Grouping.POD)
    connections = list(again.connections)
    assert summary.to_external == len({c.src.name for c in connections if c.dst.external})
    assert summary.from_external == len({c.dst.name for c in connections if c.src.external})


@given(strategies.snapshots(), strategies.policy_sets(), st.data())
def test_choosing_ends_keeps_exactly_the_connections_between_them(
    snapshot: Snapshot, policy_set: PolicySet, data: st.DataObject
) -> None:
    engine = Engine.build(snapshot, policy_set)
    chosen = {str(pod) for pod in snapshot.pods if data.draw(st.booleans())}
    everything = {(c.src.name, c.dst.name): c for c in compute_reach(engine, Grouping.POD).connections}
    some = compute_reach(engine, Grouping.POD, sources=lambda pod: str(pod) in chosen)
    assert {(c.src.name, c.dst.name): c for c in some.connections} == {
        ends: connection for ends, connection in everything.items() if ends[0] in chosen
    }
    inside = compute_reach(engine, Grouping.POD, external=False)
    assert not any(c.src.external or c.dst.external for c in inside.connections)
