"""From pod specifications to pods: ports, addresses and what they run as."""

from __future__ import annotations

from collections.abc import Callable

from ringfence.model.addresses import parse_address
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.ports import MAX_PORT, MIN_PORT, ContainerPort, Protocol
from ringfence.sources.decode import Path, bad_field
from ringfence.sources.items import Item
from ringfence.sources.kinds import Container, Ip, ObjectMeta, PodSpec, PodStatus

PROTOCOLS = {"TCP": Protocol.TCP, "UDP": Protocol.UDP, "SCTP": Protocol.SCTP}
COMPLETED = frozenset({"Succeeded", "Failed"})

_ports: dict[tuple[str, str, int], ContainerPort] = {}


def labels_of(metadata: ObjectMeta | None) -> dict[str, str]:
    """The labels of an object; a null value is an empty one, as the API server reads it."""
    labels = metadata.labels if metadata is not None else None
    if not labels:
        return {}
    return {key: value or "" for key, value in labels.items()}


def planned_pod(
    item: Item,
    namespace: str,
    workload: WorkloadRef,
    metadata: ObjectMeta | None,
    spec: PodSpec,
    at: Path,
    findings: list[Finding],
) -> Pod:
    """The pod that a template makes; ``at`` is the path of the template."""
    return Pod(
        namespace=namespace,
        name="",
        labels=labels_of(metadata),
        workload=workload,
        ports=container_ports(item, spec, (*at, "spec"), findings),
        host_network=bool(spec.hostNetwork),
        node=spec.nodeName or "",
        service_account=spec.serviceAccountName or spec.serviceAccount or "default",
        planned=True,
        resolvers=own_resolvers(item, spec, (*at, "spec"), findings),
        origin=item.place(),
    )


def given_pod(
    item: Item,
    namespace: str,
    name: str,
    workload: WorkloadRef,
    labels: dict[str, str],
    spec: PodSpec,
    status: PodStatus | None,
    node_addresses: Callable[[str], tuple[int, ...]],
    findings: list[Finding],
) -> Pod:
    """A pod that is in the input.

    A host-network pod without ``podIPs`` has its node's addresses: ``hostIPs``, else those of the Node object.
    """
    addresses: tuple[int, ...] = ()
    host = bool(spec.hostNetwork)
    if status is not None:
        addresses = _addresses(item, status.podIPs, status.podIP, "podIP", findings)
        if host and not addresses:
            addresses = _addresses(item, status.hostIPs, status.hostIP, "hostIP", findings)
    if host and not addresses and spec.nodeName:
        addresses = node_addresses(spec.nodeName)
    return Pod(
        namespace=namespace,
        name=name,
        labels=labels,
        workload=workload,
        addresses=addresses,
        ports=container_ports(item, spec, ("spec",), findings),
        host_network=host,
        node=spec.nodeName or "",
        service_account=spec.serviceAccountName or spec.serviceAccount or "default",
        resolvers=own_resolvers(item, spec, ("spec",), findings),
        origin=item.place(),
    )


def own_resolvers(item: Item, spec: PodSpec, at: Path, findings: list[Finding]) -> tuple[int, ...] | None:
    """The name servers of a pod that doesn't ask the cluster's; empty where they are those of its node.

    Source: "Pod's DNS Policy" and "Pod's DNS Config" in the Kubernetes documentation.
    """
    if spec.dnsPolicy == "Default":
        return ()
    if spec.dnsPolicy != "None" or spec.dnsConfig is None:
        return None
    points = (
        read_address(item, text, (*at, "dnsConfig", "nameservers", number), findings)
        for number, text in enumerate(spec.dnsConfig.nameservers or ())
        if text
    )
    return tuple(dict.fromkeys(point for point in points if point is not None))


def container_ports(item: Item, spec: PodSpec, at: Path, findings: list[Finding]) -> tuple[ContainerPort, ...]:
    """The ports of the containers and of the sidecars: init containers that go on running.

    Source: KEP-753, sidecar containers; ContainerPort in the API reference (protocol defaults to TCP).
    """
    found: list[ContainerPort] = []
    for number, container in enumerate(spec.containers or ()):
        if container.ports:
            _add_ports(item, container, (*at, "containers", number), found, findings)
    for number, container in enumerate(spec.initContainers or ()):
        if container.ports and container.restartPolicy == "Always":
            _add_ports(item, container, (*at, "initContainers", number), found, findings)
    return tuple(found)


def _add_ports(item: Item, container: Container, at: Path, found: list[ContainerPort], findings: list[Finding]) -> None:
    for number, port in enumerate(container.ports or ()):
        name, protocol, value = port.name or "", port.protocol or "TCP", port.containerPort
        if value is None or not MIN_PORT <= value <= MAX_PORT:
            what = "has no containerPort" if value is None else f"has the containerPort {value}, outside 1–65535"
            findings.append(bad_field(item, (*at, "ports", number, "containerPort"), f"a container port {what}."))
        elif protocol not in PROTOCOLS:
            what = f"a container port has the protocol `{protocol[:20]}`; it must be TCP, UDP or SCTP."
            findings.append(bad_field(item, (*at, "ports", number, "protocol"), what))
        else:
            key = name, protocol, value
            known = _ports.get(key)  # few distinct ones: 10,000 pods share them
            if known is None:
                known = ContainerPort(name, PROTOCOLS[protocol], value)
                if len(_ports) < 10_000:
                    _ports[key] = known
            found.append(known)


def _addresses(
    item: Item, several: list[Ip] | None, one: str | None, field: str, findings: list[Finding]
) -> tuple[int, ...]:
    points: list[int] = []
    for number, each in enumerate(several or ()):
        if each.ip:
            point = read_address(item, each.ip, ("status", f"{field}s", number, "ip"), findings)
            if point is not None and point not in points:
                points.append(point)
    if one and not (several and several[0].ip == one):  # it repeats the first, unless something is wrong
        point = read_address(item, one, ("status", field), findings)
        if point is not None and point not in points:
            points.append(point)
    return tuple(points)


def read_address(item: Item, text: str, path: Path, findings: list[Finding]) -> int | None:
    """An address of an object's status, or ``None`` and a finding."""
    try:
        return parse_address(text)
    except ValueError:
        findings.append(bad_field(item, path, f"`{text[:50]}` is no IP address, and is left out."))
        return None
