"""Whatever is read, nothing but an ``InputError`` comes out of it, and in no time."""

from __future__ import annotations

import contextlib
import gzip
import json
import time

import yaml
from hypothesis import given, settings, strategies as st

from ringfence.model.errors import InputError
from ringfence.sources import Limits
from tests.sources.loading import load_text
from tests.sources.test_archives import archive

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a, labels: {app: web}}
spec:
  replicas: 2
  template: &t
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, ports: [{containerPort: 80, name: http}]}]}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: p
    ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]
  spec: {nodeName: n, hostNetwork: true}
  status: {phase: Running, podIPs: [{ip: 10.0.0.1}], hostIP: 1.2.3.4}
- apiVersion: v1
  kind: Service
  metadata: {name: s}
  spec: {ports: [{port: 80, targetPort: http}], clusterIP: 10.96.0.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: n, namespace: a}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {<<: {a: b}}}}]}], policyTypes: [Ingress]}
"""
JSON = "\n".join(json.dumps(document) for document in yaml.safe_load_all(MANIFESTS.replace("<<: {a: b}", "a: b")))
WATCH = json.dumps({"type": "ADDED", "object": {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "x"}}}) + "\n"
SEEDS = [MANIFESTS.encode(), JSON.encode(), WATCH.encode() * 3, archive(("a.yaml", MANIFESTS), ("b.json", JSON))]
SEEDS.append(gzip.compress(SEEDS[0]))

SNIPPETS = [
    *(b"---\n", b"...\n", b"{", b"}", b"[", b"]", b"\n", b"\t", b": ", b"- ", b"&a ", b"*a", b"*t", b"<<: ", b"!!int "),
    *(
        b"!!binary ",
        b"? ",
        b"| \n",
        b'"',
        b"'",
        b"\\",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"null",
        b".inf",
        b"kind",
        b"List",
    ),
    *(
        b"%YAML 1.1\n",
        b"# ",
        b"items",
        b"metadata",
        b'{"type":"ERROR","object":{}}',
        b"1e999",
        b"0x",
        b",",
        b"{{ .x }}",
    ),
    *(b"\xe2\x80\xa8", b"\xc2\x85", b"\r"),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        data[at : at + length] = draw(st.sampled_from(SNIPPETS) | st.binary(max_size=4)) if draw(st.booleans()) else b""
    return bytes(data)


def read(data: bytes) -> None:
    begin = time.perf_counter()
    with contextlib.suppress(InputError):
        snapshot = load_text(data, Limits(archive_bytes=1 << 22))
        for policy in snapshot.policies:
            policy.origin("spec", "ingress", 0, key=True)
        assert all(str(finding) for finding in snapshot.findings)
    assert time.perf_counter() - begin < 20


@given(mutated())
@settings(max_examples=400, deadline=None)
def test_changed_manifests(data: bytes) -> None:
    read(data)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_bytes(data: bytes) -> None:
    read(data)


@given(st.lists(st.sampled_from(SNIPPETS), max_size=40).map(b"".join))
@settings(max_examples=400, deadline=None)
def test_pieces_of_syntax(data: bytes) -> None:
    read(data)
