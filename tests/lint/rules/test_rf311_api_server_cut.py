"""RF311: a workload that works through the API server can't reach it."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, policy

OPERATOR = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes, namespace: default}\n"
    "spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}\n---\n"
    "apiVersion: v1\nkind: Endpoints\nmetadata: {name: kubernetes, namespace: default}\n"
    "subsets: [{addresses: [{ip: 192.168.0.1}], ports: [{name: https, port: 6443}]}]\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db-operator, namespace: ops}\n"
    "spec: {selector: {matchLabels: {app: o}}, template: {metadata: {labels: {app: o}}, "
    "spec: {containers: [{name: c, image: i}]}}}\n---\n"
)


@pytest.mark.parametrize(
    ("egress", "found"),
    [
        ("", ["RF311"]),
        # The Service's address and port are translated before policy is judged.
        ("{to: [{ipBlock: {cidr: 10.96.0.1/32}}], ports: [{port: 443}]}", ["RF311"]),
        ("{to: [{ipBlock: {cidr: 192.168.0.1/32}}], ports: [{port: 6443}]}", []),
        ("{}", []),
    ],
)
def test_an_operator_must_reach_the_endpoints_of_the_api_server(egress: str, found: list[str]) -> None:
    policies = policy("ops/out", f"podSelector: {{}}, policyTypes: [Egress], egress: [{egress}]")
    assert codes(OPERATOR + policies, "RF311") == found


def test_other_workloads_are_not_asked_about_the_api_server() -> None:
    policies = policy("ops/out", "podSelector: {}, policyTypes: [Egress]")
    assert codes(OPERATOR.replace("db-operator", "web") + policies, "RF311") == []
