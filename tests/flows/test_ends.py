"""Which workload, node, Service or outside address an end is, by inventory, records and time."""

from __future__ import annotations

from ringfence.flows.edges import PartyKind
from ringfence.flows.state import NodeState, ServiceState, State
from ringfence.flows.store import edges_of
from ringfence.model.flow import HOUR, Direction, EndKind, FlowEnd, NameAnswer, Opening
from tests.flows.making import API, DB, NOON, WEB, at, edges, flow, lines, node, pod, reduced, service

DAY = 86400.0


def test_an_address_is_the_pod_that_the_inventory_has() -> None:
    state = State(NOON, pods=(pod("a-1", "Deployment/a", "10.0.0.1"), pod("b-1", "Deployment/b", "10.0.0.2")))
    assert lines(edges(flow(at("10.0.0.1"), at("10.0.0.2"), 80), states=[state])) == [
        "shop/Deployment/a → shop/Deployment/b TCP 80 allowed 1"
    ]


def test_an_address_that_another_pod_got_is_told_by_the_time_of_the_flow() -> None:
    early = State(NOON - DAY, pods=(pod("a-1", "Deployment/a", "10.0.0.1"),))
    late = State(NOON + DAY, pods=(pod("b-1", "Deployment/b", "10.0.0.1"),))
    found = edges(
        (flow(at("10.0.0.1"), API, 443), -DAY),
        (flow(at("10.0.0.1"), API, 443), DAY, 5),
        states=[early, late],
    )
    assert lines(found) == [
        "shop/Deployment/a → 203.0.113.7 TCP 443 allowed 1",
        "shop/Deployment/b → 203.0.113.7 TCP 443 allowed 5",
    ]


def test_an_address_whose_pod_is_gone_is_nobodys() -> None:
    early = State(NOON, pods=(pod("a-1", "Deployment/a", "10.0.0.1"),))
    late = State(NOON + DAY, pods=(pod("b-1", "Deployment/b", "10.0.0.2"),))
    found = edges((flow(at("10.0.0.1"), API, 443), 2 * DAY), states=[early, late])
    assert found[0].source.kind is PartyKind.UNKNOWN  # other pods stand in the same /24


def test_a_record_that_names_a_pod_tells_its_address_to_others() -> None:
    found = edges_of([reduced(flow(WEB, DB, 5432), flow(at(WEB.address), at(DB.address), 5432, point="iptables"))])
    assert lines(list(found)) == ["shop/Deployment/web → data/StatefulSet/db TCP 5432 allowed 1"]
    assert found.coverage.unmapped == 0


def test_the_inventory_knows_a_pod_better_than_the_record() -> None:
    known = pod(WEB.pod, "Rollout/web", WEB.address, labels=(("app", "web"), ("tier", "front")))
    (edge,) = edges(flow(WEB, API, 443), states=[State(NOON, pods=(known,))])
    assert (edge.source.workload, edge.source.labels) == ("Rollout/web", (("app", "web"), ("tier", "front")))


def test_labels_are_those_that_all_pods_have_alike_and_pods_are_named() -> None:
    one = FlowEnd(EndKind.POD, "10.0.0.1", "shop", "a-7d9f8b6c5d-x2k4q", labels=(("app", "a"), ("hash", "1")))
    two = FlowEnd(EndKind.POD, "10.0.0.2", "shop", "a-7d9f8b6c5d-zz2bb", labels=(("app", "a"), ("hash", "2")))
    (edge,) = edges(flow(one, API, 443), flow(two, API, 443))
    assert edge.source.labels == (("app", "a"),)
    assert edge.source.pods == ("a-7d9f8b6c5d-x2k4q", "a-7d9f8b6c5d-zz2bb")


