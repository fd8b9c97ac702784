"""Where pods ask for names: the DNS servers found, on the ports that they really listen on, or what is assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given, network_policy
from ringfence.generate.targets import DNS_PORTS, PortNumber, Target, port_entries
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import Pod, Service
from ringfence.model.ports import PortSet, Protocol
from ringfence.survey import DnsServer

_ASSUMED_LABELS = {"k8s-app": "kube-dns"}
_API_SERVER_PORTS: tuple[PortNumber, ...] = ((Protocol.TCP, 443), (Protocol.TCP, 6443))


@dataclass(frozen=True, slots=True)
class DnsAccess:
    """What a pod must reach to resolve names.

    ``others`` are the DNS servers of the cluster that a single resolver is meant to replace; they may listen on ports
    that no one would look for. ``assumed`` where the input doesn't show that the targets are there.
    """

    targets: tuple[Target, ...]
    notes: tuple[str, ...] = ()
    assumed: bool = False
    others: tuple[Target, ...] = ()


def dns_access(given: Given) -> DnsAccess:
    """Targets for every DNS server found, node-local ones included."""
    targets = [target for server in given.survey.dns for target in _targets(server)]
    if any(target.labels for target in targets):
        return DnsAccess(tuple(targets))
    comment = "Assumed: the input has no DNS pods. Check their labels, and the ports that they listen on."
    targets.append(Target("kube-system", _ASSUMED_LABELS, ports=DNS_PORTS, note=comment))
    note = (
        "The input has no DNS pods: k8s-app=kube-dns in kube-system on port 53 is assumed, and DNS was not verified. "
        "Add the namespace of the DNS pods to the input."
    )
    return DnsAccess(tuple(targets), (note,), assumed=True)


def node_local_addresses(given: Given) -> tuple[int, ...]:
    """The addresses on which NodeLocal DNSCache answers."""
    return tuple(server.address for server in given.survey.dns if server.address is not None)


def _targets(server: DnsServer) -> Iterator[Target]:
    if server.address is not None:
        note = (
            "NodeLocal DNSCache: it is of the host network and answers on this address, where no selector reaches it."
        )
        yield Target(addresses=(server.address,), ports=numbers(server.ports), note=note)
        return
    labels = _labels(server.pods, server.service)
    # Pods of one Service that listen on different ports share its selector; each port is allowed to all of them.
    yield Target(server.pods[0].namespace, labels, ports=numbers(server.ports))


def _labels(pods: tuple[Pod, ...], service: Service | None) -> Mapping[str, str]:
    """What selects the pods: the Service's selector, or the labels that they have in common."""
    if service is not None and service.selector:
        return service.selector
    common = dict(pods[0].labels)
    for pod in pods[1:]:
        common = {key: value for key, value in common.items() if pod.labels.get(key) == value}
    known = {key: value for key, value in common.items() if key in ("k8s-app", "app.kubernetes.io/name")}
    return known or common


def numbers(ports: PortSet) -> tuple[PortNumber, ...]:
    """The single ports of a set, UDP first, as DNS is asked."""
    order = (Protocol.UDP, Protocol.TCP, Protocol.SCTP)
    return tuple(
        (protocol, port) for protocol in order for lo, hi in ports.of_protocol(protocol) for port in range(lo, hi + 1)
    )


def resolver_access(given: Given, address: int) -> DnsAccess:
    """Targets for one resolver by its address: a Service's, NodeLocal DNSCache's, a pod's, or one outside."""
    access = _resolver(given, address)
    meant = [(target.namespace, target.labels, target.addresses) for target in access.targets]
    servers = (target for server in given.survey.dns for target in _targets(server))
    others = tuple(t for t in servers if (t.namespace, t.labels, t.addresses) not in meant)
    return replace(access, others=others)


