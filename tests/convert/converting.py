"""Conversions of policies in YAML, for a cluster of one web and one database pod."""

from __future__ import annotations

import io

from ringfence.convert import Conversion, convert
from ringfence.model.objects import Snapshot
from ringfence.sources import load_snapshot

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: data, labels: {team: blue}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {serviceAccountName: web, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, labels: {app: db}}
spec: {containers: [{name: c, ports: [{name: sql, containerPort: 5432}]}]}
status: {phase: Running, podIP: 10.0.0.2}
---
"""


def snapshot(policies: str) -> Snapshot:
    """The cluster with policies."""
    return load_snapshot(["-"], stdin=io.BytesIO((CLUSTER + policies).encode()))


def converted(policies: str, to: str, *, cni: str = "auto") -> Conversion:
    """The policies in another dialect."""
    return convert(snapshot(policies), to, cni=cni)


def lines(policies: str, word: str) -> int:
    """The line of the input on which a word first stands."""
    text = CLUSTER + policies
    return text[: text.index(word)].count("\n") + 1