def test_a_cluster_address_becomes_the_workload_behind_it_and_its_port() -> None:
    backend = pod(
        "b-1", "Deployment/b", "10.0.0.2", labels=(("app", "b"),), ports=(("http", "TCP", 8080),)
    )  # fmt: skip
    state = State(
        NOON,
        pods=(backend,),
        services=(service("b", "10.96.0.5", [(80, "http")], selector=(("app", "b"),)),),
    )
    (edge,) = edges(flow(WEB, at("10.96.0.5"), 80), states=[state])
    assert lines([edge]) == ["shop/Deployment/web → shop/Deployment/b TCP 8080 allowed 1"]


def test_before_and_after_translation_is_one_connection() -> None:
    backend = pod("b-1", "Deployment/b", "10.0.0.2", labels=(("app", "b"),))
    state = State(NOON, pods=(backend,), services=(service("b", "10.96.0.5", [(80, 8080)], selector=(("app", "b"),)),))
    before = flow(WEB, at("10.96.0.5"), 80, point="from-endpoint")
    after = flow(WEB, at("10.0.0.2"), 8080, point="to-endpoint")
    assert lines(edges((before, 0, 4), (after, 0, 4), states=[state])) == [
        "shop/Deployment/web → shop/Deployment/b TCP 8080 allowed 4"
    ]


def test_a_service_over_several_workloads_stays_a_service_with_the_target_port() -> None:
    pods = (
        pod("a-1", "Deployment/a", "10.0.0.1", labels=(("role", "x"),)),
        pod("b-1", "Deployment/b", "10.0.0.2", labels=(("role", "x"),)),
    )
    state = State(NOON, pods=pods, services=(service("both", "10.96.0.6", [(80, 9000)], selector=(("role", "x"),)),))
    (edge,) = edges(flow(WEB, at("10.96.0.6"), 80), states=[state])
    assert (edge.destination.kind, edge.destination.service, edge.port) == (PartyKind.SERVICE, "shop/both", 9000)


def test_a_service_without_selector_leads_to_its_one_endpoint() -> None:
    endpoints = (("192.0.2.9", (("p5432", 15432),)),)
    ports = service("legacy", "10.96.0.7", [(5432, 5432)]).ports
    outside = ServiceState("shop", "legacy", ("10.96.0.7",), ports, None, endpoints)
    (edge,) = edges(flow(WEB, at("10.96.0.7"), 5432), states=[State(NOON, services=(outside,))])
    assert (edge.destination.kind, edge.destination.address, edge.port) == (PartyKind.EXTERNAL, "192.0.2.9", 15432)


def test_a_declared_port_tells_who_opened() -> None:
    served = pod("b-1", "Deployment/b", "10.0.0.2", ports=(("grpc", "TCP", 50051),))
    answer = flow(at("10.0.0.2"), WEB, 40000, source_port=50051, opening=Opening.UNKNOWN)
    (edge,) = edges(answer, states=[State(NOON, pods=(served,))])
    assert (str(edge.destination), edge.port, edge.guessed) == ("shop/Deployment/b", 50051, True)


def test_a_host_network_pod_is_told_as_its_node() -> None:
    state = State(
        NOON,
        pods=(pod("proxy-1", "DaemonSet/proxy", "172.18.0.2", node="n1", host_network=True),),
        nodes=(node("n1", "172.18.0.2"),),
    )
    named = FlowEnd(EndKind.POD, "172.18.0.2", "shop", "proxy-1")
    found = edges(flow(named, DB, 5432), (flow(at("172.18.0.2"), DB, 5432), 0, 2), states=[state])
    assert lines(found) == ["Node/n1 → data/StatefulSet/db TCP 5432 allowed 3"]
    assert found[0].source.kind is PartyKind.NODE


def api_server() -> ServiceState:
    return ServiceState(
        "default", "kubernetes", ("10.96.0.1",), service("x", "", [(443, 6443)]).ports, None,
        (("172.18.0.9", (("p443", 6443),)),),
    )  # fmt: skip


