"""What edges don't depend on: the order of records, where a log is cut, and who else saw the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies as st

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.edges import EdgeSet
from ringfence.flows.store import edges_of
from ringfence.model.flow import HOUR, Direction, EndKind, Flow, FlowEnd, NameAnswer, Opening, Outcome, Tally
from tests.flows.making import NOON

PODS = [FlowEnd(EndKind.POD, f"10.0.0.{number}", "shop", f"app-{number % 2}-{number}") for number in range(4)]
ENDS = [*PODS, FlowEnd(address="10.0.0.1"), FlowEnd(address="203.0.113.7"), FlowEnd(address="203.0.113.8")]

SLOW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def records(draw: st.DrawFn) -> tuple[Flow, Tally]:
    opening = draw(st.sampled_from(Opening))
    point = draw(st.sampled_from(["policy-verdict", "from-endpoint", "to-endpoint"]))
    port = draw(st.sampled_from([53, 8080, 40000]))
    flow = Flow(
        draw(st.sampled_from(ENDS)),
        draw(st.sampled_from(ENDS)),
        "TCP",
        None if opening is Opening.REPLY else port,
        draw(st.sampled_from([Outcome.ALLOWED, Outcome.ALLOWED, Outcome.DENIED, Outcome.UNKNOWN])),
        opening,
        None if opening is Opening.OPENS else draw(st.sampled_from([53, 8080, 41000])),
        draw(st.sampled_from([None, *Direction])),
        point,
        point == "policy-verdict",
        node=draw(st.sampled_from(["", "a", "b"])),
    )
    time = NOON + draw(st.integers(0, 3)) * HOUR / 2
    return flow, Tally(time, time, draw(st.integers(1, 4)), draw(st.sampled_from([None, None, 0, 3])))


@st.composite
def answers(draw: st.DrawFn) -> NameAnswer:
    return NameAnswer(
        draw(st.sampled_from(["a.example", "b.example"])),
        ("203.0.113.7",),
        NOON + draw(st.integers(-1, 3)) * HOUR / 2,
        asked_by=draw(st.sampled_from(["", "shop/app-0-0"])),
    )


def reduction_of(found: list[tuple[Flow, Tally]], asked: list[NameAnswer]) -> Reduction:
    reduction = Reduction()
    for flow, tally in found:
        reduction.add(flow, replace(tally))
    for answer in asked:
        reduction.answer(answer)
    return reduction


def facts(found: EdgeSet) -> tuple[list[object], object]:
    return [(edge, edge.source.pods, edge.destination.pods) for edge in found], found.coverage


@SLOW
@given(st.lists(records(), max_size=12), st.lists(answers(), max_size=3), st.randoms(), st.integers(0, 12))
def test_order_and_cuts_change_nothing(
    found: list[tuple[Flow, Tally]], asked: list[NameAnswer], random: object, cut: int
) -> None:
    import random as randoms

    assert isinstance(random, randoms.Random)
    mixed, mixed_answers = found[:], asked[:]
    random.shuffle(mixed)
    random.shuffle(mixed_answers)
    half = len(mixed_answers) // 2
    parts = [
        reduction_of(mixed[:cut], mixed_answers[:half]),
        reduction_of(mixed[cut:], mixed_answers[half:]),
    ]
    assert facts(edges_of(parts)) == facts(edges_of([reduction_of(found, asked)]))


@SLOW
@given(st.lists(records(), max_size=8))
def test_the_log_of_another_node_at_the_same_point_counts_once(found: list[tuple[Flow, Tally]]) -> None:
    mine = [(replace(flow, node="a", direction=None), tally) for flow, tally in found]
    theirs = [(replace(flow, node="b"), tally) for flow, tally in mine]
    alone, both = edges_of([reduction_of(mine, [])]), edges_of([reduction_of(mine, []), reduction_of(theirs, [])])
    assert list(alone) == list(both)


@SLOW
@given(st.lists(records(), max_size=8))
def test_what_passed_at_the_source_and_is_seen_again_at_the_destination_counts_once(
    found: list[tuple[Flow, Tally]],
) -> None:
    passed = [
        (replace(flow, outcome=Outcome.ALLOWED, direction=Direction.EGRESS, point="policy-verdict", node="a"), tally)
        for flow, tally in found
        if flow.opening is Opening.OPENS
    ]
    arrived = [(replace(flow, direction=Direction.INGRESS, node="b"), tally) for flow, tally in passed]
    alone, both = edges_of([reduction_of(passed, [])]), edges_of([reduction_of([*passed, *arrived], [])])
    assert [(str(each.source), str(each.destination), each.port, each.hours) for each in alone] == [
        (str(each.source), str(each.destination), each.port, each.hours) for each in both
    ]


@SLOW
@given(st.lists(records(), max_size=10))
def test_hours_add_up_and_every_record_is_accounted_for(found: list[tuple[Flow, Tally]]) -> None:
    edges = edges_of([reduction_of(found, [])])
    for edge in edges:
        assert sum(number for _, number in edge.hours) == edge.connections > 0
        assert edge.first <= edge.last
    assert edges.coverage.records == sum(tally.records for _, tally in found)
