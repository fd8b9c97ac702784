"""RF212 to RF215 and RF316: what policies of a mesh don't do, though they look as if they did."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, service

MESH = ", security.istio.io/tlsMode: istio"
WEB = pod("shop/web", f"app: web{MESH}", address="10.0.0.1")
OLD = pod("shop/old", "app: web", address="10.0.0.2")
BATCH = pod("batch/job", "app: job", address="10.0.0.3")
FOR_WEB = "selector: {matchLabels: {app: web}}"


def authorization(spec: str, name: str = "p") -> str:
    return (
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\nspec: {{{spec}}}\n---\n"
    )


def peers(mode: str) -> str:
    return (
        "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n"
        f"metadata: {{name: default, namespace: shop}}\nspec: {{mtls: {{mode: {mode}}}}}\n---\n"
    )


def test_pods_outside_the_mesh_are_told_where_the_policy_selects_them() -> None:
    one = authorization(f"{FOR_WEB}, rules: [{{}}]")
    (found,) = lint(WEB + OLD + one, "RF212")
    assert found.what.endswith("nothing enforces it for 1 of its 2 pods.")
    assert codes(WEB + one, "RF212") == []
    # One for a whole namespace is told only where it guards nobody.
    assert codes(WEB + OLD + peers("STRICT"), "RF212") == []
    assert codes(OLD + peers("STRICT"), "RF212") == ["RF212"]


@pytest.mark.parametrize(
    ("more", "source", "expected"),
    [
        (BATCH, "namespaces: [batch]", ["RF213"]),
        (BATCH.replace("app: job", f"app: job{MESH}"), "namespaces: [batch]", []),
        ("", "namespaces: [batch]", []),
        (BATCH, "ipBlocks: [10.0.0.3]", []),
        (peers("DISABLE"), "principals: ['*']", ["RF213"]),
        (peers("DISABLE"), "ipBlocks: [10.0.0.3]", []),
        (peers("PERMISSIVE"), "principals: ['*']", []),
    ],
)
def test_identities_that_no_caller_has(more: str, source: str, expected: list[str]) -> None:
    rule = authorization(f"{FOR_WEB}, rules: [{{from: [{{source: {{{source}}}}}]}}]")
    assert codes(WEB + more + rule, "RF213") == expected


@pytest.mark.parametrize(
    ("more", "labels", "hosts", "expected"),
    [
        ("", "app: web", "[api.payments.example]", ["RF214"]),
        # A workload that is called may well ask for the name that it is called by.
        (service("shop/web", "app: web", "{port: 80}"), "app: web", "[api.payments.example]", []),
        ("", "app: web", "[web.shop.svc.cluster.local]", []),
        ("", "app: web", "[web]", []),
        ("", "istio: ingressgateway", "[shop.example]", []),
    ],
)
def test_hosts_outside_in_a_policy_of_a_caller(more: str, labels: str, hosts: str, expected: list[str]) -> None:
    caller = pod("shop/caller", f"{labels}{MESH}", address="10.0.0.4")
    spec = f"selector: {{matchLabels: {{{labels}}}}}, rules: [{{to: [{{operation: {{hosts: {hosts}}}}}]}}]"
    assert codes(caller + more + authorization(spec), "RF214") == expected


@pytest.mark.parametrize(
    ("name", "operation", "expected"),
    [
        ("tcp-web", "{methods: [GET], ports: ['8080']}", ["RF215"]),
        ("mysql", "{notPaths: [/a], ports: ['8080']}", ["RF215"]),
        ("http-web", "{methods: [GET], ports: ['8080']}", []),
        ("web", "{methods: [GET], ports: ['8080']}", []),
        ("tcp-web", "{ports: ['8080']}", []),
        ("tcp-web", "{methods: [GET], ports: ['80']}", []),
    ],
)
def test_requests_at_a_port_that_is_not_http(name: str, operation: str, expected: list[str]) -> None:
    ports = f"{{name: {name}, port: 80, targetPort: 8080}}"
    rule = authorization(f"{FOR_WEB}, rules: [{{to: [{{operation: {operation}}}]}}]")
    assert codes(WEB + service("shop/web", "app: web", ports) + rule, "RF215") == expected


def test_a_policy_without_rules_is_told_unless_it_is_meant_so() -> None:
    assert codes(WEB + authorization(FOR_WEB), "RF316") == ["RF316"]
    assert codes(WEB + authorization(FOR_WEB, "allow-nothing"), "RF316") == []
    assert codes(WEB + authorization(FOR_WEB) + authorization("rules: [{}]", "all"), "RF316") == []
    assert codes(OLD + authorization(FOR_WEB), "RF316") == []
