"""RF310: the API server can't reach an admission webhook."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, pod, policy, service

HOOK = (
    pod("ops/hook", "app: hook", ports="{containerPort: 8443}")
    + service("ops/hook", "app: hook", "{port: 443, targetPort: 8443}")
    + "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: h}\n"
    "webhooks: [{name: h.example.com, clientConfig: {service: {name: hook, namespace: ops}}}]\n---\n"
)
NODE = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: cp, labels: {node-role.kubernetes.io/control-plane: ''}}\n"
    "status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}\n---\n"
)


def hook_from(peers: str) -> str:
    return policy("ops/in", f"podSelector: {{}}, ingress: [{{{peers}ports: [{{port: 8443}}]}}]")


@pytest.mark.parametrize("peers", ["from: [{namespaceSelector: {}}], ", "from: [{podSelector: {}}], "])
def test_no_selector_lets_the_api_server_in(peers: str) -> None:
    assert codes(HOOK + hook_from(peers), "RF310") == ["RF310"]


@pytest.mark.parametrize("peers", ["", "from: [{ipBlock: {cidr: 192.168.0.0/24}}], "])
def test_an_address_that_may_be_the_api_servers_is_enough(peers: str) -> None:
    assert codes(HOOK + hook_from(peers), "RF310") == []
    assert codes(HOOK + NODE + hook_from(peers), "RF310") == []


def test_an_address_that_no_control_plane_node_has_is_not() -> None:
    assert codes(HOOK + NODE + hook_from("from: [{ipBlock: {cidr: 10.0.0.0/8}}], "), "RF310") == ["RF310"]
