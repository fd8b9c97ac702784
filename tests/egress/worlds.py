"""A small cluster for requests: a pod that needs to get out, one beside it, a database, DNS pods on 5353."""

from __future__ import annotations

import datetime as dt
import io

from ringfence.cluster import Cluster
from ringfence.egress import Choice, Proposal, propose, read
from ringfence.generate.manifest import text_of
from ringfence.generate.request import Given
from ringfence.model.addresses import parse_address
from ringfence.model.names import NameRecord, Names
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.sources import load_snapshot
from tests.clusters import raw_objects

BASE = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
- {apiVersion: v1, kind: Namespace, metadata: {name: data}}
- {apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
  spec: {containers: [{name: c, image: i}]}
  status: {phase: Running, podIP: 10.0.0.1}
- apiVersion: v1
  kind: Pod
  metadata: {name: job, namespace: shop, labels: {app: web, tier: back}}
  spec: {containers: [{name: c, image: i}]}
  status: {phase: Running, podIP: 10.0.0.2}
- apiVersion: v1
  kind: Pod
  metadata: {name: db, namespace: data, labels: {app: db}}
  spec: {containers: [{name: c, image: i, ports: [{name: sql, containerPort: 15432}]}]}
  status: {phase: Running, podIP: 10.0.1.1}
- apiVersion: v1
  kind: Service
  metadata: {name: db, namespace: data}
  spec: {clusterIP: 10.96.0.20, selector: {app: db}, ports: [{port: 5432, targetPort: sql}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: dns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
  spec:
    containers:
    - name: c
      image: i
      ports: [{name: dns, containerPort: 5353, protocol: UDP}, {name: dns-tcp, containerPort: 5353}]
  status: {phase: Running, podIP: 10.0.2.1}
- apiVersion: v1
  kind: Service
  metadata: {name: kube-dns, namespace: kube-system}
  spec:
    clusterIP: 10.96.0.10
    selector: {k8s-app: kube-dns}
    ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}, {name: dns-tcp, port: 53, targetPort: dns-tcp}]
"""

CLOSED = """\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
"""With it, no pod of shop may do anything: not even ask for names."""

REQUEST = """\
apiVersion: ringfence.dev/v1
kind: EgressRequest
metadata: {name: pay, namespace: shop}
spec:
  app: web
  tier: front
  owner: payments
  expires: 2027-03-31
  egress:
  - to: api.pay.example
    ports: 443
  - to: 192.0.2.0/24
    ports: [8000-8010, 9000/UDP]
  - to: service:data/db
"""

MESH = """\
---
apiVersion: v1
kind: Namespace
metadata: {name: istio-system}
---
apiVersion: v1
kind: Pod
metadata: {name: egress, namespace: istio-system, labels: {istio: egressgateway}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 8443}]}]}
status: {phase: Running, podIP: 10.0.3.1}
---
apiVersion: v1
kind: Pod
metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 15012}]}]}
status: {phase: Running, podIP: 10.0.3.2}
---
apiVersion: v1
kind: Service
metadata: {name: istio-egressgateway, namespace: istio-system}
spec: {clusterIP: 10.96.0.30, selector: {istio: egressgateway}, ports: [{name: https, port: 443, targetPort: 8443}]}
---
apiVersion: v1
kind: Service
metadata: {name: istiod, namespace: istio-system}
spec: {clusterIP: 10.96.0.31, selector: {app: istiod}, ports: [{name: grpc-xds, port: 15012}]}
"""


def with_sidecars(manifests: str) -> str:
    """The same cluster, with the pods of shop in the mesh."""
    injected = manifests.replace("{name: shop}}", "{name: shop, labels: {istio-injection: enabled}}}", 1)
    containers = "{containers: [{name: c, image: i}, {name: istio-proxy, image: p}]}"
    return injected.replace("spec: {containers: [{name: c, image: i}]}", f"spec: {containers}")


TODAY = dt.date(2026, 11, 23)
_SEEN = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
_READ = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
RECORDS = (
    ("api.pay.example", "203.0.113.7"),
    ("api.pay.example", "203.0.113.8"),
    ("eu.api.pay.example", "203.0.113.9"),
    ("other.example", "203.0.113.8"),
)


def names(*records: tuple[str, str]) -> Names:
    """Records of names, last seen three days before they were read."""
    made = tuple(NameRecord(name, parse_address(address), _SEEN, _SEEN) for name, address in records)
    return Names(made, "names.jsonl", _READ)


def cluster(manifests: str = BASE, recorded: Names | None = None) -> Cluster:
    """The cluster of these manifests."""
    return Cluster(load_snapshot(["-"], stdin=io.BytesIO(manifests.encode())), names=recorded)


def proposal(
    choice: Choice,
    manifests: str = BASE,
    *,
    request: str = REQUEST,
    recorded: Names | None = None,
    today: dt.date = TODAY,
    take_expired: bool = False,
) -> Proposal:
    """What is made of the request in the cluster."""
    asked = cluster(manifests, recorded)
    given = Given(asked.snapshot, asked.survey, asked.engine)
    return propose(given, read(raw_objects(request)), choice, today=today, take_expired=take_expired)


def applied(answer: Proposal, manifests: str = BASE, recorded: Names | None = None) -> Cluster:
    """The cluster after the manifests were printed, and read back from what was printed."""
    return cluster(f"{manifests}---\n{text_of(answer.manifests)}", recorded)


def end(asked: Cluster, text: str) -> Endpoint:
    """A pod by ``namespace/name``, or an address."""
    for pod in asked.snapshot.pods:
        if f"{pod.namespace}/{pod.name}" == text:
            return pod
    return AddressEndpoint(parse_address(text))


def may(asked: Cluster, source: str, destination: str, port: int, protocol: Protocol = Protocol.TCP) -> str:
    """``yes``, ``no``, or ``if`` where a condition decides."""
    verdict = asked.engine.verdict(end(asked, source), end(asked, destination), protocol, port)
    return "yes" if verdict.allowed else "if" if verdict.conditional else "no"
