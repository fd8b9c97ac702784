"""Which CNI's reading is followed, unless one is asked for."""

from __future__ import annotations

import pytest

from ringfence.dialects import cni_of
from tests.dialects.cluster import World

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: a, labels: {app: %s}}\nstatus: {podIP: %s}\n---\n"
PODS = POD % ("web", "web", "10.0.0.1") + POD % ("db", "db", "10.0.0.2")
BY_ADDRESS = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: a}\n"
    "spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}\n---\n"
)
CILIUM = (
    "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: b}\n"
    "spec: {endpointSelector: {}}\n---\n"
)
CALICO = (
    "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: c, namespace: b}\n"
    "spec: {selector: all()}\n---\n"
)
AGENT = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: agent, namespace: kube-system, labels: {k8s-app: cilium}}\n"
    "spec: {hostNetwork: true}\n---\n"
)


@pytest.mark.parametrize(
    ("text", "cni"),
    [(PODS, "generic"), (CILIUM, "cilium"), (CALICO, "calico"), (AGENT, "cilium"), (AGENT + CALICO, "calico")],
)
def test_the_cni_is_the_one_that_the_objects_speak_of(text: str, cni: str) -> None:
    assert cni_of(World(text).cluster.snapshot) == cni


def test_two_cnis_are_none() -> None:
    assert cni_of(World(CILIUM + CALICO).cluster.snapshot) == "generic"


@pytest.mark.parametrize(
    ("text", "cni", "allowed"),
    [
        # Cilium matches no pod that it manages by address; the API's text does.
        (PODS + BY_ADDRESS, "auto", True),
        (PODS + BY_ADDRESS + CILIUM, "auto", False),
        (PODS + BY_ADDRESS + CILIUM, "generic", True),
        (PODS + BY_ADDRESS + CALICO, "auto", True),
        (PODS + BY_ADDRESS, "cilium", False),
    ],
)
def test_ranges_are_read_as_the_cni_reads_them(text: str, cni: str, allowed: bool) -> None:
    assert World(text, cni=cni).allowed("a/web", "a/db", 80) is allowed
