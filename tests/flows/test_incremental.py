"""Edges that were worked out step by step are those that are worked out at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.state import PodState, ServicePortState, ServiceState, State
from ringfence.flows.store import Store, StoredInput, open_store, opened
from ringfence.model.flow import HOUR, EndKind, Flow, FlowEnd, NameAnswer, Opening
from tests.flows.making import API, DB, NOON, WEB, at, flow, lines, pod, reduced, reply, service
from tests.flows.test_properties import SLOW, answers, facts, records, reduction_of

Step = Reduction | State


def store_of(path: str, steps: list[Step], *, each: bool) -> Store:
    """A store to which the steps were added; ``each`` works the edges out after every one, and not at the end."""
    store = open_store(path, write=True)
    for number, step in enumerate(steps, 1):
        if isinstance(step, State):
            store.add_state(step, "")
        else:
            store.add(step, StoredInput(number, str(number), "hubble", "", "", 0, "", 0, 1, 1, NOON, NOON, NOON))
        if each:
            store.derive()
    store.derive()
    return store


def is_as_at_once(store: Store, steps: list[Step]) -> None:
    """Compares a store with one that worked all steps out at once, and closes it."""
    whole = store_of(":memory:", steps, each=False)
    found, expected = (facts(each.edges(whole=True)) for each in (store, whole))
    counts = [each.status().parties for each in (store, whole)]
    for each in (store, whole):
        each.close()
    assert found == expected
    assert counts[0] == counts[1]


def same(steps: list[Step], path: str = ":memory:") -> None:
    is_as_at_once(store_of(path, steps, each=True), steps)


FEW = settings(SLOW, max_examples=3)
"""Each example has several steps, and each step works edges out."""


@st.composite
def states(draw: st.DrawFn) -> State:
    names = draw(st.lists(st.sampled_from(["app-0-0", "app-1-1", "app-0-2", "web-7d9f8b6c5d-x2k4q"]), max_size=3))
    pods = tuple(
        PodState(
            "shop",
            name,
            draw(st.sampled_from(["StatefulSet/app-0", "Deployment/web"])),
            draw(st.sampled_from([(), (("app", "x"),)])),
            (draw(st.sampled_from(["10.0.0.0", "10.0.0.1", "10.0.0.2"])),),
            draw(st.sampled_from(["", "a"])),
            ports=draw(st.sampled_from([(), (("http", "TCP", 40000),)])),
        )
        for name in sorted(set(names))
    )
    selector = draw(st.sampled_from([None, (("app", "x"),)]))
    services = (ServiceState("shop", "svc", ("10.0.0.3",), (ServicePortState("p", "TCP", 53, 8080),), selector),)
    time = NOON + draw(st.integers(-1, 3)) * HOUR / 2
    return State(time, pods=pods, services=draw(st.sampled_from([(), services])))


@st.composite
def logs(draw: st.DrawFn) -> Reduction:
    return reduction_of(draw(st.lists(records(), max_size=5)), draw(st.lists(answers(), max_size=2)))


@FEW
@given(st.lists(st.one_of(logs(), logs(), states()), min_size=3, max_size=4))
def test_step_by_step_is_at_once(steps: list[Step]) -> None:
    same(steps)


GUESS = flow(at("10.0.0.1"), at("10.0.0.2"), 40001, opening=Opening.UNKNOWN, source_port=40000)
BACK = flow(at("10.0.0.2"), at("10.0.0.1"), 40000, opening=Opening.UNKNOWN, source_port=40001)
OTHER = flow(at("10.0.0.3"), at("10.0.0.1"), 40000, opening=Opening.UNKNOWN, source_port=40009)
POD = FlowEnd(EndKind.POD, "10.0.0.1", "shop", "api-0", labels=(("app", "x"),))
ANSWER = NameAnswer("pay.example", ("203.0.113.7",), NOON - 5)


def answered(answer: NameAnswer) -> Reduction:
    reduction = reduced()
    reduction.answer(answer)
    return reduction


LATER: list[tuple[str, list[Step], list[str]]] = [
    (
        "the same flow again adds to its edge",
        [reduced(flow()), reduced((flow(), 60.0))],
        ["shop/Deployment/web → data/StatefulSet/db TCP 5432 allowed 2"],
    ),
    (
        "another use of a port turns a flow round whose direction it tells",
        [reduced(GUESS), reduced(OTHER)],
        ["10.0.0.2 → 10.0.0.1 TCP 40000 allowed 1", "10.0.0.3 → 10.0.0.1 TCP 40000 allowed 1"],
    ),
    (
        "a connection that was opened tells which port is served",
        [reduced(GUESS), reduced(flow(at("10.0.0.9"), at("10.0.0.1"), 40000))],
        ["10.0.0.2 → 10.0.0.1 TCP 40000 allowed 1", "10.0.0.9 → 10.0.0.1 TCP 40000 allowed 1"],
    ),
    (
        "a record that names the pod of an address tells whose it was",
        [reduced(flow(at("10.0.0.1"), API, 443)), reduced(flow(POD, DB))],
        [
            "shop/StatefulSet/api → data/StatefulSet/db TCP 5432 allowed 1",
            "shop/StatefulSet/api → 203.0.113.7 TCP 443 allowed 1",
        ],
    ),
    (
        "a pod that a Service selects is behind its address",
        [
            State(NOON, services=(service("api", "10.96.0.1", [(80, 8080)], selector=(("app", "x"),)),)),
            reduced(flow(WEB, at("10.96.0.1"), 80)),
            reduced(flow(POD, DB)),
        ],
        [
            "shop/Deployment/web → shop/StatefulSet/api TCP 8080 allowed 1",
            "shop/StatefulSet/api → data/StatefulSet/db TCP 5432 allowed 1",
        ],
    ),
    (
        "a name that was asked before is the address's",
        [reduced(flow(WEB, API, 443)), answered(ANSWER)],
        ["shop/Deployment/web → pay.example (203.0.113.7) TCP 443 allowed 1"],
    ),
    (
        "a pod's declared port tells a direction, when the inventory comes",
        [reduced(GUESS), State(NOON, pods=(pod("a", "Deployment/a", "10.0.0.1", ports=(("p", "TCP", 40000),)),))],
        ["10.0.0.2 → shop/Deployment/a TCP 40000 allowed 1"],
    ),
    (
        "a reply no longer counts when its connection is seen",
        [reduced(reply()), reduced(flow())],
        ["shop/Deployment/web → data/StatefulSet/db TCP 5432 allowed 1"],
    ),
]


@pytest.mark.parametrize(("steps", "expected"), [case[1:] for case in LATER], ids=[case[0] for case in LATER])
def test_what_comes_later_changes_what_was_worked_out(steps: list[Step], expected: list[str]) -> None:
    store = store_of(":memory:", steps, each=True)
    assert sorted(lines(list(store.edges()))) == sorted(expected)
    is_as_at_once(store, steps)


def test_files_are_brought_up_to_date_as_a_database_is(tmp_path: Path) -> None:
    steps = [step for _, case, _ in LATER[:4] for step in case]
    same(steps, f"{tmp_path / 'files'}/")


def test_pruning_and_merging_work_all_out_again(tmp_path: Path) -> None:
    """What was taken out may have told of pods and ports, so nothing that rested on it may stay."""
    told = reduced((flow(POD, DB), -3 * HOUR))
    store = store_of(str(tmp_path / "a"), [told, reduced(flow(at("10.0.0.1"), API, 443))], each=True)
    assert "shop/StatefulSet/api → 203.0.113.7 TCP 443 allowed 1" in lines(list(store.edges()))
    store.prune(NOON)
    assert lines(list(store.edges())) == ["10.0.0.1 → 203.0.113.7 TCP 443 allowed 1"]
    with opened(str(tmp_path / "fleet"), write=True) as fleet:
        for _ in range(2):
            fleet.join(store, "east")
            assert lines(list(fleet.edges())) == ["10.0.0.1 → 203.0.113.7 TCP 443 allowed 1"]
    store.close()


SOME = [GUESS, BACK, OTHER, reply(), flow(), flow(POD, DB), flow(at("10.0.0.1"), API, 443)]


@example([BACK, GUESS, OTHER])
@FEW
@given(st.lists(st.sampled_from(SOME), min_size=3, max_size=4, unique=True))
def test_flows_that_come_one_by_one_are_those_that_come_together(found: list[Flow]) -> None:
    same([reduced(each) for each in found])
