"""Destinations with the ports that are asked about at each: names resolve on the pod, a Service's ports on its pods.

Without ports, *denied* speaks of every port that there is, and *allowed* of every port that the destination declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.explain.endpoints import End as NamedEnd, Target
from ringfence.explain.services import written
from ringfence.explain.suggest import did_you_mean
from ringfence.model.errors import EndpointError
from ringfence.model.objects import Service, ServicePort
from ringfence.model.ports import (
    ALL_PORTS,
    MAX_PORT,
    MIN_PORT,
    NamedPort,
    PortMatch,
    PortRange,
    PortSet,
    resolve_ports,
)
from ringfence.testing.ends import NOBODY, Ends
from ringfence.testing.resolving import Resolver
from ringfence.testing.suite import Connections, End, Expect, Group, GroupEnd, TextEnd

Part = tuple[Ends, PortSet]
"""Destinations, and the ports that are asked about at each of them."""


class Destinations:
    """The destinations of one set of connections.

    ``expect`` is what the test promises of them; ``None`` for an exception, of which a Service without ports means its
    own ports only.
    """

    def __init__(self, resolver: Resolver, connections: Connections, expect: Expect | None, owner_label: str) -> None:
        self._resolver = resolver
        self._connections = connections
        self._expect = expect
        self._owner_label = owner_label
        self._ports = connections.ports
        self._found: dict[str, bool] = {}
        self._silent = NOBODY
        self._without_ports = False

    def parts(self) -> list[Part]:
        """Every destination in one part; what names nothing is reported."""
        ends = self._connections.destinations or (GroupEnd(Group.ANYWHERE, self._connections.origin),)
        before = self._resolver.problems
        parts: list[Part] = []
        for end in ends:
            parts += self._of(end)
        if self._resolver.problems == before:
            self._check_names(parts)
            if not parts and not self._without_ports:
                self._nothing_declared()
        return disjoint(parts)

    def notes(self) -> Iterator[str]:
        """What was left out, in sentences."""
        left = self._silent.points.bit_count()
        if left:
            names = [port.name for port in self._ports or () if isinstance(port, NamedPort)]
            what = f"no port named {' or '.join(names)}" if names else "no port at all"
            yield f"{left} of the destinations {'declares' if left == 1 else 'declare'} {what}, and are left out."

    def _of(self, end: End) -> Iterator[Part]:
        if isinstance(end, TextEnd):
            try:
                named = self._resolver.endpoints.destination(end.text)
                if named.service is not None:
                    yield from self._service(named, named.service)
                    return
            except EndpointError as error:
                self._resolver.report(end.origin, str(error))
                return
            yield from self._plain(self._resolver.ends_of(named.endpoints))
        elif isinstance(end, GroupEnd) and end.group is Group.DNS and self._ports is None:
            self._resolver.end(end, self._owner_label, self._expect)
            for server in self._resolver.dns():
                yield self._resolver.ends_of(server.endpoints), server.ports
        else:
            ends = self._resolver.end(end, self._owner_label, self._expect)
            yield from self._plain(ends)

    # ---- pods and addresses --------------------------------------------------------------------------------------

    def _plain(self, ends: Ends) -> Iterator[Part]:
        if not ends:
            return
        if self._ports is None:
            if self._expect is not Expect.ALLOWED:
                yield ends, ALL_PORTS
                return
            if ends.addresses:
                self._without_ports = True
            yield from self._by_pod(ends, None)
            return
        numbers = resolve_ports(self._ports, ())
        names = tuple(port for port in self._ports if isinstance(port, NamedPort))
        if not names:
            yield ends, numbers
            return
        if numbers and ends.addresses:
            yield Ends(0, ends.addresses), numbers
        yield from self._by_pod(ends, (*names, *(port for port in self._ports if not isinstance(port, NamedPort))))

    def _by_pod(self, ends: Ends, wanted: tuple[PortMatch, ...] | None) -> Iterator[Part]:
        """Pods that declare the same ports together; ``None`` wants every declared port."""
        rest = ends.points
        for declared, pods in self._resolver.points.by_ports.items():
            hit = rest & pods
            if not hit:
                continue
            if wanted is None:
                ports = PortSet.of(span for port in declared for span in PortSet.point(port.protocol, port.number))
            else:
                ports = resolve_ports(wanted, declared)
                for port in wanted:
                    if isinstance(port, NamedPort) and resolve_ports((port,), declared):
                        self._found[port.name] = True
            if ports:
                yield Ends(hit), ports
                rest &= ~hit
        self._silent |= Ends(rest)

    def _check_names(self, parts: list[Part]) -> None:
        for port in self._ports or ():
            if isinstance(port, NamedPort) and not self._found.get(port.name):
                known = dict.fromkeys(
                    each.name
                    for declared, pods in self._resolver.points.by_ports.items()
                    if pods & (self._silent.points | _points(parts))
                    for each in declared
                    if each.name
                )
                hint = did_you_mean(port.name, known) or (f"They have {', '.join(known)}." if known else "")
                self._resolver.report(port.origin, f"None of the destinations has a port named {port}.", hint)
        if self._without_ports:
            what = "An address declares no ports, so it must be said which are meant."
            self._resolver.report(self._connections.place("to"), what, "Add ports, such as ports: 443.")

    def _nothing_declared(self) -> None:
        if self._ports is None:
            what = "None of the destinations declares a port, so it must be said which are meant."
            self._resolver.report(self._connections.place("to"), what, "Add ports, such as ports: 8080.")

    # ---- Services ------------------------------------------------------------------------------------------------

    def _service(self, end: NamedEnd, service: Service) -> Iterator[Part]:
        """A Service's ports as those of its pods; without ports, or with all, *denied* speaks of every port there."""
        everything = self._resolver.ends_of(end.endpoints)
        if service.headless:
            yield from self._plain(everything)
            return
        if self._ports is None:
            if self._expect is Expect.DENIED:
                yield everything, ALL_PORTS
            else:
                yield from self._targets(end, service.ports)
            return
        for port in self._ports:
            if isinstance(port, PortRange) and _whole(port) and self._expect is Expect.DENIED:
                yield everything, PortSet.range(port.protocol)
                continue
            chosen = [each for each in service.ports if _means(port, each)]
            if isinstance(port, NamedPort) and chosen:
                self._found[port.name] = True
            if not chosen and not _whole(port):
                self._missing(service, port)
            yield from self._targets(end, chosen)

    def _targets(self, end: NamedEnd, ports: Sequence[ServicePort]) -> Iterator[Part]:
        for port in ports:
            targets: Sequence[Target] = self._resolver.endpoints.targets(end, port.protocol, port.port)
            by_number: dict[int, list[Target]] = {}
            for target in targets:
                by_number.setdefault(target.port, []).append(target)
            for number, group in by_number.items():
                yield self._resolver.ends_of([each.endpoint for each in group]), PortSet.point(port.protocol, number)

    def _missing(self, service: Service, port: PortMatch) -> None:
        listed = ", ".join(
            f"{each.port}/{each.protocol}" + (f" ({each.name})" if each.name else "") for each in service.ports
        )
        if isinstance(port, NamedPort):
            self._found[port.name] = True  # told here
        what = f"{written(service)} has no port {port}."
        self._resolver.report(port.origin, what, f"It has {listed}." if listed else "It has no ports.")


