"""Where pods ask for names: the cluster's DNS pods on the ports that they listen on, and NodeLocal DNSCache."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ringfence.model.addresses import parse_address
from ringfence.model.objects import Pod, Service, Snapshot, WorkloadRef
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.model.references import TextReference
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.survey.backends import Backends
from ringfence.survey.corefile import forwards

DNS_PORT: Final = 53

DNS_PORTS: Final = PortSet.point(Protocol.UDP, DNS_PORT) | PortSet.point(Protocol.TCP, DNS_PORT)

NODE_LOCAL_ADDRESS: Final = "169.254.20.10"
"""Where NodeLocal DNSCache answers by default. Source: "Using NodeLocal DNSCache" in the Kubernetes documentation."""

_SERVICE: Final = re.compile(r"kube-dns|core-?dns|.+-coredns|dns-default")
_SYSTEM: Final = ("kube-system", "openshift-dns")
_LABELS: Final = (
    ("k8s-app", "kube-dns"),
    ("k8s-app", "coredns"),
    ("k8s-app", "core-dns"),
    ("app.kubernetes.io/name", "coredns"),
    ("dns.operator.openshift.io/daemonset-dns", "default"),
)
_NODE_LOCAL: Final = re.compile(r"(.*-)?node-?local-?dns(-cache)?")
_LINK_LOCAL: Final = re.compile(r"169\.254\.\d+\.\d+")
_COREFILE: Final = "Corefile"
_PORT_NAME: Final = re.compile(r"dns(-?(tcp|udp))?")


@dataclass(frozen=True, slots=True)
class DnsServer:
    """DNS pods that listen on the same ports, or NodeLocal DNSCache.

    ``pods`` answer on ``ports``, which are the pods' own and not the Service's. NodeLocal DNSCache has an ``address``
    on every node instead, and no ``pods``: its own, ``cache``, are of the host network, where no selector reaches them.
    ``upstream`` are the resolvers that a Corefile forwards to by address; none where it takes those of the node.
    """

    pods: tuple[Pod, ...]
    ports: PortSet
    service: Service | None = None
    address: int | None = None
    cache: tuple[Pod, ...] = ()
    upstream: tuple[int, ...] = field(default=(), compare=False)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """What a query is sent to."""
        return self.pods if self.address is None else (AddressEndpoint(self.address),)

    @property
    def name(self) -> str:
        """``Service kube-system/kube-dns``, or what else the server is known by."""
        if self.address is not None:
            return "NodeLocal DNSCache"
        if self.service is not None:
            return f"Service {self.service.namespace}/{self.service.name}"
        return str(self.pods[0].workload)


def dns_servers(snapshot: Snapshot, backends: Backends) -> tuple[DnsServer, ...]:
    """Every DNS server of the cluster, NodeLocal DNSCache first: it is asked before the pods are."""
    services = _services(snapshot.services)
    upstream = _upstream(snapshot.references)
    found: list[DnsServer] = []
    seen: set[int] = set()
    for service in services:
        by_ports: dict[PortSet, list[Pod]] = {}
        for pod in backends.pods(service):
            ports = _served(service, pod)
            if ports and id(pod) not in seen and not pod.host_network:
                seen.add(id(pod))
                by_ports.setdefault(ports, []).append(pod)
        found += [
            DnsServer(tuple(pods), ports, service, upstream=upstream.get(pods[0].workload, ()))
            for ports, pods in by_ports.items()
        ]
    if not found:
        found = _by_label(snapshot)
    return (*_node_local(snapshot), *found)


def _upstream(references: Iterable[TextReference]) -> dict[WorkloadRef, tuple[int, ...]]:
    """The addresses that a Corefile sends all other names to, where all of them are asked on the port of DNS."""
    found: dict[WorkloadRef, tuple[int, ...]] = {}
    for reference in references:
        if reference.key != _COREFILE:
            continue
        for forward in forwards(reference.text):
            plain = all((one.protocol, one.port) == (Protocol.UDP, DNS_PORT) for one in forward.resolvers)
            if forward.zone == "." and forward.known and plain:
                found.setdefault(reference.workload, tuple(one.address for one in forward.resolvers))
    return found


def _by_label(snapshot: Snapshot) -> list[DnsServer]:
    by_ports: dict[tuple[WorkloadRef, PortSet], list[Pod]] = {}
    for pod in snapshot.pods:
        if not pod.host_network and any(pod.labels.get(key) == value for key, value in _LABELS):
            by_ports.setdefault((pod.workload, _declared(pod)), []).append(pod)
    return [DnsServer(tuple(pods), ports) for (_, ports), pods in by_ports.items()]


def _services(services: Iterable[Service]) -> list[Service]:
    """The Services that pods ask: those of the system's namespaces, else any of such a name."""
    named = [
        service
        for service in services
        if _SERVICE.fullmatch(service.name)
        and service.selector
        and any(port.port == DNS_PORT for port in service.ports)
    ]
    return [service for service in named if service.namespace in _SYSTEM] or named


def _served(service: Service, pod: Pod) -> PortSet:
    ports = NO_PORTS
    for port in service.ports:
        target = port.target_on(pod) if port.port == DNS_PORT else None
        if target is not None:
            ports = ports | PortSet.point(port.protocol, target)
    return ports


def _declared(pod: Pod) -> PortSet:
    """The ports of a DNS pod that no Service tells: those named dns, or numbered 53; else 53."""
    ports = NO_PORTS
    for port in pod.ports:
        if port.number == DNS_PORT or _PORT_NAME.fullmatch(port.name):
            ports = ports | PortSet.point(port.protocol, port.number)
    return ports or DNS_PORTS


def _node_local(snapshot: Snapshot) -> Iterator[DnsServer]:
    pods = tuple(
        pod
        for pod in snapshot.pods
        if pod.host_network
        and (_NODE_LOCAL.fullmatch(pod.workload.name) or _NODE_LOCAL.fullmatch(pod.labels.get("k8s-app", "")))
    )
    workloads = {pod.workload for pod in pods}
    if not workloads:
        return
    given: dict[str, None] = {}
    for reference in snapshot.references:
        if reference.workload in workloads:
            given.update(dict.fromkeys(_LINK_LOCAL.findall(reference.text)))
    for text in given or (NODE_LOCAL_ADDRESS,):
        try:
            yield DnsServer((), DNS_PORTS, address=parse_address(text), cache=pods)
        except ValueError:
            continue
