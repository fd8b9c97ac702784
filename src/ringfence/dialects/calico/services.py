"""``services`` in Calico's rules: the endpoints of a Service, each on the Service's target ports.

Source: Calico documentation, "Use service rules in policy"; ServiceMatch in the reference.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.dialects.fields import Field
from ringfence.dialects.reading import Reading
from ringfence.model.addresses import AddressSet
from ringfence.model.codes import UNKNOWN_PEER
from ringfence.model.labels import match_labels
from ringfence.model.objects import Service
from ringfence.model.policy import AddressPeer, AnyPeer, Peer, PodPeer
from ringfence.model.ports import NamedPort, PortMatch, PortRange


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Who stands behind a Service, and the ports that they are reached on; ``None`` for every one."""

    peer: Peer
    ports: tuple[PortMatch, ...] | None


def read_services(field: Field, reading: Reading) -> Endpoints | None:
    """The endpoints of the Service that is named; None, with findings, where the field is invalid."""
    if not field.is_mapping():
        return None
    field.report_unknown(("name", "namespace"))
    name, given = field.get("name"), field.get("namespace")
    if name is None or name.text() is None:
        field.report(UNKNOWN_PEER, f"{field} must name a Service.")
        return None
    namespace = str(given.value) if given is not None and given.value else field.raw.ref.namespace
    if not namespace:
        field.report(UNKNOWN_PEER, f"{field} must name the namespace of the Service.", why="Calico refuses the policy.")
        return None
    for service in reading.snapshot.services:
        if (service.namespace, service.name) == (namespace, name.value):
            return _behind(service, field, reading)
    what = f"{field} names the Service {namespace}/{name.value}, which is not in the input: it matches nothing."
    field.report(UNKNOWN_PEER, what)
    return Endpoints(AnyPeer((), field.origin), None)


def _behind(service: Service, field: Field, reading: Reading) -> Endpoints:
    if service.selector:
        selected = match_labels(service.selector)
        ports = tuple(
            PortRange(port.protocol, port.target, port.target, field.origin)
            if isinstance(port.target, int)
            else NamedPort(port.target, port.protocol, field.origin)
            for port in service.ports
        )
        pods: Peer = PodPeer(service.namespace, pods=selected, origin=field.origin)
        # Calico takes the addresses of EndpointSlices, so pods on the network of their node are among them.
        on_nodes = AddressSet.of(
            (address, address)
            for pod in reading.snapshot.pods
            if pod.host_network and pod.namespace == service.namespace and selected.matches(pod.labels)
            for address in pod.addresses
        )
        if on_nodes:
            text = f"the addresses of Service {service.namespace}/{service.name} on nodes"
            pods = AnyPeer((pods, AddressPeer(on_nodes, text=text, origin=field.origin)), field.origin)
        return Endpoints(pods, ports)
    text = f"the addresses of Service {service.namespace}/{service.name}"
    addresses = AddressSet.of((address, address) for address, _ in service.endpoints)
    protocols = {port.name: port.protocol for port in service.ports}
    numbers = {
        (protocols[name], number)
        for _, named in service.endpoints
        for name, number in named.items()
        if name in protocols
    }
    listed = tuple(PortRange(protocol, number, number, field.origin) for protocol, number in sorted(numbers))
    return Endpoints(AddressPeer(addresses, text=text, origin=field.origin), listed)
