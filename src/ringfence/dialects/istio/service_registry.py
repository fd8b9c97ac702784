"""What a mesh's registry lists: the Services of the cluster, and what ServiceEntries add.

Source: Istio reference, "Service Entry". Traffic is judged at the pods and addresses behind a Service, as for every
other policy; a listed name stands for whatever it resolves to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.dialects.fields import Field, spec_of
from ringfence.dialects.reading import Reading, ReadPolicy
from ringfence.model.addresses import AddressSet, parse_address, parse_cidr
from ringfence.model.codes import BAD_CIDR, BAD_FIELD, BAD_PORT
from ringfence.model.finding import Finding
from ringfence.model.labels import match_labels
from ringfence.model.objects import Pod, RawObject, Service
from ringfence.model.origin import Origin
from ringfence.model.policy import AddressPeer, NamePeer, Peer, PodPeer
from ringfence.model.ports import MAX_PORT, MIN_PORT, NamedPort, PortMatch, PortRange, Protocol

KIND = ("networking.istio.io", "ServiceEntry")


@dataclass(frozen=True, slots=True)
class Listed:
    """One host at one port: who is reached by it. ``exports`` are the namespaces that see it, none for all."""

    namespace: str
    host: str
    port: int
    peer: Peer
    ports: tuple[PortMatch, ...]
    origin: Origin
    exports: tuple[str, ...] = ()

    def is_seen_from(self, namespace: str) -> bool:
        """True where workloads of a namespace know of it."""
        return not self.exports or "*" in self.exports or namespace in self.exports


def read_service_entry(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Check one object: it is no policy, and what it lists matters to Sidecars."""
    return None if _entry(raw, reading.findings) is None else ()


def listed(reading: Reading) -> tuple[Listed, ...]:
    """All that the registry of the snapshot lists."""
    snapshot = reading.snapshot
    found = [each for service in snapshot.services for each in _of_service(service, snapshot.pods)]
    for raw in reading.objects.get(KIND, ()):
        found += _entry(raw, []) or ()
    return tuple(found)


def _of_service(service: Service, pods: Iterable[Pod]) -> Iterator[Listed]:
    host = f"{service.name}.{service.namespace}.svc.cluster.local"
    selector = service.selector or {}
    on_nodes = [
        address
        for pod in (pods if selector else ())
        if pod.host_network and pod.namespace == service.namespace and selector.items() <= pod.labels.items()
        for address in pod.addresses
    ]
    for port in service.ports:
        if port.protocol is not Protocol.TCP:
            continue

        def at(peer: Peer, number: int | str, port: int = port.port) -> Listed:
            match: PortMatch = (
                PortRange(Protocol.TCP, number, number) if isinstance(number, int) else NamedPort(number, Protocol.TCP)
            )
            return Listed(service.namespace, host, port, peer, (match,), service.origin)

        if service.external_name:
            yield at(NamePeer(service.external_name, service.origin), port.port)
        if selector:
            yield at(PodPeer(service.namespace, pods=match_labels(selector), origin=service.origin), port.target)
            if on_nodes and isinstance(port.target, int):
                yield at(AddressPeer(_points(on_nodes), text=f"the nodes of {host}"), port.target)
        for address, numbers in service.endpoints:
            if port.name in numbers:
                yield at(AddressPeer(_points((address,)), text=host), numbers[port.name])


def _points(addresses: Iterable[int]) -> AddressSet:
    return AddressSet.of((address, address) for address in addresses)


def _entry(raw: RawObject, findings: list[Finding]) -> tuple[Listed, ...] | None:
    spec = spec_of(raw, findings)
    if not spec.is_mapping():
        return None
    hosts, exports = _texts(spec, "hosts"), _texts(spec, "exportTo")
    ports, addresses, endpoints = _ports(spec), _addresses(spec), _endpoints(spec)
    if hosts is None or exports is None or ports is None or addresses is None or endpoints is None:
        return None
    if not hosts:
        spec.report(BAD_FIELD, f"{spec} has no hosts.", why="Istio refuses the object.")
        return None
    own = raw.ref.namespace
    seen = tuple(own if name == "." else name for name in exports)
    found: list[Listed] = []
    for host in hosts:
        peers: list[Peer] = [NamePeer(host, spec.at("hosts").origin)] if not addresses else []
        peers += [AddressPeer(each, text=text, origin=spec.origin) for text, each in (*addresses, *endpoints)]
        for number, target in ports:
            numbers = tuple(dict.fromkeys((number, target)))
            matches = tuple(PortRange(Protocol.TCP, each, each, spec.origin) for each in numbers)
            found += [Listed(own, host, number, peer, matches, spec.origin, seen) for peer in peers]
            selector = spec.get("workloadSelector")
            labels = selector.get("labels") if selector is not None else None
            if labels is not None and isinstance(labels.value, dict):
                pods = match_labels({str(key): str(value) for key, value in labels.value.items()})
                found.append(Listed(own, host, number, PodPeer(own, pods=pods), matches, spec.origin, seen))
    return tuple(found)


def _texts(spec: Field, name: str) -> tuple[str, ...] | None:
    field = spec.get(name)
    items = field.items() if field is not None else ()
    texts = [item.text() for item in items or ()]
    return None if items is None or None in texts else tuple(text for text in texts if text is not None)


def _ports(spec: Field) -> list[tuple[int, int]] | None:
    """The number that is dialled and the one behind it, of every port."""
    field = spec.get("ports")
    items = field.items() if field is not None else ()
    if items is None:
        return None
    found: list[tuple[int, int]] = []
    for item in items:
        number = item.get("number") if item.is_mapping() else None
        target = item.get("targetPort") if number is not None else None
        values = [each.value for each in (number, target) if each is not None]
        if not values or not all(type(value) is int and MIN_PORT <= value <= MAX_PORT for value in values):
            item.report(BAD_PORT, f"{item} needs a number from {MIN_PORT} to {MAX_PORT}.", why="Istio refuses it.")
            return None
        found.append((values[0], values[-1]))
    return found


def _addresses(spec: Field) -> list[tuple[str, AddressSet]] | None:
    texts = _texts(spec, "addresses")
    return None if texts is None else _ranges(spec.get("addresses") or spec, texts)


def _endpoints(spec: Field) -> list[tuple[str, AddressSet]] | None:
    """The addresses of endpoints; one that is a name is covered by the entry's own."""
    field = spec.get("endpoints")
    items = field.items() if field is not None else ()
    if items is None or not all(item.is_mapping() for item in items):
        return None
    texts = [address.value for item in items if (address := item.get("address")) is not None]
    numeric = [text for text in texts if isinstance(text, str) and (":" in text or text.replace(".", "").isdecimal())]
    return _ranges(field or spec, numeric)


def _ranges(field: Field, texts: Iterable[str]) -> list[tuple[str, AddressSet]] | None:
    found: list[tuple[str, AddressSet]] = []
    for text in texts:
        try:
            found.append((text, AddressSet((parse_cidr(text)[0],)) if "/" in text else _points((parse_address(text),))))
        except ValueError as error:
            field.report(BAD_CIDR, f"{field} has {text!r}, which is no address: {error}.", why="Istio refuses it.")
            return None
    return found
