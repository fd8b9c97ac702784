"""A diff by pod is the set difference of the slow evaluator's answers, on every draw."""

from __future__ import annotations

from itertools import product

from hypothesis import given

from ringfence.diff import By, Change, State, compute_diff
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.verdict import AddressEndpoint, Endpoint
from tests import oracle, points, strategies
from tests.diff import brute


@given(strategies.snapshots(most_pods=4), strategies.policy_sets(), strategies.policy_sets())
def test_rows_say_which_of_the_oracles_answers_differ(snapshot: Snapshot, one: PolicySet, other: PolicySet) -> None:
    states = State(snapshot, one), State(snapshot, other)
    changes = compute_diff(*states, By.POD).changes
    addresses = {*points.addresses(snapshot, one), *points.addresses(snapshot, other)}
    ends: list[Endpoint] = [*snapshot.pods, *(end for end in addresses if not end.node)]
    ports = {*points.port_points(snapshot, one, icmp=False), *points.port_points(snapshot, other, icmp=False)}
    for source, destination in points.pairs(ends):
        if source is destination or _is_pods_address(snapshot, source) or _is_pods_address(snapshot, destination):
            continue
        found = [change for change in changes if _holds(change, source, destination)]
        assert len(found) <= 1
        for protocol, port in ports:
            before, after = (
                all(oracle.allowed(snapshot, state.policy_set, source, destination, protocol, port)) for state in states
            )
            opened = any(change.opened.has(protocol, port) for change in found)
            closed = any(change.closed.has(protocol, port) for change in found)
            assert (opened, closed) == (after and not before, before and not after)


@given(brute.states())
def test_pods_namespaces_and_labels_that_changed_are_told_as_the_oracle_has_it(states: tuple[State, State]) -> None:
    changes = {(one.src.name, one.dst.name): one for one in compute_diff(*states, By.POD, external=False).changes}
    pods = [{str(pod): pod for pod in state.snapshot.pods} for state in states]
    names = pods[0].keys() | pods[1].keys()
    ports = {point for state in states for point in points.port_points(state.snapshot, state.policy_set, icmp=False)}
    seen = set()
    for src, dst in product(names, names):
        if src == dst:
            continue
        change = changes.get((src, dst))
        for protocol, port in ports:
            before, after = (
                src in there
                and dst in there
                and all(oracle.allowed(state.snapshot, state.policy_set, there[src], there[dst], protocol, port))
                for state, there in zip(states, pods, strict=True)
            )
            opened = change is not None and change.opened.has(protocol, port)
            closed = change is not None and change.closed.has(protocol, port)
            assert (opened, closed) == (after and not before, before and not after), (src, dst, protocol, port)
            if opened or closed:
                seen.add((src, dst))
    assert seen == changes.keys()


def _is_pods_address(snapshot: Snapshot, end: Endpoint) -> bool:
    return isinstance(end, AddressEndpoint) and any(end.address in pod.addresses for pod in snapshot.pods)


def _holds(change: Change, source: Endpoint, destination: Endpoint) -> bool:
    return _is(change.src.name, source) and _is(change.dst.name, destination)


def _is(name: str, endpoint: Endpoint) -> bool:
    if isinstance(endpoint, Pod):
        return name == str(endpoint)
    if "/" in name:
        return False
    lo, hi = map(parse_address, name.split("-"))
    return lo <= endpoint.address <= hi
