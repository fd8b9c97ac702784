"""What endpoint texts name, and what is said of those that name nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.explain.endpoints import Endpoints, describe
from ringfence.model.addresses import parse_address
from ringfence.model.errors import EndpointError
from ringfence.model.objects import Pod, Service, ServicePort, Snapshot, WorkloadRef
from ringfence.model.ports import Protocol
from tests.clusters import address, cluster, node, pod

TCP, UDP = Protocol.TCP, Protocol.UDP


def owned(one: Pod, kind: str, name: str) -> Pod:
    return replace(one, workload=WorkloadRef(one.namespace, kind, name))


WEB_0 = owned(pod("shop/web-0", "app=web", ip="10.0.0.1", ports="http:8080"), "StatefulSet", "web")
WEB_1 = owned(pod("shop/web-1", "app=web", ip="10.0.0.2 fd00::2", ports="http:8081"), "StatefulSet", "web")
CART = pod("shop/cart", "app=cart", planned=True)
AGENT = pod("ops/agent", "app=agent", ip="192.168.0.1", host=True, node="n1")
PODS = (WEB_0, WEB_1, CART, AGENT)


def service(name: str, *ports: ServicePort, selector: dict[str, str] | None = None, **fields: object) -> Service:
    return replace(Service("shop", name, ports, selector), **fields)  # type: ignore[arg-type]  # keyword forwarding


SERVICES = (
    service(
        "web",
        ServicePort("http", TCP, 80, "http"),
        selector={"app": "web"},
        cluster_addresses=(parse_address("10.96.0.9"),),
    ),
    service("peers", ServicePort("http", TCP, 80, 8080), selector={"app": "web"}, headless=True),
    service("gone", ServicePort("", TCP, 80, 80), selector={"app": "nobody", "tier": "api"}),
    service("mail", external_name="mail.example.com"),
    service("bare", ServicePort("", TCP, 80, 80)),
    service(
        "db",
        ServicePort("pg", TCP, 5432, 5432),
        endpoints=((parse_address("10.0.0.1"), {"pg": 6432}), (parse_address("203.0.113.7"), {"pg": 5432})),
    ),
)
SNAPSHOT: Snapshot = replace(
    cluster(PODS, nodes=[node("n1", ip="192.168.0.1"), node("n2", ip="192.168.0.2")]), services=SERVICES
)


@pytest.fixture(scope="module")
def endpoints() -> Endpoints:
    return Endpoints(SNAPSHOT)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("shop/web-0", ["shop/web-0"]),
        (" shop/web-0 ", ["shop/web-0"]),
        ("shop/StatefulSet/web", ["shop/web-0", "shop/web-1"]),
        ("shop/statefulset/web", ["shop/web-0", "shop/web-1"]),
        ("shop/statefulsets/web", ["shop/web-0", "shop/web-1"]),
        ("shop/sts/web", ["shop/web-0", "shop/web-1"]),
        ("shop/Pod/web-0", ["shop/web-0"]),  # owned by a StatefulSet, and still a pod
        ("ops/po/agent", ["ops/agent"]),
        ("shop/deploy/cart", ["shop/Deployment/cart"]),  # its pods are not in the input
        ("10.0.0.1", ["shop/web-0"]),
        ("fd00::2", ["shop/web-1"]),
        ("[fd00::2]", ["shop/web-1"]),
        ("::ffff:10.0.0.1", ["shop/web-0"]),
        ("203.0.113.7", ["203.0.113.7"]),
        ("192.168.0.2", ["192.168.0.2"]),
    ],
)
def test_a_text_names_endpoints(text: str, names: list[str], endpoints: Endpoints) -> None:
    assert [str(end) for end in endpoints.source(text).endpoints] == names
    assert [str(end) for end in endpoints.destination(text).endpoints] == names


def test_the_address_of_a_node_is_that_node_and_not_its_host_network_pod(endpoints: Endpoints) -> None:
    (end,) = endpoints.source("192.168.0.1").endpoints
    assert end == replace(address("192.168.0.1"), node="n1")
    assert describe(end) == "192.168.0.1 (node n1)"


def test_a_host_network_pod_tells_its_node_where_no_node_is_given() -> None:
    (end,) = Endpoints(cluster([AGENT])).source("192.168.0.1").endpoints
    assert end == replace(address("192.168.0.1"), node="n1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The endpoint is empty. Write namespace/pod"),
        ("shop/web-9", "There is no pod shop/web-9 in the input. Did you mean shop/web-"),
        ("shop/cart", "There is no pod shop/cart. Did you mean shop/Deployment/cart?"),
        ("shop/deploy/kart", "Did you mean shop/Deployment/cart?"),
        ("shpo/web-0", "There is no pod shpo/web-0 and no namespace shpo in the input. Did you mean shop?"),
        ("web-0", "is no endpoint. Write namespace/pod"),
        ("web-0", "Did you mean shop/web-0?"),
        ("a/b/c/d", "is no endpoint"),
        ("/web-0", "is no endpoint"),
        ("10.0.0.256", "is no endpoint"),
        ("service:web", "names no Service. Write service:namespace/name."),
        ("service:shop/wbe", "There is no Service shop/wbe in the input. Did you mean shop/web?"),
    ],
)
def test_a_text_that_names_nothing_is_met_with_what_comes_nearest(
    text: str, message: str, endpoints: Endpoints
) -> None:
    with pytest.raises(EndpointError) as caught:
        endpoints.destination(text)
    assert message in str(caught.value)


def test_an_address_of_two_pods_must_be_asked_for_by_name() -> None:
    twins = Endpoints(cluster([pod("a/x", ip="10.0.0.5"), pod("b/y", ip="10.0.0.5")]))
    with pytest.raises(EndpointError, match=r"10\.0\.0\.5 is the address of 2 pods in the input \(a/x, b/y\)"):
        twins.source("10.0.0.5")


def test_a_missing_pod_may_be_one_that_has_completed() -> None:
    with pytest.raises(EndpointError, match="Completed pods are left out"):
        Endpoints(replace(cluster([WEB_0]), completed=1)).source("shop/nightly-28812")


@pytest.mark.parametrize("text", ["service:shop/web", "shop/svc/web", "10.96.0.9"])
def test_a_service_opens_no_connections(text: str, endpoints: Endpoints) -> None:
    with pytest.raises(EndpointError, match="a Service opens no connections"):
        endpoints.source(text)


@pytest.mark.parametrize("text", ["service:shop/web", "shop/svc/web", "shop/Service/web", "10.96.0.9"])
def test_a_named_target_port_is_each_pods_own(text: str, endpoints: Endpoints) -> None:
    found = endpoints.targets(endpoints.destination(text), TCP, 80)
    assert [(str(target.endpoint), target.port) for target in found] == [("shop/web-0", 8080), ("shop/web-1", 8081)]


def test_a_cluster_address_is_judged_as_its_service_and_says_so(endpoints: Endpoints) -> None:
    end = endpoints.destination("10.96.0.9")
    assert end.name == "service:shop/web"
    assert end.notes == ("10.96.0.9 is the cluster address of Service shop/web, and is judged as that Service.",)


def test_a_headless_service_has_no_port_of_its_own(endpoints: Endpoints) -> None:
    end = endpoints.destination("service:shop/peers")
    assert {target.port for target in endpoints.targets(end, TCP, 9999)} == {9999}
    assert endpoints.ports(end) == ((TCP, 8080),)


def test_endpoint_slices_give_addresses_and_ports_where_there_is_no_selector(endpoints: Endpoints) -> None:
    found = endpoints.targets(endpoints.destination("service:shop/db"), TCP, 5432)
    assert [(str(target.endpoint), target.port) for target in found] == [("shop/web-0", 6432), ("203.0.113.7", 5432)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "it selects app=nobody,tier=api, and no pod in namespace shop has these labels"),
        ("mail", "is another name for mail.example.com. The input doesn't say which addresses mail.example.com has"),
        ("bare", "it has no selector, and no EndpointSlice in the input belongs to it"),
    ],
)
def test_a_service_that_sends_nowhere_says_why(name: str, message: str, endpoints: Endpoints) -> None:
    with pytest.raises(EndpointError) as caught:
        endpoints.destination(f"service:shop/{name}")
    assert message in str(caught.value)


def test_a_port_that_a_service_lacks_is_met_with_those_it_has(endpoints: Endpoints) -> None:
    end = endpoints.destination("service:shop/web")
    with pytest.raises(EndpointError, match="has no port TCP 8080") as caught:
        endpoints.targets(end, TCP, 8080)
    assert "It has TCP 80 (pod port http). Ask for the Service's port, not the pod's." in str(caught.value)
    with pytest.raises(EndpointError, match="has no port UDP 80"):
        endpoints.targets(end, UDP, 80)


def test_a_target_name_that_no_pod_has_is_said() -> None:
    ports = (ServicePort("", TCP, 80, "web"),)
    snapshot = replace(cluster([WEB_0]), services=(Service("shop", "odd", ports, {"app": "web"}),))
    found = Endpoints(snapshot)
    with pytest.raises(EndpointError, match="to the container port named 'web', and none of its pods has"):
        found.targets(found.destination("service:shop/odd"), TCP, 80)


def test_the_ports_of_a_workload_are_those_that_its_containers_declare(endpoints: Endpoints) -> None:
    assert endpoints.ports(endpoints.destination("shop/sts/web")) == ((TCP, 8080), (TCP, 8081))
    assert endpoints.ports(endpoints.destination("service:shop/web")) == ((TCP, 80),)
    assert endpoints.ports(endpoints.destination("203.0.113.7")) == ()
