"""RF306: a policy cuts a connection that a workload is configured to make."""

from __future__ import annotations

from tests.lint.linting import codes, lint, pod, policy
from tests.lint.rules.cuts import API


def speaker(name: str, url: str) -> str:
    return pod(name, f"app: {name.partition('/')[2]}").replace(
        "image: i,", f'image: i, env: [{{name: API_URL, value: "{url}"}}],'
    )


def test_one_default_deny_that_cuts_many_is_one_finding_that_lists_them() -> None:
    speakers = "".join(speaker(f"shop/s{number}", "http://api.shop") for number in range(5))
    (finding,) = lint(API + speakers + policy("shop/deny", "podSelector: {}, policyTypes: [Ingress]"), "RF306")
    assert len(finding.evidence) == 5
    assert "shop/Pod/s0 → service:shop/api TCP 8080 (API_URL=http://api.shop" in finding.evidence[0]


def test_the_port_of_the_service_is_not_that_of_the_pods() -> None:
    by_service_port = policy("shop/in", "podSelector: {}, ingress: [{ports: [{port: 80}]}]")
    by_pod_port = policy("shop/in", "podSelector: {}, ingress: [{ports: [{port: 8080}]}]")
    assert codes(API + speaker("shop/s", "http://api"), "RF306") == []
    assert codes(API + speaker("shop/s", "http://api") + by_service_port, "RF306") == ["RF306"]
    assert codes(API + speaker("shop/s", "http://api") + by_pod_port, "RF306") == []


def test_what_layer_7_decides_is_not_cut() -> None:
    # Whether a request is a GET isn't in the input: it may be, and then it gets through.
    http = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: in, namespace: shop}\n"
        "spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: '8080', "
        "protocol: TCP}], rules: {http: [{method: GET}]}}]}]}\n---\n"
    )
    assert codes(API + speaker("shop/s", "http://api") + http, "RF306", "RF307") == []
    assert codes(API + speaker("shop/s", "http://api") + http.replace("8080", "80"), "RF306") == ["RF306"]