def disjoint(parts: Sequence[Part]) -> list[Part]:
    """The parts, each destination in one, with all the ports that were asked about at it."""
    found: list[Part] = []
    for ends, ports in parts:
        rest = ends
        merged: list[Part] = []
        for others, known in found:
            common = others & rest
            if not common or ports <= known:
                merged.append((others, known))
            else:
                merged += [part for part in ((others - common, known), (common, known | ports)) if part[0]]
            rest -= common
        found = [*merged, (rest, ports)] if rest else merged
    by_ports: dict[PortSet, Ends] = {}
    for ends, ports in found:
        by_ports[ports] = by_ports.get(ports, NOBODY) | ends
    return [(ends, ports) for ports, ends in by_ports.items()]


def _points(parts: Sequence[Part]) -> int:
    found = 0
    for ends, _ in parts:
        found |= ends.points
    return found


def _whole(port: PortMatch) -> bool:
    return isinstance(port, PortRange) and (port.lo, port.hi) == (MIN_PORT, MAX_PORT)


def _means(port: PortMatch, entry: ServicePort) -> bool:
    if isinstance(port, NamedPort):
        return entry.name == port.name and port.protocol in (None, entry.protocol)
    return isinstance(port, PortRange) and entry.protocol is port.protocol and port.lo <= entry.port <= port.hi


__all__ = ["Destinations", "Part", "disjoint"]
