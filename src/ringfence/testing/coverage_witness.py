"""One connection out of many that changed: the one that a person would write a test about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import bits
from ringfence.engine.core import Engine
from ringfence.engine.match import container_ports, is_self
from ringfence.engine.universe import Atom
from ringfence.model.addresses import AddressSet
from ringfence.model.objects import Pod
from ringfence.model.ports import AnyProtocol, Icmp, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.testing.coverage_effects import Effect

_LOOKED_AT = 64
"""Ends of each side that are looked at for a pair that isn't exempt; more than that are all alike."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection, allowed or not."""

    source: Endpoint
    destination: Endpoint
    protocol: AnyProtocol
    port: int


@dataclass(frozen=True, slots=True)
class Change:
    """A connection whose verdict a mutant turns round: ``allowed`` is how it is without the mutant."""

    connection: Connection
    allowed: bool


class Witnesses:
    """Picks witnesses on one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pod_addresses = AddressSet.of(
            (address, address)
            for atom in engine.universe.atoms
            for pod in atom.pods
            if not pod.host_network
            for address in pod.addresses
        )
        self._node_addresses = AddressSet.of((address, address) for address in engine.facts.node_of_address)
        self._members: dict[int, tuple[Endpoint, ...]] = {}

    def change(self, effects: Iterable[Effect]) -> Change | None:
        """A change of one real connection; ``None`` where all pairs are exempt, so that nothing changes at all.

        Between pods rather than with addresses, cut rather than opened, on a port that the destination declares.
        """
        best: tuple[tuple[bool, bool, bool], Change] | None = None
        for effect in effects:
            found = self._of(effect)
            if found is None:
                continue
            ends = (found.connection.source, found.connection.destination)
            known = (found.connection.protocol, found.connection.port) in _declared(found.connection.destination)
            rank = (not all(isinstance(end, Pod) for end in ends), not known, not found.allowed)
            if best is None or rank < best[0]:
                best = (rank, found)
            if not any(rank):
                break
        return None if best is None else best[1]

    def _of(self, effect: Effect) -> Change | None:
        pair = next(self.pairs(effect.sources, effect.destinations), None)
        if pair is None:
            return None
        sets = self._engine.table.sets
        before, after = sets[effect.before], sets[effect.after]
        allowed = bool(before - after)
        changed = before - after if allowed else after - before
        return Change(Connection(*pair, *port_of(changed, pair[1])), allowed)

    def pairs(self, sources: int, destinations: int) -> Iterator[tuple[Endpoint, Endpoint]]:
        """Pairs of these atoms that policies judge, pods first."""
        ends = list(self._ends(destinations))
        for source in self._ends(sources):
            for destination in ends:
                if not self._exempt(source, destination):
                    yield source, destination

    def _exempt(self, source: Endpoint, destination: Endpoint) -> bool:
        if is_self(source, destination):
            return True
        return isinstance(destination, Pod) and self._engine.facts.on_same_node(source, destination)

    def _ends(self, atoms: int) -> Iterator[Endpoint]:
        numbers = bits.members(atoms)
        found = self._engine.universe.atoms
        numbers.sort(key=lambda number: found[number].is_address)
        count = 0
        for number in numbers:
            for end in self._of_atom(number):
                yield end
                count += 1
                if count >= _LOOKED_AT:
                    return

    def _of_atom(self, number: int) -> tuple[Endpoint, ...]:
        if number not in self._members:
            self._members[number] = tuple(self._endpoints(self._engine.universe.atoms[number]))
        return self._members[number]

    def _endpoints(self, atom: Atom) -> Iterator[Endpoint]:
        yield from atom.pods
        if not atom.is_address:
            return
        outside = atom.addresses - self._pod_addresses
        if rest := outside - self._node_addresses:
            yield AddressEndpoint(rest.intervals[0][0] + (rest.intervals[0][0] == 0 and rest.intervals[0][1] > 0))
        for lo, _ in outside & self._node_addresses:
            yield AddressEndpoint(lo, self._engine.facts.node_of_address[lo])


def port_of(ports: PortSet, destination: Endpoint) -> tuple[AnyProtocol, int]:
    """A port of a set that isn't empty: one that the destination declares, else the lowest."""
    for protocol, number in _declared(destination):
        if ports.has(protocol, number):
            return protocol, number
    for protocol in (*Protocol, *Icmp):
        for lo, _ in ports.of_protocol(protocol):
            return protocol, lo
    raise ValueError("the set has no port")


def _declared(destination: Endpoint) -> list[tuple[Protocol, int]]:
    return [(port.protocol, port.number) for port in container_ports(destination)]
