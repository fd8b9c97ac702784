"""A small shop, its pods in YAML, and edges by hand."""

from __future__ import annotations

import io
from typing import Any

from ringfence.flows.edges import Coverage, Edge, EdgeSet, Party, PartyKind
from ringfence.learn import Learned, Proposal, Settings, learn
from ringfence.model.flow import HOUR, Outcome
from ringfence.model.objects import Snapshot
from ringfence.sources import load_snapshot

MONDAY = 1_762_128_000
"""2025-11-03, a Monday, 00:00 UTC."""

NAMESPACES = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: data}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
"""

DNS = """\
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: 10.96.0.10
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, protocol: UDP, port: 53, targetPort: 5353}
  - {name: tcp, protocol: TCP, port: 53, targetPort: 5353}
"""


def pod(
    name: str,
    namespace: str = "shop",
    labels: str = "",
    ip: str = "",
    port: int = 0,
    owner: str = "",
    node: str = "",
    host: bool = False,
) -> str:
    """A pod in YAML; ``owner`` is ``Kind/name``, ``labels`` such as ``app: web``."""
    kind, _, owning = owner.partition("/")
    owners = f", ownerReferences: [{{kind: {kind}, name: {owning}, controller: true}}]" if owner else ""
    ports = f", ports: [{{containerPort: {port}}}]" if port else ""
    more = f", nodeName: {node}" if node else ""
    more += ", hostNetwork: true" if host else ""
    status = f"status: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}]}}\n" if ip else ""
    return (
        f"apiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: {name}, namespace: {namespace}, labels: {{{labels or f'app: {name}'}}}{owners}}}\n"
        f"spec: {{containers: [{{name: c{ports}}}]{more}}}\n{status}"
    )


def cluster(*documents: str, policies: str = "") -> Snapshot:
    """A cluster of these documents, the namespaces added."""
    text = "---\n".join((NAMESPACES, *documents, *([policies] if policies else [])))
    return load_snapshot(["-"], stdin=io.BytesIO(text.encode()))


SHOP = (
    pod("web", port=8080, ip="10.0.0.1"),
    pod("cart", port=9090, ip="10.0.0.2"),
    pod("db", namespace="data", port=5432, ip="10.0.0.3"),
    pod("coredns", namespace="kube-system", labels="k8s-app: kube-dns", port=5353, ip="10.0.0.9"),
    DNS,
)
"""``web`` and ``cart`` of the shop, ``db`` in data, and DNS whose pods listen on 5353."""


def workload(text: str, *, kind: str = "Pod", pods: tuple[str, ...] = (), **labels: str) -> Party:
    """``shop/web`` as the party of a workload."""
    namespace, _, name = text.partition("/")
    return Party(PartyKind.WORKLOAD, namespace, f"{kind}/{name}", labels=tuple(sorted(labels.items())), pods=pods)


def outside(address: str, *names: str) -> Party:
    """An address outside the cluster, with the names that it was asked for by."""
    return Party(PartyKind.EXTERNAL, address=address, names=names)


def node(address: str) -> Party:
    """A node."""
    return Party(PartyKind.NODE, address=address)


def service(text: str, address: str = "") -> Party:
    """The cluster address of a Service, ``namespace/name``."""
    return Party(PartyKind.SERVICE, service=text, address=address)


def edge(
    source: Party | str,
    destination: Party | str,
    port: int | None,
    protocol: str = "TCP",
    *,
    outcome: Outcome = Outcome.ALLOWED,
    count: int = 10,
    hours: tuple[tuple[int, int], ...] = (),
    **fields: Any,
) -> Edge:
    """An edge on the Monday, or in hours after its midnight; texts are workloads such as ``shop/web``."""
    counted = tuple((MONDAY // HOUR + hour, number) for hour, number in hours)
    first = counted[0][0] * HOUR if counted else MONDAY
    last = counted[-1][0] * HOUR + HOUR - 1 if counted else MONDAY + HOUR - 1
    return Edge(
        workload(source) if isinstance(source, str) else source,
        workload(destination) if isinstance(destination, str) else destination,
        protocol,
        port,
        outcome,
        sum(number for _, number in hours) or count,
        first,
        last,
        hours=counted,
        formats=("hubble",),
        **fields,
    )


def learned(
    snapshot: Snapshot, *edges: Edge, to: str = "networkpolicy", coverage: Coverage | None = None, **settings: Any
) -> Proposal:
    """What is learned from these edges."""
    return learn(snapshot, EdgeSet.of(edges, coverage), Settings(to=to, **settings))


def of(proposal: Proposal, name: str) -> Learned:
    """What was learned of ``namespace/name``."""
    namespace, _, own = name.partition("/")
    (found,) = [
        each
        for each in proposal.workloads
        if any((workload.namespace, workload.name) == (namespace, own) for workload in each.group.workloads)
    ]
    return found


def body(proposal: Proposal, name: str, kind: str = "") -> dict[str, Any]:
    """The object called ``namespace/name``, or that of a kind."""
    namespace, _, own = name.partition("/")
    (found,) = [
        made.body
        for made in proposal.objects
        if (made.ref.namespace, made.ref.name) == (namespace, own) and kind in ("", made.ref.kind)
    ]
    return found
