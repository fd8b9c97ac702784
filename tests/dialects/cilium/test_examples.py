"""The situations that Cilium's documentation explains by example, each in manifests of our own.

``examples.yaml`` names the page of the documentation beside each. ``yes`` is surely allowed, ``if`` under a condition,
``no`` denied.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ringfence.model.ports import Protocol
from tests.dialects.cilium.test_verdicts import CLUSTER, ENDS
from tests.dialects.cluster import World

MORE = """
---
apiVersion: v1
kind: Pod
metadata: {name: dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {nodeName: n1, containers: [{name: c, image: i, ports: [{name: dns, containerPort: 53, protocol: UDP}]}]}
status: {podIP: 10.0.0.9}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system, labels: {kubernetes.io/metadata.name: kube-system}}
---
apiVersion: v1
kind: Service
metadata: {name: outside, namespace: other, labels: {kind: storage}}
spec: {ports: [{port: 443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: outside-1, namespace: other, labels: {kubernetes.io/service-name: outside}}
addressType: IPv4
ports: [{port: 443}]
endpoints: [{addresses: [203.0.113.7]}]
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {ports: [{port: 443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
ports: [{port: 6443}]
endpoints: [{addresses: [198.51.100.1]}]
"""
PLACES = {**ENDS, "dns": "kube-system/dns", "apiserver": "198.51.100.1", "outside": "203.0.113.7"}


def world(*specs: dict[str, Any], text: str = "") -> World:
    """The cluster with policies of these specs, of namespace shop, or clusterwide where the spec says so."""
    for number, spec in enumerate(specs):
        clusterwide = spec.pop("clusterwide", False)
        kind = "CiliumClusterwideNetworkPolicy" if clusterwide else "CiliumNetworkPolicy"
        metadata = {"name": f"p{number}", **({} if clusterwide else {"namespace": "shop"})}
        body = {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": metadata, "spec": spec}
        text += "---\n" + yaml.safe_dump(body)
    return World(CLUSTER + MORE + text)


def verdict(cluster: World, call: str) -> str:
    """``yes``, ``no`` or ``if`` for ``web db 80`` or ``web dns 53/UDP``."""
    source, destination, port = call.split()
    number, _, protocol = port.partition("/")
    found = cluster.verdict(PLACES[source], PLACES[destination], int(number), Protocol[protocol or "TCP"])
    return "yes" if found.allowed else "if" if found.conditional else "no"


EXAMPLES = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['page']}: {example['of']}"[:80])
def test_an_example_of_the_documentation(example: dict[str, Any]) -> None:
    cluster = world(*example["policies"])
    assert {call: verdict(cluster, call) for call in example["calls"]} == example["calls"]


DB: dict[str, Any] = {"matchLabels": {"app": "db"}}
EVERY_POD: dict[str, Any] = {"fromEndpoints": [{}]}


def on(port: str, rules: dict[str, Any] | None = None) -> dict[str, Any]:
    """The member ``toPorts`` for one TCP port."""
    return {"toPorts": [{"ports": [{"port": port, "protocol": "TCP"}], **({"rules": rules} if rules else {})}]}


ALLOWS = {
    "L7": {**EVERY_POD, **on("80", {"http": [{"method": "GET"}]})},
    "80": {**EVERY_POD, **on("80")},
    "81": {**EVERY_POD, **on("81")},
    "L3": EVERY_POD,
}
DENIES = {"80": on("80"), "L3": EVERY_POD}


@pytest.mark.parametrize(
    ("allows", "denies", "port_81", "port_80"),
    [
        # "Deny policies", the table of ingress policies at a server, column by column.
        (("L7", "80", "81", "L3"), (), "yes", "yes"),
        (("L7", "80", "81", "L3"), ("80",), "yes", "no"),
        (("L7", "80", "81", "L3"), ("L3",), "no", "no"),
        (("L7", "80", "81", "L3"), ("80", "L3"), "no", "no"),
        ((), ("80",), "no", "no"),
    ],
)
def test_the_table_of_allows_and_denies(
    allows: tuple[str, ...], denies: tuple[str, ...], port_81: str, port_80: str
) -> None:
    cluster = world(
        *({"endpointSelector": DB, "ingress": [ALLOWS[name]]} for name in allows),
        *({"clusterwide": True, "endpointSelector": DB, "ingressDeny": [DENIES[name]]} for name in denies),
    )
    assert (verdict(cluster, "web db 81"), verdict(cluster, "web db 80")) == (port_81, port_80)


def test_a_deny_wins_over_a_network_policy_too() -> None:
    network_policy = (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: shop}\n"
        "spec: {podSelector: {}, ingress: [{}]}\n"
    )
    denied = {"endpointSelector": DB, "ingressDeny": [{"fromEndpoints": [{"matchLabels": {"app": "web"}}]}]}
    cluster = world(denied, text=network_policy)
    assert verdict(cluster, "web db 80") == "no"
    assert verdict(cluster, "api db 80") == "yes"
