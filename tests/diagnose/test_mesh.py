"""Every cause has advice, those of a mesh too, and a cluster whose mesh cuts a dependency is diagnosed."""

from __future__ import annotations

import io

import pytest

from ringfence.cluster import Cluster
from ringfence.sources import load_snapshot
from tests.dialects.istio.manifests import mesh_config, peer_authentication, pod, policy

NEEDS_DB = (
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\n"
    "spec: {selector: {app: db}, ports: [{port: 5432}]}\n"
    "---\napiVersion: v1\nkind: Pod\n"
    "metadata: {name: web, namespace: shop, labels: {app: web%s}}\n"
    "spec: {containers: [{name: web, image: i, env: [{name: DB, value: 'db:5432'}]}]}\nstatus: {podIP: 10.0.0.1}\n"
) + pod("shop", "db", "10.0.0.2")
OUTSIDE, INSIDE = NEEDS_DB % "", NEEDS_DB % ", security.istio.io/tlsMode: istio"
NOTHING_LISTED = (
    "---\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: shop}\n"
    "spec: {egress: [{hosts: ['~/*']}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OUTSIDE + peer_authentication("{mtls: {mode: STRICT}}"), "Bring the callers into the mesh"),
        (INSIDE + policy("{action: DENY, rules: [{}]}"), "a policy of the network can't override it"),
        (INSIDE + policy("{rules: [{from: [{source: {namespaces: [other]}}]}]}"), "Allow the caller's identity"),
        (INSIDE + NOTHING_LISTED, "a policy of the network can't override it"),
    ],
)
def test_what_a_mesh_cuts_is_told_with_what_to_change(text: str, words: str) -> None:
    report = Cluster(load_snapshot(["-"], stdin=io.BytesIO(text.encode()))).diagnose()
    assert words in str(report)


def test_the_registry_lists_what_the_cluster_has() -> None:
    config = mesh_config("{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}")
    report = Cluster(load_snapshot(["-"], stdin=io.BytesIO((INSIDE + config).encode()))).diagnose()
    assert "shop/db" not in str(getattr(report, "roots", ""))