def _resolver(given: Given, address: int) -> DnsAccess:
    text = format_address(address)
    for server in given.survey.dns:
        if server.address == address or any(address in pod.addresses for pod in server.pods):
            return DnsAccess(tuple(_targets(server)))
    for service in given.snapshot.services:
        if address in service.cluster_addresses:
            return _behind(given, service, text)
    outside = Target(addresses=(address,), ports=DNS_PORTS)
    for pod in given.snapshot.pods:
        if address in pod.addresses:
            return DnsAccess((outside,), (f"{text} is the address of {pod}, which changes when the pod is replaced.",))
    note = (
        f"{text} is no Service, pod or node-local cache of the input: it is taken for an address outside the cluster. "
        "If it is a Service's, give the Service in the input: the address is translated before policy is judged."
    )
    return DnsAccess((outside,), (note,), assumed=True)


def _behind(given: Given, service: Service, text: str) -> DnsAccess:
    """The pods behind a Service, on the ports that its port 53 means there."""
    name = f"{service.namespace}/{service.name}"
    comment = f"{text} is Service {name}: policy sees its pods, on the ports that they listen on."
    found = [server for server in given.survey.dns if server.service == service]
    if found:
        targets = [target for server in found for target in _targets(server)]
        return DnsAccess(tuple(_noted(targets, comment)))
    pods = [
        pod
        for pod in given.pods(service.namespace)
        if service.selector and service.selector.items() <= pod.labels.items()
    ]
    ports = {
        (port.protocol, number)
        for port in service.ports
        if port.port == 53
        for pod in pods
        if (number := port.target_on(pod)) is not None
    }
    if not ports or not service.selector:
        note = f"{text} is Service {name}, of which the input shows no pod that listens on its port 53."
        target = Target(service.namespace, service.selector or {}, ports=DNS_PORTS, note=comment)
        return DnsAccess((target,), (note,), assumed=True)
    target = Target(service.namespace, service.selector, ports=tuple(sorted(ports)), note=comment)
    return DnsAccess((target,))


def _noted(targets: Iterable[Target], note: str) -> Iterator[Target]:
    for target in targets:
        yield Target(target.namespace, target.labels, target.addresses, target.ports, target.note or note)


def serving_dns(given: Given, namespace: str) -> Manifest | None:
    """What DNS pods need where their own namespace is denied everything: to be asked, and to ask."""
    servers = [server for server in given.survey.dns if server.pods and server.pods[0].namespace == namespace]
    if not servers:
        return None
    labels = _labels(servers[0].pods, servers[0].service)
    asked = sorted({entry for server in servers for entry in numbers(server.ports)})
    upstream = tuple(dict.fromkeys(point for server in servers for point in server.upstream))
    api, api_ports = _api_server(given)
    body = network_policy(
        given.free_name("NetworkPolicy", "serve-dns", namespace),
        namespace,
        {
            "podSelector": {"matchLabels": dict(labels)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": port_entries(asked)}],
            "egress": [_with_ranges(upstream, DNS_PORTS), _with_ranges(api, api_ports)],
        },
    )
    known, unknown = "The resolvers of the Corefile.", "Upstream resolvers. Name them here where they are known."
    comments = {
        ("spec", "ingress", 0): "Every pod of the cluster asks for names, and so do nodes.",
        ("spec", "egress", 0): known if upstream else unknown,
        ("spec", "egress", 1): "The API server, from which the DNS pods learn Services.",
    }
    return Manifest(body, (f"{namespace} runs the cluster's DNS pods, which a default deny cuts off.",), comments)


def _api_server(given: Given) -> tuple[tuple[int, ...], tuple[PortNumber, ...]]:
    """The API server's addresses and ports, where the input has its Service's endpoints; else its usual ports."""
    service = given.survey.api_service
    if service is None or not service.endpoints or not service.ports:
        return (), _API_SERVER_PORTS
    name = service.ports[0].name
    ports = {(Protocol.TCP, by_name[name]) for _, by_name in service.endpoints if name in by_name}
    if not ports:
        return (), _API_SERVER_PORTS
    return tuple(address for address, _ in service.endpoints), tuple(sorted(ports))


def _with_ranges(addresses: Iterable[int], ports: tuple[PortNumber, ...]) -> dict[str, object]:
    """A rule for addresses on ports; for any address where none is known."""
    blocks = [{"ipBlock": {"cidr": f"{format_address(a)}/{32 if a <= V4_MAX else 128}"}} for a in addresses]
    return {**({"to": blocks} if blocks else {}), "ports": port_entries(ports)}
