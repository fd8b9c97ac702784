"""RF208: an ipBlock lies on addresses of pods."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, pod, policy

DB = pod("shop/db-0", "app: db", address="10.244.1.7")
HOST = pod("shop/agent-0", "app: agent", address="172.18.0.2", more=", hostNetwork: true")
SIX = pod("shop/six-0", "app: six", address='"fd00:1::7"')


def egress(block: str) -> str:
    return policy(
        "shop/p", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: {block}}}}}]}}]"
    )


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (DB + egress("10.244.1.7/32"), "a pod's address"),
        (DB + egress("10.244.1.0/24"), "a node's pods"),
        (DB + egress("10.244.0.0/16"), "a pod network"),
        (SIX + egress('"fd00:1::/64"'), "IPv6"),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    assert codes(manifests, "RF208") == ["RF208"], why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (DB + egress("10.0.0.0/8"), "a wide range means more than pods"),
        (DB + egress("0.0.0.0/0, except: [10.0.0.0/8]"), "everything but the cluster"),
        (DB + egress("10.244.1.0/24, except: [10.244.1.7/32]"), "the pod is taken out"),
        (DB + egress("192.0.2.0/24"), "no pod is there"),
        (HOST + egress("172.18.0.2/32"), "a host-network pod has its node's address"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF208") == [], why
