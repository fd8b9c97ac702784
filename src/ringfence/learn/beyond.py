"""What the proposal allows beyond what was seen, of the pods that it isolates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.engine import Engine, bits
from ringfence.engine.porttable import NONE
from ringfence.learn.demands import Connection
from ringfence.learn.ends import Address, End
from ringfence.learn.existing import atoms_of
from ringfence.learn.groups import Group
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet

Guarded = Mapping[Direction, Sequence[Group]]
"""The groups that the proposal isolates, by direction."""


@dataclass(frozen=True, slots=True)
class ExtraPair:
    """Ports between two workloads that nobody was seen to use. ``platform`` tells that it asks for them, as for DNS."""

    source: Group
    destination: Group
    ports: PortSet
    platform: bool


@dataclass(frozen=True, slots=True)
class ExtraRange:
    """Addresses that a workload was not seen with, on ports that the proposal allows with them."""

    group: Group
    direction: Direction
    addresses: AddressSet
    ports: PortSet
    platform: bool


@dataclass(frozen=True, slots=True)
class Beyond:
    """All of it. Directions that are left open are no part of it: they allow everything.

    What serves the platform, such as a DNS server that everyone may ask, is marked and not counted.
    """

    pairs: tuple[ExtraPair, ...] = ()
    ranges: tuple[ExtraRange, ...] = ()

    @property
    def addresses(self) -> int:
        """How many addresses there are in the ranges, those of each workload by themselves."""
        return sum(each.addresses.size for each in self.ranges if not each.platform)


def beyond(
    engine: Engine,
    groups: Sequence[Group],
    guarded: Guarded,
    connections: Iterable[Connection],
    served: Mapping[End, PortSet],
    limited: PortSet = ALL_PORTS,
) -> Beyond:
    """What the engine of the cluster with the proposal allows, without the connections that were seen.

    ``served`` are the ports that the platform opens to more than were seen; ``limited`` are those that the proposal's
    objects limit at all.
    """
    seen: dict[tuple[End, End], PortSet] = {}
    for each in connections:
        key = (each.source, each.destination)
        seen[key] = seen.get(key, NO_PORTS) | PortSet.point(each.protocol, each.port)
    rows = _Rows(engine)
    pairs = tuple(
        replace(pair, ports=ports)
        for pair in _pairs(rows, groups, guarded, seen, served)
        if (ports := pair.ports & limited)
    )
    outside = _addresses_seen(seen)
    ranges = tuple(
        replace(extra, ports=ports)
        for direction in Direction
        for group in guarded[direction]
        for extra in _ranges(rows, group, direction, outside.get((group, direction), {}), served)
        if (ports := extra.ports & limited)
    )
    return Beyond(pairs, ranges)


class _Rows:
    """The rows of an engine, each unpacked once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._known: dict[tuple[Direction, int], tuple[int, dict[int, int]]] = {}
        pods = {address for atom in engine.universe.atoms for pod in atom.pods for address in pod.addresses}
        self._of_pods = AddressSet.of((address, address) for address in pods)
        self._outside = bits.of(engine.universe.address_atoms)

    def addresses(self, group: Group, direction: Direction) -> dict[int, AddressSet]:
        """The addresses that a group's rows allow, by port set; those of pods answer for themselves."""
        universe = self.engine.universe
        spans: dict[int, list[tuple[int, int]]] = {}
        for atom in atoms_of(self.engine, group):
            row = self.engine.row(direction, atom)
            others = 0
            for ports, atoms in row.exceptions.items():
                others |= atoms
                for number in bits.members(atoms & self._outside) if ports != NONE else ():
                    spans.setdefault(ports, []).extend(universe.atoms[number].addresses)
            for number in bits.members(self._outside & ~others) if row.default != NONE else ():
                spans.setdefault(row.default, []).extend(universe.atoms[number].addresses)
        return {ports: AddressSet.of(some) - self._of_pods for ports, some in spans.items()}

    def of(self, direction: Direction, atom: int) -> tuple[int, dict[int, int]]:
        """The ports by atom: for most, and for the others."""
        found = self._known.get((direction, atom))
        if found is None:
            row = self.engine.row(direction, atom)
            others = {each: ports for ports, atoms in row.exceptions.items() for each in bits.members(atoms)}
            found = self._known[direction, atom] = (row.default, others)
        return found


def _pairs(
    rows: _Rows,
    groups: Sequence[Group],
    guarded: Guarded,
    seen: Mapping[tuple[End, End], PortSet],
    served: Mapping[End, PortSet],
) -> Iterator[ExtraPair]:
    outward, inward = set(guarded[Direction.EGRESS]), set(guarded[Direction.INGRESS])
    atoms = {group: atoms_of(rows.engine, group) for group in groups}
    table = rows.engine.table
    for source in groups:
        sends = [(atom, rows.of(Direction.EGRESS, atom)) for atom in atoms[source]]
        for destination in groups if source in outward else [group for group in groups if group in inward]:
            if source is destination and len(source.pods) == 1 and not source.pods[0].planned:
                continue
            numbers = {
                table.intersection(others.get(to, default), _towards(rows, to, atom))
                for atom, (default, others) in sends
                for to in atoms[destination]
                if others.get(to, default) != NONE
            }
            if numbers <= {NONE}:
                continue
            ports = NO_PORTS
            for number in numbers:
                ports |= table.sets[number]
            ports -= seen.get((source, destination), NO_PORTS)
            if ports:
                yield ExtraPair(source, destination, ports, ports <= served.get(destination, NO_PORTS))


def _towards(rows: _Rows, atom: int, source: int) -> int:
    default, others = rows.of(Direction.INGRESS, atom)
    return others.get(source, default)


def _addresses_seen(
    seen: Mapping[tuple[End, End], PortSet],
) -> dict[tuple[Group, Direction], dict[PortSet, AddressSet]]:
    """The addresses that each group was seen with in a direction, by their ports."""
    found: dict[tuple[Group, Direction], dict[PortSet, list[tuple[int, int]]]] = {}
    for (source, destination), ports in seen.items():
        if isinstance(source, Group) and isinstance(destination, Address):
            side, point = (source, Direction.EGRESS), destination.point
        elif isinstance(destination, Group) and isinstance(source, Address):
            side, point = (destination, Direction.INGRESS), source.point
        else:
            continue
        found.setdefault(side, {}).setdefault(ports, []).append((point, point))
    return {side: {ports: AddressSet.of(some) for ports, some in known.items()} for side, known in found.items()}


def _ranges(
    rows: _Rows,
    group: Group,
    direction: Direction,
    points: Mapping[PortSet, AddressSet],
    served: Mapping[End, PortSet],
) -> Iterator[ExtraRange]:
    """``points`` are the addresses that the group was seen with, by their ports."""
    found: dict[PortSet, AddressSet] = {}
    for number, allowed in rows.addresses(group, direction).items():
        ports = rows.engine.table.sets[number]
        left = allowed
        for known_ports, used in points.items():
            more = ports - known_ports
            if more and left & used:
                found[more] = found.get(more, NO_ADDRESSES) | (left & used)
            left -= used
        if left:
            found[ports] = found.get(ports, NO_ADDRESSES) | left
    for ports, addresses in sorted(found.items(), key=lambda item: item[1].intervals):
        known_ports = served.get(group, NO_PORTS) if direction is Direction.INGRESS else NO_PORTS
        yield ExtraRange(group, direction, addresses, ports, ports <= known_ports)
