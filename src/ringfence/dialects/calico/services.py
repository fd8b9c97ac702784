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
    namespace = str(given.value) if given is not None else field.raw.ref.namespace
    for service in reading.snapshot.services:
        if (service.namespace, service.name) == (namespace, name.value):
            return _behind(service, field)
    what = f"{field} names the Service {namespace}/{name.value}, which is not in the input: it matches nothing."
    field.report(UNKNOWN_PEER, what)
    return Endpoints(AnyPeer((), field.origin), None)


def _behind(service: Service, field: Field) -> Endpoints:
    if service.selector:
        ports = tuple(
            PortRange(port.protocol, port.target, port.target, field.origin)
            if isinstance(port.target, int)
            else NamedPort(port.target, port.protocol, field.origin)
            for port in service.ports
        )
        return Endpoints(PodPeer(service.namespace, pods=match_labels(service.selector), origin=field.origin), ports)
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
