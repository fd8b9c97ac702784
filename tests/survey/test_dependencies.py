"""Who needs whom: only what resolves to a Service of the input, on a port that it has."""

from __future__ import annotations

import pytest

from ringfence.survey import Dependency
from tests.survey.manifests import Json, deployment, dns_pods, namespace, service, surveyed


def of_text(*objects: Json) -> list[Dependency]:
    return [need for need in surveyed(*objects).dependencies if str(need.kind) == "text"]


def web(**env: str) -> Json:
    return deployment("web", env=env)


def routes(need: Dependency) -> list[tuple[str, int, int]]:
    return [(str(route.protocol), route.port, route.targets[0].port) for route in need.routes]


API = deployment("api", ports={"http": 8080, "admin": 9000})


def test_a_service_port_arrives_at_the_target_port_named_or_not() -> None:
    named = service("api", ports=[{"port": 80, "targetPort": "http"}])
    (need,) = of_text(web(API="http://api"), API, named)
    assert (need.source, need.target, routes(need)) == ("shop/Deployment/web", "service:shop/api", [("TCP", 80, 8080)])
    assert need.evidence.text == "API=http://api"


def test_a_bare_name_is_of_the_workloads_own_namespace() -> None:
    other = [deployment("api", "ops"), service("api", "ops")]
    assert of_text(web(API="http://api"), *other) == []
    assert [need.target for need in of_text(web(API="http://api.ops"), *other)] == ["service:ops/api"]


def test_a_port_that_the_service_lacks_is_no_dependency() -> None:
    assert of_text(web(API="http://api:8080"), API, service("api", ports=[{"port": 80, "targetPort": 8080}])) == []


def test_a_headless_service_is_dialled_on_the_pods_port() -> None:
    headless = service("api", clusterIP="None", ports=[{"port": 80, "targetPort": "http"}])
    (need,) = of_text(web(API="api:9000"), API, headless)
    assert routes(need) == [("TCP", 9000, 9000)]


def test_without_a_port_every_port_of_the_service_may_be_meant() -> None:
    ports = [{"name": "a", "port": 80, "targetPort": "http"}, {"name": "b", "port": 90, "targetPort": "admin"}]
    (need,) = of_text(web(API_HOST="api"), API, service("api", ports=ports))
    assert routes(need) == [("TCP", 80, 8080), ("TCP", 90, 9000)]


def test_a_text_with_a_port_says_more_than_one_without() -> None:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 90}]
    (need,) = of_text(web(API_HOST="api", API_URL="http://api:90"), API, service("api", ports=ports))
    assert [route.port for route in need.routes] == [90]


def test_a_service_whose_pods_are_not_in_the_input_is_no_dependency() -> None:
    assert of_text(web(API="http://api"), service("api")) == []


def test_a_workloads_own_service_is_one_only_where_replicas_find_each_other_by_it() -> None:
    own = deployment("api", env={"ADVERTISE_URL": "http://api"}, ports={"http": 80})
    assert of_text(own, service("api")) == []
    assert len(of_text(own, service("api", clusterIP="None"))) == 1


def test_the_same_need_said_twice_is_one() -> None:
    assert len(of_text(web(A="http://api", B="http://api.shop.svc.cluster.local:80/x"), API, service("api"))) == 1


CONTROLLER = deployment("ingress-nginx-controller", "ingress-nginx", labels={"app.kubernetes.io/name": "ingress-nginx"})
OTHER = deployment("traefik", "edge", labels={"app.kubernetes.io/name": "traefik"})


def ingress(sender: str = "", port: Json | None = None) -> Json:
    backend = {"service": {"name": "api", "port": port or {"number": 80}}}
    spec: Json = {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]}
    if sender:
        spec["ingressClassName"] = sender
    metadata = {"name": "api", "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("objects", "sources"),
    [
        ([CONTROLLER, ingress()], ["ingress-nginx/Deployment/ingress-nginx-controller"]),
        ([CONTROLLER, OTHER, ingress("traefik")], ["edge/Deployment/traefik"]),
        ([CONTROLLER, OTHER, ingress("nginx")], ["ingress-nginx/Deployment/ingress-nginx-controller"]),
        ([CONTROLLER, OTHER, ingress()], []),  # which of them is meant can't be told
        ([ingress()], []),
        ([CONTROLLER, ingress(port={"name": "nobody"})], []),
    ],
)
def test_the_ingress_controller_needs_the_backends(objects: list[Json], sources: list[str]) -> None:
    found = surveyed(*objects, API, service("api", ports=[{"name": "http", "port": 80, "targetPort": 8080}]))
    needs = [need for need in found.dependencies if str(need.kind) == "ingress"]
    assert [need.source for need in needs] == sources
    assert all(routes(need) == [("TCP", 80, 8080)] for need in needs)


def test_a_collector_of_metrics_needs_the_ports_that_are_named_for_them() -> None:
    prometheus = deployment("prometheus", "monitoring", labels={"app.kubernetes.io/name": "prometheus"})
    objects = [deployment("api", ports={"http": 80, "http-metrics": 9090}), deployment("web", ports={"http": 80})]
    needs = surveyed(prometheus, *objects).dependencies
    assert [(need.source, need.target, routes(need)) for need in needs] == [
        ("monitoring/Deployment/prometheus", "shop/Deployment/api", [("TCP", 9090, 9090)])
    ]
    assert surveyed(*objects).dependencies == ()


@pytest.mark.parametrize("name", ["prometheus-operator", "prometheus-node-exporter", "kube-prometheus-adapter"])
def test_what_goes_with_prometheus_collects_nothing(name: str) -> None:
    found = surveyed(deployment(name, "monitoring", labels={"app.kubernetes.io/name": name}))
    assert found.scrapers == ()


def test_teams_are_told_by_a_label_of_the_namespace() -> None:
    found = surveyed(namespace("a", team="x"), namespace("b", owner="y"), namespace("c"), *dns_pods())
    assert found.teams == {"a": "x", "b": "y"}
