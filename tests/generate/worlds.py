"""A small cluster for templates: two tenants, a shared service, DNS pods on 5353, and a node-local cache on demand."""

from __future__ import annotations

from pathlib import Path

from ringfence.cluster import Cluster
from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.generate import Generated, Request, generate
from ringfence.generate.manifest import text_of
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.sources import load_snapshot
from ringfence.survey import survey

BASE = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: red, labels: {team: red, tenant: a}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: blue, labels: {team: blue}}}
- {apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
- apiVersion: v1
  kind: Node
  metadata: {name: n1}
  status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: red, labels: {app: web}}
  spec: {containers: [{name: c, image: i, ports: [{containerPort: 8080}]}]}
  status: {phase: Running, podIP: 10.0.0.1}
- apiVersion: v1
  kind: Pod
  metadata: {name: job, namespace: red, labels: {app: job}}
  spec: {containers: [{name: c, image: i}]}
  status: {phase: Running, podIP: 10.0.0.2}
- apiVersion: v1
  kind: Pod
  metadata: {name: metrics, namespace: blue, labels: {app: metrics}}
  spec: {containers: [{name: c, image: i, ports: [{name: in, containerPort: 9191}]}]}
  status: {phase: Running, podIP: 10.0.1.1}
- apiVersion: v1
  kind: Service
  metadata: {name: metrics, namespace: blue}
  spec: {clusterIP: 10.96.0.20, selector: {app: metrics}, ports: [{port: 9090, targetPort: in}]}
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
    ports:
    - {name: dns, port: 53, protocol: UDP, targetPort: dns}
    - {name: dns-tcp, port: 53, protocol: TCP, targetPort: dns-tcp}
"""

NODE_LOCAL = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec: {hostNetwork: true, containers: [{name: c, image: i}]}
"""

ISOLATED = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: red}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


def world(directory: Path, *more: str) -> Snapshot:
    """The cluster with more documents."""
    (directory / "cluster.yaml").write_text("---\n".join((BASE, *more)), encoding="utf-8")
    return load_snapshot([str(directory)])


def make(snapshot: Snapshot, template: str, request: Request) -> Generated:
    """What the template gives for the cluster."""
    cluster = Cluster(snapshot)
    return generate(template, request, snapshot, survey(snapshot), cluster.engine)


class Applied:
    """The cluster after ``kubectl apply`` of what was printed, read from its text."""

    def __init__(self, directory: Path, snapshot: Snapshot, generated: Generated) -> None:
        path = directory / "generated.yaml"
        path.write_text(text_of(generated.manifests), encoding="utf-8")
        printed = load_snapshot([str(path)])
        assert not [finding for finding in printed.findings if finding.severity], printed.findings
        assert [raw.body for raw in printed.policies] == [manifest.body for manifest in generated.manifests]
        assert not read_policies(printed)[1]
        both = load_snapshot([str(directory / "cluster.yaml"), str(path)])
        self._engine = Engine.build(both, read_policies(both)[0])
        self._ends = {str(pod): pod for pod in both.pods}

    def ports(self, source: str, destination: str) -> PortSet:
        """What may be used from one pod or address to another."""
        return self._engine.allowed(self._end(source), self._end(destination))

    def can(self, source: str, destination: str, port: int, protocol: Protocol = Protocol.TCP) -> bool:
        """May ``source`` open a connection to this port?"""
        return self.ports(source, destination).has(protocol, port)

    def _end(self, text: str) -> Pod | AddressEndpoint:
        return self._ends[text] if text in self._ends else AddressEndpoint(parse_address(text))
