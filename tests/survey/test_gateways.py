"""Routes of the Gateway API: the Gateway's own pods need the backends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.survey.manifests import Json, deployment, service, surveyed
from tests.survey.test_dependencies import CONTROLLER, OTHER, routes

API = [
    deployment("api", ports={"http": 8080}),
    service("api", ports=[{"name": "http", "port": 80, "targetPort": 8080}]),
]
# GEP-1762: pods that are made for a Gateway carry its name.
OWN = deployment("edge-istio", "edge", labels={"gateway.networking.k8s.io/gateway-name": "edge"})
ENVOY = deployment(
    "envoy-edge-1",
    "envoy-gateway-system",
    labels={
        "gateway.envoyproxy.io/owning-gateway-name": "edge",
        "gateway.envoyproxy.io/owning-gateway-namespace": "edge",
    },
)


def route(kind: str = "HTTPRoute", *, parent: Json | None = None, backend: Json | None = None) -> Json:
    """A route of namespace shop to Service api."""
    spec: dict[str, Any] = {
        "parentRefs": [parent or {"name": "edge", "namespace": "edge"}],
        "rules": [{"backendRefs": [backend or {"name": "api", "port": 80}]}],
    }
    metadata = {"name": "api", "namespace": "shop"}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("objects", "sources"),
    [
        ([OWN, route()], ["edge/Deployment/edge-istio"]),
        ([OWN, route("GRPCRoute")], ["edge/Deployment/edge-istio"]),
        ([OWN, route("TCPRoute")], ["edge/Deployment/edge-istio"]),
        ([ENVOY, route()], ["envoy-gateway-system/Deployment/envoy-edge-1"]),
        # the Gateway's pods before any controller
        ([OWN, CONTROLLER, route()], ["edge/Deployment/edge-istio"]),
        ([CONTROLLER, route()], ["ingress-nginx/Deployment/ingress-nginx-controller"]),
        ([CONTROLLER, OTHER, route()], []),
        ([OWN, route(parent={"name": "other", "namespace": "edge"})], []),
        # a route on a Service is for a mesh
        ([OWN, route(parent={"kind": "Service", "group": "", "name": "edge"})], []),
        ([OWN, route(backend={"kind": "Bucket", "group": "storage.example", "name": "api", "port": 80})], []),
        ([OWN, route(backend={"name": "api", "port": 81})], []),
    ],
)
def test_the_pods_of_a_gateway_need_the_backends_of_its_routes(objects: list[Json], sources: list[str]) -> None:
    found = surveyed(*objects, *API)
    needs = [need for need in found.dependencies if str(need.kind) == "ingress"]
    assert [need.source for need in needs] == sources
    assert all(routes(need) == [("TCP", 80, 8080)] for need in needs)
    assert found.webhooks == ()


def test_a_route_that_is_used_is_not_told_as_skipped() -> None:
    from tests.sources.loading import load_text
    from tests.survey.manifests import written

    assert load_text(written(OWN, *API, route())).skipped == {}
