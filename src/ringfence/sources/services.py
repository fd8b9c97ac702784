"""Services, and the endpoints that were given for those without a selector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ringfence.model.finding import Finding
from ringfence.model.objects import Service, ServicePort
from ringfence.model.ports import MAX_PORT, MIN_PORT
from ringfence.sources.decode import bad_field
from ringfence.sources.items import Item
from ringfence.sources.kinds import EndpointPort, EndpointSliceObject, EndpointsObject, ServiceObject, ServiceSpec
from ringfence.sources.pods import PROTOCOLS, labels_of, read_address

SERVICE_LABEL = "kubernetes.io/service-name"
"""Names the Service of an EndpointSlice. Source: EndpointSlice concept page."""

Endpoints = tuple[tuple[int, Mapping[str, int]], ...]


def read_service(
    item: Item, namespace: str, name: str, struct: ServiceObject, endpoints: Endpoints, findings: list[Finding]
) -> Service:
    """A Service; ``endpoints`` are kept where it has no selector. An empty selector is none."""
    spec = struct.spec or ServiceSpec()
    selector = {key: value or "" for key, value in (spec.selector or {}).items()} or None
    external = spec.externalName or "" if spec.type == "ExternalName" else ""
    outside: list[int] = []
    texts = [(text, ("spec", "clusterIPs", number)) for number, text in enumerate(spec.clusterIPs or ())]
    addresses: list[int] = []
    for text, path in (*texts, (spec.clusterIP, ("spec", "clusterIP"))):
        if text and text != "None":
            point = read_address(item, text, path, findings)
            if point is not None and point not in addresses:
                addresses.append(point)
    for text, path in _external(struct, spec):
        point = read_address(item, text, path, findings)
        if point is not None and point not in outside:
            outside.append(point)
    return Service(
        namespace=namespace,
        name=name,
        ports=tuple(_ports(item, spec, findings)),
        selector=selector,
        cluster_addresses=tuple(addresses),
        headless=spec.clusterIP == "None",
        external_name=external,
        endpoints=() if selector else endpoints,
        origin=item.place(),
        labels=labels_of(struct.metadata),
        external_addresses=tuple(outside),
        external_local=spec.externalTrafficPolicy == "Local",
    )


def _external(struct: ServiceObject, spec: ServiceSpec) -> Iterable[tuple[str, tuple[str | int, ...]]]:
    """The addresses at which the Service is reached from outside, with their places."""
    for number, text in enumerate(spec.externalIPs or ()):
        yield text, ("spec", "externalIPs", number)
    balancer = struct.status.loadBalancer if struct.status is not None else None
    for number, ingress in enumerate((balancer.ingress if balancer is not None else None) or ()):
        if ingress.ip:
            yield ingress.ip, ("status", "loadBalancer", "ingress", number, "ip")


def _ports(item: Item, spec: ServiceSpec, findings: list[Finding]) -> Iterable[ServicePort]:
    for number, port in enumerate(spec.ports or ()):
        protocol, value = port.protocol or "TCP", port.port
        if value is None or not MIN_PORT <= value <= MAX_PORT:
            what = "has no port number" if value is None else f"has the number {value}, outside 1–65535"
            findings.append(bad_field(item, ("spec", "ports", number, "port"), f"a port {what}."))
        elif protocol not in PROTOCOLS:
            what = f"a port has the protocol `{protocol[:20]}`; it must be TCP, UDP or SCTP."
            findings.append(bad_field(item, ("spec", "ports", number, "protocol"), what))
        else:
            name, target = port.name or "", port.targetPort or value
            yield ServicePort(name, PROTOCOLS[protocol], value, target, port.nodePort or None)


def slice_endpoints(item: Item, struct: EndpointSliceObject, findings: list[Finding]) -> tuple[str, Endpoints]:
    """The name of the Service that a slice is for (empty where it names none), and its endpoints that are ready."""
    service = labels_of(struct.metadata).get(SERVICE_LABEL, "")
    if not service or struct.addressType == "FQDN":
        return service, ()
    ports = _numbers(struct.ports)
    found: list[tuple[int, Mapping[str, int]]] = []
    for number, endpoint in enumerate(struct.endpoints or ()):
        if endpoint.conditions is not None and endpoint.conditions.ready is False:
            continue
        for index, text in enumerate(endpoint.addresses or ()):
            point = read_address(item, text, ("endpoints", number, "addresses", index), findings)
            if point is not None:
                found.append((point, ports))
    return service, tuple(found)


def legacy_endpoints(item: Item, struct: EndpointsObject, findings: list[Finding]) -> Endpoints:
    """The ready addresses of an Endpoints object."""
    found: list[tuple[int, Mapping[str, int]]] = []
    for number, subset in enumerate(struct.subsets or ()):
        ports = _numbers(subset.ports)
        for index, address in enumerate(subset.addresses or ()):
            if address.ip:
                path = ("subsets", number, "addresses", index, "ip")
                point = read_address(item, address.ip, path, findings)
                if point is not None:
                    found.append((point, ports))
    return tuple(found)


def _numbers(ports: list[EndpointPort] | None) -> dict[str, int]:
    return {port.name or "": port.port for port in ports or () if port.port is not None}
