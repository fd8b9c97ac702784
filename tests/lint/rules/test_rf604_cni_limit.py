"""RF604: more rules than a network plugin can take. The plugin is told by its DaemonSet."""

from __future__ import annotations

import pytest

from ringfence.lint.limits import port_blocks
from ringfence.model.ports import PortRange, Protocol
from tests.lint.linting import codes, lint, pod, policy

WEB = pod("shop/web-0", "app: web") + pod("shop/front-0", "app: front")


def agent(name: str) -> str:
    return (
        f"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}, namespace: kube-system}}\n"
        "spec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true, containers: []}}}\n---\n"
    )


def ports(first: int, last: int) -> str:
    return ", ".join(f"{{port: {number}}}" for number in range(first, last + 1))


def opening(name: str, entries: str, app: str = "front") -> str:
    peers = f"from: [{{podSelector: {{matchLabels: {{app: {app}}}}}}}]"
    return policy(name, f"podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{{peers}, ports: [{entries}]}}]")


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (agent("aws-node") + WEB + opening("shop/p", ports(1, 25)), "25 ports for one peer"),
        (
            agent("aws-node") + WEB + opening("shop/p", ports(1, 20)) + opening("shop/q", ports(101, 105)),
            "over all policies of the pod",
        ),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    assert codes(manifests, "RF604") == ["RF604"], why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (agent("aws-node") + WEB + opening("shop/p", ports(1, 24)), "24 are allowed"),
        (agent("aws-node") + WEB + opening("shop/p", "{port: 1, endPort: 9000}"), "a range is one"),
        (agent("aws-node") + WEB + opening("shop/p", ports(1, 20)) + opening("shop/q", ports(1, 20)), "the same ports"),
        (
            agent("aws-node") + WEB + opening("shop/p", ports(1, 20)) + opening("shop/q", ports(101, 120), "other"),
            "other peers have their own",
        ),
        (agent("cilium") + WEB + opening("shop/p", ports(1, 25)), "Cilium takes more"),
        (WEB + opening("shop/p", ports(1, 25)), "the plugin is not known"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF604") == [], why


def test_cilium_counts_identities_times_ports() -> None:
    fronts = "".join(pod(f"shop/front-{number}", f"app: front, shard: s{number}") for number in range(170))
    manifests = agent("cilium") + pod("shop/web-0", "app: web") + fronts
    (finding,) = lint(manifests + opening("shop/p", ports(1, 97)), "RF604")
    assert "16,490" in finding.what  # 170 identities × 97 ports
    assert codes(manifests + opening("shop/p", ports(1, 96)), "RF604") == []  # 16,320


@pytest.mark.parametrize(
    ("lo", "hi", "blocks"),
    [(80, 80, 1), (1, 65535, 1), (8, 15, 1), (8, 16, 2), (1, 7, 3), (1024, 65535, 6), (1, 65534, 30)],
)
def test_a_range_of_ports_is_stored_inport_blocks(lo: int, hi: int, blocks: int) -> None:
    # 1-7 is 1, 2-3, 4-7; 1024-65535 is one block for each power of two; 1-65534 loses one block at either end.
    assert port_blocks(PortRange(Protocol.TCP, lo, hi)) == blocks
