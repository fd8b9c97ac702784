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


ALONE = OPERATOR[OPERATOR.index("apiVersion: apps/v1") :]
NODE = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {node-role.kubernetes.io/control-plane: ''}}\n"
    "status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}\n---\n"
)


def out(rule: str) -> str:
    return policy("ops/out", f"podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]")


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        # No address of no API server can be reached.
        ("", ["RF311"]),
        ("{to: [{namespaceSelector: {}}]}", ["RF311"]),
        # It may be one of these, or not.
        ("{to: [{ipBlock: {cidr: 10.0.0.0/16}}], ports: [{port: 443}]}", ["RF313"]),
        # UDP is not what an API server is called by.
        ("{to: [{ipBlock: {cidr: 10.0.0.0/16}}], ports: [{port: 443, protocol: UDP}]}", ["RF311"]),
        ("{}", []),
    ],
)
def test_where_the_api_server_is_not_in_the_input_only_the_certain_is_told(rule: str, found: list[str]) -> None:
    assert codes(ALONE + out(rule), "RF311", "RF313") == found


def test_an_open_operator_needs_no_note() -> None:
    assert codes(ALONE, "RF311", "RF313") == []


def test_the_control_plane_tells_where_it_is() -> None:
    assert codes(ALONE + NODE + out("{to: [{ipBlock: {cidr: 192.168.0.1/32}}], ports: [{port: 6443}]}"), "RF311") == []
    assert codes(ALONE + NODE + out("{to: [{ipBlock: {cidr: 192.168.0.2/32}}]}"), "RF311", "RF313") == ["RF311"]
