"""Which replicas were denied."""

from __future__ import annotations

from ringfence.flows.edges import Edge
from ringfence.flows.state import State
from ringfence.model.flow import HOUR, Direction, Outcome
from tests.flows.making import DB, NOON, WEB, WEB_2, at, edges, flow, pod, verdict

DENIED = Outcome.DENIED


def stopped(found: list[Edge]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(edge.source_pods, edge.destination_pods) for edge in found]


def test_the_pods_of_what_was_denied_are_named_and_those_of_what_passed_are_not() -> None:
    found = edges(verdict(Direction.INGRESS, DENIED), verdict(Direction.INGRESS, source=WEB_2))
    assert [edge.outcome.value for edge in found] == ["allowed", "denied"]
    assert stopped(found) == [((), ()), ((WEB.pod,), (DB.pod,))]
    assert found[1].source.pods == (WEB.pod, WEB_2.pod)


def test_addresses_are_the_pods_of_the_inventory() -> None:
    state = State(NOON, pods=(pod("a-1", "Deployment/a", "10.9.0.1"), pod("b-1", "Deployment/b", "10.9.0.2")))
    assert stopped(edges(flow(at("10.9.0.1"), at("10.9.0.2"), outcome=DENIED), states=[state])) == [
        (("a-1",), ("b-1",))
    ]


def test_a_flow_whose_address_changed_hands_names_no_pod() -> None:
    before = State(NOON, pods=(pod("a-1", "Deployment/a", "10.9.0.1"),))
    after = State(NOON + 2 * HOUR, pods=(pod("c-1", "Deployment/c", "10.9.0.1"),))
    seen = flow(at("10.9.0.1"), DB, outcome=DENIED)
    found = edges((seen, 60), (seen, 2 * HOUR + 60), states=[before, after])
    assert [edge.source.workload for edge in found] == ["Deployment/a", "Deployment/c"]
    assert stopped(found) == [((), ()), ((), ())]
