"""The obvious way to a difference: two reach reports, row by row."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from ringfence.diff import By, DiffReport, State
from ringfence.engine import Engine
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Pod, Snapshot, WorkloadRef
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.reach import Connection, Grouping, compute_reach
from tests import strategies

Row = tuple[str, str, str, str, str, str]
"""change, src, dst, protocol, before, after: as in the CSV."""

PROBES = tuple(
    map(
        parse_address,
        (
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
        ),
    )
)
"""Addresses that are no pod's and no node's, on both sides of every range of the strategies."""


@st.composite
def states(draw: st.DrawFn) -> tuple[State, State]:
    """Two states of a cluster: pods are the same, relabelled, gone or new, or their namespaces have other labels.

    Policies are the same, or others.
    """
    first = draw(grouped())
    kind = draw(st.sampled_from(("same pods", "some pods", "other namespaces", "other cluster")))
    second = first if kind == "same pods" else draw(grouped())
    if kind == "other namespaces":
        second = replace(first, namespaces=second.namespaces, accounts=second.accounts)
    if kind == "some pods":
        others = {(pod.namespace, pod.name, pod.planned): pod for pod in second.pods}
        kept = tuple(
            others.get((pod.namespace, pod.name, pod.planned), pod) for pod in first.pods if draw(st.integers(0, 3))
        )
        second = replace(first, pods=kept)
    policies = draw(strategies.policy_sets())
    return State(first, policies), State(second, draw(st.one_of(st.just(policies), strategies.policy_sets())))


@st.composite
def grouped(draw: st.DrawFn) -> Snapshot:
    """Snapshots whose pods belong to few workloads, so that replicas differ in labels, ports and addresses."""
    snapshot = draw(strategies.snapshots())
    pods = [
        replace(pod, workload=WorkloadRef(pod.namespace, "Deployment", draw(st.sampled_from("uv"))))
        if not pod.planned
        else pod
        for pod in snapshot.pods
    ]
    return replace(snapshot, pods=tuple(pods))


def rows(report: DiffReport) -> list[Row]:
    """The rows of a report."""
    return [
        (str(row.kind), change.src.name, change.dst.name, str(row.protocol), spans(row.before), spans(row.after))
        for change in report.changes
        for row in change.rows()
    ]


def spans(intervals: tuple[tuple[int, int], ...]) -> str:
    return ";".join(f"{lo}-{hi}" for lo, hi in intervals)


def connections(state: State, by: By) -> dict[tuple[str, str], Connection]:
    engine = Engine.build(state.snapshot, state.policy_set)
    return {(one.src.name, one.dst.name): one for one in compute_reach(engine, Grouping(by.value)).connections}


def expected_inside(old: State, new: State, by: By) -> set[Row]:
    """The rows between pods, from two reach reports."""
    before, after = connections(old, by), connections(new, by)
    found = set()
    for src, dst in {*before, *after}:
        if "/" not in src or "/" not in dst:
            continue
        was = before[src, dst].ports if (src, dst) in before else NO_PORTS
        now = after[src, dst].ports if (src, dst) in after else NO_PORTS
        found |= set(rows_of(src, dst, was, now))
    return found


def expected_replicas(old: State, new: State, by: By) -> set[tuple[str, str]]:
    """Pairs whose ports are the same for some replicas, and not for all."""
    before, after = connections(old, by), connections(new, by)
    return {
        ends
        for ends, one in before.items()
        if "/" in ends[0] and "/" in ends[1] and ends in after
        if (after[ends].ports, after[ends].always) != (one.ports, one.always) and after[ends].ports == one.ports
    }


def rows_of(src: str, dst: str, was: PortSet, now: PortSet) -> list[Row]:
    found = []
    for protocol in Protocol:
        before, after = spans(was.of_protocol(protocol)), spans(now.of_protocol(protocol))
        if before != after:
            kind = "changed" if before and after else "added" if after else "removed"
            found.append((kind, src, dst, protocol.name, before, after))
    return found


def expected_at(old: State, new: State, by: By, address: int) -> set[Row]:
    """The rows of one address outside, whose end is written as ``*``, asked pair by pair."""
    sides: list[dict[tuple[str, str], PortSet]] = []
    for state in (old, new):
        engine = Engine.build(state.snapshot, state.policy_set)
        found: dict[tuple[str, str], PortSet] = {}
        for pod in state.snapshot.pods:
            outside = AddressEndpoint(address)
            for ends, ports in (
                ((name(pod, by), "*"), engine.allowed(pod, outside)),
                (("*", name(pod, by)), engine.allowed(outside, pod)),
            ):
                found[ends] = found.get(ends, NO_PORTS) | ports
        sides.append(found)
    before, after = sides
    return {
        row
        for ends in {*before, *after}
        for row in rows_of(*ends, before.get(ends, NO_PORTS), after.get(ends, NO_PORTS))
    }


def name(pod: Pod, by: By) -> str:
    return str(pod) if by is By.POD else str(pod.workload)


def rows_at(report: DiffReport, address: int) -> list[Row]:
    """The rows of a report that hold an address, its range written as ``*``."""
    found = []
    for kind, src, dst, protocol, before, after in rows(report):
        ends = [("*" if _holds(end, address) else end) for end in (src, dst)]
        if "*" in ends:
            found.append((kind, ends[0], ends[1], protocol, before, after))
    return found


def _holds(end: str, address: int) -> bool:
    if "/" in end:
        return False
    lo, hi = map(parse_address, end.split("-"))
    return lo <= address <= hi
