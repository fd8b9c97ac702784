"""A diff is the difference of two reach reports, row by row."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, strategies as st

from ringfence.diff import By, ChangeKind, State, compute_diff
from ringfence.model.addresses import parse_address
from tests.diff import brute

bys = st.sampled_from(By)
MIRRORED = {"added": "removed", "removed": "added", "changed": "changed"}


@given(brute.states(), bys)
def test_rows_between_pods_are_the_difference_of_two_reach_reports(states: tuple[State, State], by: By) -> None:
    report = compute_diff(*states, by)
    inside = [row for row in brute.rows(report) if "/" in row[1] and "/" in row[2]]
    assert len(inside) == len(set(inside))
    assert set(inside) == brute.expected_inside(*states, by)


@given(brute.states())
def test_workloads_whose_replicas_alone_differ_are_told_apart(states: tuple[State, State]) -> None:
    report = compute_diff(*states, external=False)
    found = {(change.src.name, change.dst.name) for change in report.replicas}
    assert found == brute.expected_replicas(*states, By.WORKLOAD)


@given(brute.states(), bys, st.sampled_from(brute.PROBES))
def test_every_address_outside_is_in_the_ranges_of_its_difference(
    states: tuple[State, State], by: By, address: int
) -> None:
    found = brute.rows_at(compute_diff(*states, by), address)
    assert len(found) == len(set(found)), "ranges of one end don't overlap"
    assert set(found) == brute.expected_at(*states, by, address)


@given(brute.states(), bys)
def test_ranges_are_the_widest(states: tuple[State, State], by: By) -> None:
    ends: dict[tuple[str, str, object], list[tuple[int, int]]] = {}
    for change in compute_diff(*states, by).changes:
        for external, other, side in ((change.src, change.dst, "from"), (change.dst, change.src, "to")):
            if external.external:
                lo, hi = map(parse_address, external.name.split("-"))
                treated = (change.before, change.after, change.always_before, change.always_after)
                ends.setdefault((side, other.name, treated), []).append((lo, hi))
    for spans in ends.values():
        spans.sort()
        assert all(one[1] + 1 < other[0] for one, other in pairwise(spans))


@given(brute.states(), bys)
def test_the_other_direction_is_the_mirror_image(states: tuple[State, State], by: By) -> None:
    old, new = states
    there, back = compute_diff(old, new, by), compute_diff(new, old, by)
    mirrored = {
        (MIRRORED[kind], src, dst, protocol, after, before)
        for kind, src, dst, protocol, before, after in brute.rows(there)
    }
    assert set(brute.rows(back)) == mirrored
    assert back.appeared == there.disappeared
    assert {(one.src, one.dst) for one in back.replicas} == {(one.src, one.dst) for one in there.replicas}


@given(brute.states(), bys)
def test_a_state_and_itself_differ_in_nothing(states: tuple[State, State], by: By) -> None:
    report = compute_diff(states[0], states[0], by)
    assert not report.differs
    assert not report.changes


@given(brute.states(), bys)
def test_every_change_has_a_kind_and_no_empty_rows(states: tuple[State, State], by: By) -> None:
    report = compute_diff(*states, by)
    for change in report.changes:
        rows = list(change.rows())
        assert rows
        assert change.src != change.dst
        assert (change.kind is ChangeKind.ADDED) == (not change.before)
        assert (change.kind is ChangeKind.REMOVED) == (not change.after)
    assert report.opens == any(change.opened for change in report.changes)
    assert report.closes == any(change.closed for change in report.changes)
