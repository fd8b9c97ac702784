"""A Service that is called from outside: at a port of a node, at its load balancer, at an external address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.flows.edges import Entrance, PartyKind
from ringfence.flows.state import ServicePortState, ServiceState, State, state_of
from ringfence.model.flow import Opening
from ringfence.sources import load_snapshot
from tests.flows.making import NOON, at, edges, flow, lines, node, pod

CLIENT = at("203.0.113.9")
WEB = ServiceState(
    "shop",
    "web",
    ("10.96.0.5",),
    (ServicePortState("http", "TCP", 80, 8080, 30080),),
    (("app", "web"),),
    external=("198.51.100.20",),
)
STATE = State(
    NOON,
    pods=(pod("web-1", "Deployment/web", "10.244.1.7", labels=(("app", "web"),)),),
    services=(WEB,),
    nodes=(node("node-a", "10.0.0.4"), node("node-b", "10.0.0.5")),
)
TO_WEB = "203.0.113.9 → shop/Deployment/web TCP 8080 allowed 1"


@pytest.mark.parametrize(
    ("address", "port", "via"),
    [
        # kubernetes.io, "Service", type: NodePort: every node proxies that port into the Service.
        ("10.0.0.4", 30080, "node port 30080 of Service shop/web, which may replace the client's address"),
        ("10.0.0.5", 30080, "node port 30080 of Service shop/web, which may replace the client's address"),
        ("198.51.100.20", 80, "198.51.100.20 of Service shop/web, which may replace the client's address"),
    ],
)
def test_the_pods_behind_are_what_was_called_at_their_own_port(address: str, port: int, via: str) -> None:
    (edge,) = edges(flow(CLIENT, at(address), port), states=[STATE])
    assert (lines([edge]), [str(each) for each in edge.via]) == ([TO_WEB], [via])


def test_a_local_traffic_policy_keeps_the_clients_address() -> None:
    local = replace(STATE, services=(replace(WEB, local=True),))
    (edge,) = edges(flow(CLIENT, at("10.0.0.4"), 30080), states=[local])
    assert edge.via == (Entrance("node port 30080 of Service shop/web", keeps_client=True),)


@pytest.mark.parametrize(("address", "port"), [("10.0.0.4", 30081), ("198.51.100.20", 81), ("10.0.0.4", 8080)])
def test_other_ports_are_no_entrance(address: str, port: int) -> None:
    (edge,) = edges(flow(CLIENT, at(address), port), states=[STATE])
    assert (edge.destination.kind is PartyKind.WORKLOAD, edge.via) == (False, ())


def test_an_external_address_that_is_a_nodes_serves_the_services_port() -> None:
    # externalIPs may be addresses of nodes (kubernetes.io, "Service", External IPs).
    shared = replace(STATE, services=(replace(WEB, external=("10.0.0.4",)),))
    assert lines(edges(flow(CLIENT, at("10.0.0.4"), 80), states=[shared])) == [TO_WEB]


def test_an_address_that_two_services_share_is_told_by_the_port() -> None:
    other = ServiceState(
        "shop", "mail", ("10.96.0.6",), (ServicePortState("smtp", "TCP", 25, 2525),), (("app", "mail"),),
        external=WEB.external,
    )  # fmt: skip
    mail = pod("mail-1", "Deployment/mail", "10.244.1.8", labels=(("app", "mail"),))
    both = replace(STATE, pods=(*STATE.pods, mail), services=(WEB, other))
    (edge,) = edges(flow(CLIENT, at("198.51.100.20"), 25), states=[both])
    assert (edge.destination.workload, edge.port) == ("Deployment/mail", 2525)


def test_a_service_over_several_workloads_stays_the_service_that_pods_call() -> None:
    second = pod("web-2", "Deployment/web-next", "10.244.1.9", labels=(("app", "web"),))
    mixed = replace(STATE, pods=(*STATE.pods, second))
    found = edges(flow(CLIENT, at("10.0.0.4"), 30080), flow(at("10.244.1.9"), at("10.96.0.5"), 80), states=[mixed])
    assert {(edge.destination.kind, edge.destination.service, edge.port) for edge in found} == {
        (PartyKind.SERVICE, "shop/web", 8080)
    }
    assert len({edge.destination for edge in found}) == 1


def test_an_answer_from_a_port_of_a_node_is_told_as_one() -> None:
    answer = flow(at("10.0.0.4"), CLIENT, 20000, opening=Opening.UNKNOWN, source_port=30080)
    assert lines(edges(answer, states=[STATE])) == [TO_WEB]


def test_the_entrances_are_read_from_a_cluster(tmp_path: Path) -> None:
    file = tmp_path / "service.yaml"
    file.write_text(MANIFEST)
    (service,) = state_of(load_snapshot([str(file)]), NOON).services
    assert (service.external, service.local) == (("192.0.2.9", "198.51.100.20"), True)
    assert [(port.port, port.node_port) for port in service.ports] == [(80, 30080), (81, None)]


MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  externalIPs: [192.0.2.9]
  clusterIP: 10.96.0.5
  selector: {app: web}
  ports: [{name: http, port: 80, nodePort: 30080}, {name: more, port: 81}]
status:
  loadBalancer:
    ingress: [{ip: 198.51.100.20}, {hostname: lb.example.com}]
"""