def test_the_api_server_is_one_party_however_it_is_reached() -> None:
    state = State(NOON, services=(api_server(),), nodes=(NodeState("cp", ("172.18.0.9",)),))
    by_identity = FlowEnd(EndKind.API_SERVER, "172.18.0.9")
    found = edges(
        flow(WEB, at("10.96.0.1"), 443),
        flow(WEB, at("172.18.0.9"), 6443, point="b"),
        flow(WEB, by_identity, 6443, point="c"),
        states=[state],
    )
    assert [(each.destination.service, each.destination.address, each.port) for each in found] == [
        ("default/kubernetes", "172.18.0.9", 6443)
    ]


def test_another_port_of_the_control_plane_is_its_node() -> None:
    state = State(NOON, services=(api_server(),), nodes=(NodeState("cp", ("172.18.0.9",)),))
    (edge,) = edges(flow(WEB, at("172.18.0.9"), 10250), states=[state])
    assert str(edge.destination) == "Node/cp"


def test_private_addresses_are_unknown_until_an_inventory_tells_what_is_inside() -> None:
    found = flow(WEB, at("192.168.7.7"), 5432)
    assert edges(found)[0].destination.kind is PartyKind.UNKNOWN
    state = State(NOON, pods=(pod("b-1", "Deployment/b", "10.0.0.2"),))
    assert edges(found, states=[state])[0].destination.kind is PartyKind.EXTERNAL


def test_records_with_unknown_ends_are_counted() -> None:
    found = edges_of([reduced((flow(WEB, at("10.9.9.9"), 80), 0, 4), flow())])
    assert found.coverage.unmapped == 4


def named(client: FlowEnd, *answers: NameAnswer, seconds: float = HOUR) -> tuple[str, ...]:
    reduction = reduced((flow(client, API, 443), seconds))
    for answer in answers:
        reduction.answer(answer)
    (edge,) = edges_of([reduction])
    return edge.destination.names


def answer(name: str, time: float = NOON, by: str = "", chain: tuple[str, ...] = ()) -> NameAnswer:
    return NameAnswer(name, (API.address,), time, asked_by=by, chain=chain)


def test_an_address_outside_has_the_name_that_was_asked_for_and_its_cnames() -> None:
    assert named(WEB, answer("api.example", chain=("lb.cdn.example",))) == ("api.example", "lb.cdn.example")


def test_a_name_asked_later_is_not_the_flows() -> None:
    assert named(WEB, answer("api.example", NOON + 2 * HOUR)) == ()


def test_what_the_pod_asked_counts_before_what_its_namespace_did_and_that_before_others() -> None:
    mine, ours, theirs = (
        answer("mine.example", by=f"shop/{WEB.pod}"),
        answer("ours.example", by="shop/other"),
        answer("theirs.example", by="data/db-0"),
    )
    assert named(WEB, theirs, ours, mine)[0] == "mine.example"
    assert named(WEB, theirs, ours)[0] == "ours.example"
    assert named(WEB, theirs) == ("theirs.example",)


def test_the_name_asked_last_before_the_flow_is_the_first() -> None:
    old, new = answer("old.example", NOON - HOUR), answer("new.example", NOON)
    assert named(WEB, old, new) == ("new.example", "old.example")
    assert named(WEB, old, new, seconds=-60.0)[0] == "old.example"


def test_equal_answers_count_from_the_earliest() -> None:
    assert named(WEB, answer("api.example", NOON), answer("api.example", NOON + 9 * HOUR)) == ("api.example",)


def test_another_clusters_end_keeps_its_name_and_ones_own_does_not() -> None:
    here = FlowEnd(EndKind.POD, "10.0.0.1", "shop", "a-0", cluster="east")
    there = FlowEnd(EndKind.POD, "10.0.0.1", "shop", "a-0", cluster="west")
    (edge,) = edges(flow(here, there, 80, direction=Direction.EGRESS))
    assert (edge.source.cluster, edge.destination.cluster) == ("", "west")
