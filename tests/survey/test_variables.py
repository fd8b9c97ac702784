"""What a container's texts mean once the kubelet has filled them in, and which Service stands behind an address."""

from __future__ import annotations

import pytest

from tests.survey.manifests import Json, deployment, service, surveyed
from tests.survey.test_dependencies import of_text, routes

API = deployment("api", ports={"http": 8080, "admin": 9000})
PORTS = [{"name": "a", "port": 80, "targetPort": 8080}, {"name": "b", "port": 90, "targetPort": 9000}]
SERVICE = service("api", ports=PORTS, clusterIP="10.96.3.4")


def container(*env: tuple[str, str], **more: list[str]) -> Json:
    """A workload with these variables, in order."""
    return deployment("web", container={"env": [{"name": name, "value": value} for name, value in env], **more})


# "Define Dependent Environment Variables": a reference is to what was defined before; $$ is an escaped $.
@pytest.mark.parametrize(
    ("web", "expected"),
    [
        (container(("HOST", "api"), ("URL", "http://$(HOST):90/x")), [("TCP", 90, 9000)]),
        (container(("URL", "http://$(NAME):90/x"), ("NAME", "api")), []),
        (container(("NAME", "api"), ("URL", "http://$$(NAME):90/x")), []),
        (container(("NAME", "api"), ("URL", "http://$(OTHER):90/x")), []),
        (container(("NAME", "api"), args=["--upstream=$(NAME):90"]), [("TCP", 90, 9000)]),
        (container(("A", "api"), ("B", "$(A):90"), ("C", "http://$(B)")), [("TCP", 90, 9000)]),
        # set by the kubelet for every Service of the namespace
        (container(("URL", "http://$(API_SERVICE_HOST):$(API_SERVICE_PORT)")), [("TCP", 80, 8080)]),
    ],
)
def test_references_to_variables_are_replaced(web: Json, expected: list[tuple[str, int, int]]) -> None:
    assert [routes(need)[0] for need in of_text(web, API, SERVICE)] == expected


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ([("API_HOST", "api"), ("API_PORT", "90")], [90]),
        ([("api.host", "api"), ("api.port", "90")], [90]),
        ([("apiHost", "api"), ("apiPort", "90")], [90]),
        # not the Service's: it was for something else
        ([("API_HOST", "api"), ("API_PORT", "8080")], [80, 90]),
        ([("API_HOST", "api"), ("OTHER_PORT", "90")], [80, 90]),
        # a URL tells its own
        ([("API_HOST", "http://api"), ("API_PORT", "90")], [80]),
    ],
)
def test_a_port_beside_a_host_is_meant_with_it(env: list[tuple[str, str]], expected: list[int]) -> None:
    (need,) = of_text(container(*env), API, SERVICE)
    assert [route.port for route in need.routes] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10.96.3.4:90", [90]), ("http://10.96.3.4", [80]), ("10.96.3.5:90", None), ("v10.96.3.4-rc1", None)],
)
def test_an_address_of_a_service_means_the_service(text: str, expected: list[int] | None) -> None:
    needs = of_text(container(("UPSTREAM", text)), API, SERVICE)
    assert [[route.port for route in need.routes] for need in needs] == ([expected] if expected else [])


def test_a_service_without_selector_sends_to_the_addresses_that_are_given_for_it() -> None:
    given = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"}}
    given["spec"] = {"ports": [{"name": "pg", "port": 5432}]}
    slices = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "db-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "db"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["192.0.2.7"]}],
        "ports": [{"name": "pg", "port": 6432, "protocol": "TCP"}],
    }
    (need,) = of_text(container(("DB_HOST", "db")), given, slices)
    (route,) = need.routes
    assert [(str(target.endpoint), target.port) for target in route.targets] == [("192.0.2.7", 6432)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://api.provider.example/charge", ("api.provider.example", 443)),
        ("http://user:secret@mirror.example.org:8080/x", ("mirror.example.org", 8080)),
        ("postgres://db.eu.example.net/orders", ("db.eu.example.net", 5432)),
        ("http://api", None),
        ("http://api.shop.svc.cluster.local", None),
        ("https://registry.corp.internal", None),
        ("https://203.0.113.7/x", None),
        ("api.provider.example", None),
        ("weird://api.provider.example", None),  # a scheme whose port nobody knows
    ],
)
def test_a_url_with_a_public_name_is_a_call_to_outside(text: str, expected: tuple[str, int] | None) -> None:
    uses = surveyed(container(("URL", text)), API, SERVICE).outside
    assert [(use.host, use.port) for use in uses] == ([expected] if expected else [])


def test_with_a_proxy_of_the_input_it_is_the_proxy_that_calls() -> None:
    proxy = deployment("proxy", "egress", ports={"proxy": 3128})
    web = container(("URL", "https://api.provider.example"), ("HTTPS_PROXY", "http://proxy.egress:3128"))
    (use,) = surveyed(web, proxy, service("proxy", "egress", ports=[{"port": 3128}])).outside
    assert (str(use.workload), str(use.proxy)) == ("shop/Deployment/web", "egress/Deployment/proxy")
    assert [str(pod) for pod in use.pods] == ["egress/Deployment/proxy"]


def test_with_a_proxy_that_is_not_in_the_input_nothing_is_known() -> None:
    web = container(("URL", "https://api.provider.example"), ("HTTPS_PROXY", "http://proxy.corp.example:3128"))
    assert surveyed(web).outside == ()
