from __future__ import annotations

from ringfence.model.addresses import format_address, parse_address
from ringfence.model.objects import Service, ServicePort
from ringfence.model.ports import Protocol
from tests.sources.loading import load_text, of_code


def only(text: str) -> Service:
    (found,) = load_text(text).services
    return found


def service(spec: str, name: str = "s") -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: a}}\nspec: {{{spec}}}\n---\n"


def test_ports_and_their_targets() -> None:
    found = only(
        service(
            "selector: {app: x}, ports: [{port: 80, targetPort: http, name: web}, {port: 53, protocol: UDP},"
            " {port: 443, targetPort: 8443}]"
        )
    )
    assert found.selector == {"app": "x"}
    assert found.ports == (
        ServicePort("web", Protocol.TCP, 80, "http"),
        ServicePort("", Protocol.UDP, 53, 53),
        ServicePort("", Protocol.TCP, 443, 8443),
    )


def test_cluster_addresses_of_both_families() -> None:
    found = only(service("clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, 'fd00::1']"))
    assert [format_address(point) for point in found.cluster_addresses] == ["10.96.0.1", "fd00::1"]
    assert not found.headless


def test_a_headless_service_has_no_address() -> None:
    found = only(service("clusterIP: None, clusterIPs: [None], selector: {a: b}"))
    assert found.headless
    assert found.cluster_addresses == ()


def test_an_external_name() -> None:
    assert only(service("type: ExternalName, externalName: db.example.com")).external_name == "db.example.com"
    assert only(service("type: ClusterIP, externalName: ignored")).external_name == ""


def test_an_empty_selector_is_none() -> None:
    assert only(service("selector: {}")).selector is None
    assert only(service("ports: []")).selector is None


SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s-1, namespace: a, labels: {kubernetes.io/service-name: s}}
addressType: IPv4
endpoints:
- {addresses: [192.0.2.1], conditions: {ready: true}}
- {addresses: [192.0.2.2], conditions: {ready: false}}
- {addresses: [192.0.2.3]}
ports: [{name: web, port: 8080, protocol: TCP}]
---
"""


def test_endpoints_of_a_service_without_selector_come_from_its_slices() -> None:
    found = only(
        service("ports: [{port: 80, name: web}]") + SLICE + SLICE.replace("s-1", "s-2").replace("192.0.2", "198.51.100")
    )
    assert found.endpoints == tuple(
        (parse_address(text), {"web": 8080}) for text in ("192.0.2.1", "192.0.2.3", "198.51.100.1", "198.51.100.3")
    )


def test_endpoints_of_a_service_with_selector_are_its_pods() -> None:
    assert only(service("selector: {a: b}") + SLICE).endpoints == ()


def test_the_older_endpoints_count_where_there_is_no_slice() -> None:
    endpoints = (
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: s, namespace: a}\n"
        "subsets: [{addresses: [{ip: 192.0.2.9}], notReadyAddresses: [{ip: 192.0.2.8}], ports: [{port: 5432}]}]\n---\n"
    )
    assert only(service("{}"[1:-1] + "ports: []") + endpoints).endpoints == ((parse_address("192.0.2.9"), {"": 5432}),)
    assert len(only(service("ports: []") + endpoints + SLICE).endpoints) == 2


def test_a_slice_of_names_has_no_addresses() -> None:
    text = SLICE.replace("IPv4", "FQDN").replace("192.0.2.1", "db.example.com")
    snapshot = load_text(service("ports: []") + text)
    assert snapshot.services[0].endpoints == ()
    assert of_code(snapshot, "RF006") == []


def test_a_port_out_of_range_is_a_finding() -> None:
    snapshot = load_text(service("ports: [{port: 0}, {port: 80, protocol: HTTP}, {port: 81}]"))
    assert [port.port for port in snapshot.services[0].ports] == [81]
    assert [finding.origin.path for finding in of_code(snapshot, "RF006")] == [
        "spec.ports[0].port",
        "spec.ports[1].protocol",
    ]


def test_a_service_of_another_group_is_not_meant() -> None:
    text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\nspec: {}\n"
    assert load_text(text).services == ()
