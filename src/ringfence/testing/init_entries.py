"""Who may use what, as few boxes: sources, destinations and ports of which every combination is allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.engine.porttable import FULL, NONE
from ringfence.model.ports import PortSet
from ringfence.testing.init_units import Unit, Units


@dataclass(frozen=True, slots=True)
class Entry:
    """Each source may use each of the ports with each destination."""

    sources: tuple[Unit, ...]
    destinations: tuple[Unit, ...]
    ports: PortSet


def by_destination(units: Units, sources: Sequence[Unit], destinations: Sequence[Unit]) -> list[Entry]:
    """Boxes that together are all that is allowed: for each destination its sources by ports; equal ones as one."""
    alike: dict[tuple[int, tuple[Unit, ...]], list[Unit]] = {}
    for destination in destinations:
        by_ports: dict[int, list[Unit]] = {}
        for source in sources:
            ports = _ports(units, source, destination, sources)
            if ports != NONE:
                by_ports.setdefault(ports, []).append(source)
        for ports, members in by_ports.items():
            if any(units.judged(source, destination) for source in members):
                alike.setdefault((ports, tuple(members)), []).append(destination)
    sets = units.engine.table.sets
    return [Entry(members, tuple(ends), sets[ports]) for (ports, members), ends in alike.items()]


def by_source(units: Units, sources: Sequence[Unit], destinations: Sequence[Unit]) -> list[Entry]:
    """The same seen from the sources: for each source its destinations by ports; equal ones as one."""
    alike: dict[tuple[int, tuple[Unit, ...]], list[Unit]] = {}
    for source in sources:
        by_ports: dict[int, list[Unit]] = {}
        for destination in destinations:
            ports = _ports(units, source, destination, sources)
            if ports != NONE:
                by_ports.setdefault(ports, []).append(destination)
        for ports, members in by_ports.items():
            if any(units.judged(source, destination) for destination in members):
                alike.setdefault((ports, tuple(members)), []).append(source)
    sets = units.engine.table.sets
    return [Entry(tuple(starts), members, sets[ports]) for (ports, members), starts in alike.items()]


def anything_denied(units: Units, sources: Sequence[Unit], destinations: Sequence[Unit]) -> bool:
    """True where some pair that policies decide about lacks a port."""
    return any(
        units.ports(source, destination) != FULL and units.judged(source, destination)
        for source in sources
        for destination in destinations
    )


def _ports(units: Units, source: Unit, destination: Unit, sources: Iterable[Unit]) -> int:
    """The ports of a pair. A pod and itself, of which no test can speak, are written as its neighbours are."""
    if source is not destination or not source.alone:
        return units.ports(source, destination)
    near = Counter(
        units.ports(other, destination)
        for other in sources
        if other is not destination and other.namespace == destination.namespace
    )
    return near.most_common(1)[0][0] if near else NONE
