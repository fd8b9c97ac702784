"""The connection that is wanted, or unwanted, and what a change opens and closes beyond it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.engine import Engine
from ringfence.engine.difference import Ends, PairChange, compare
from ringfence.explain.endpoints import Target
from ringfence.explain.judge import AlikePairs, alike_pairs
from ringfence.fix.world import PodKey, World, key_of
from ringfence.model.addresses import ALL_ADDRESSES, NO_ADDRESSES, AddressSet, format_address, format_range
from ringfence.model.objects import Pod
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.model.verdict import Endpoint, Verdict

OUTSIDE = "outside"
"""What effects call addresses that are no pod's."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Connection:
    """From each source to each target, on the target's port."""

    sources: tuple[Endpoint, ...]
    targets: tuple[Target, ...]
    protocol: Protocol

    def pairs(self, world: World, *, misses: bool = False) -> Iterator[tuple[AlikePairs, Verdict]]:
        """Every kind of pair, and its verdict, after the patches of ``world``; ``misses`` as in the engine."""
        for pairs in self._alike(world):
            ends = pairs.source, pairs.target.endpoint, self.protocol, pairs.target.port
            yield pairs, world.engine.verdict(*ends, misses=misses)

    def _alike(self, world: World) -> Iterator[AlikePairs]:
        sources = [world.end(end) for end in self.sources]
        targets = [Target(world.end(target.endpoint), target.port) for target in self.targets]
        return alike_pairs(world.engine, sources, targets)

    def allowed(self, world: World) -> bool:
        """True where every pair may connect."""
        return all(
            world.engine.allowed(pairs.source, pairs.target.endpoint).has(self.protocol, pairs.target.port)
            for pairs in self._alike(world)
        )

    def denied(self, world: World) -> bool:
        """True where no pair may connect, not even under a condition."""
        return not any(verdict.allowed or verdict.conditional for _, verdict in self.pairs(world))


@dataclass(frozen=True, slots=True)
class Effect:
    """Connections that a change opens or closes: ``pairs`` pairs of these two groups, on ``ports``.

    ``source`` and ``destination`` are a workload, or ``outside`` with its addresses; then ``outside`` is true, and
    ``pairs`` counts addresses.
    """

    source: str
    destination: str
    ports: PortSet
    pairs: int
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that a change opens and closes, exactly, apart from the connection it is for.

    ``opened`` and ``closed`` hold the same as ``opens`` and ``closes``, pod by pod.
    """

    opens: tuple[Effect, ...]
    closes: tuple[Effect, ...]
    opened: tuple[tuple[Ends, Ends, PortSet], ...] = field(default=(), repr=False)
    closed: tuple[tuple[Ends, Ends, PortSet], ...] = field(default=(), repr=False)

    @property
    def cost(self) -> int:
        """How much else changes: pairs times ports; an outside address counts like a pod."""
        return sum(_weight(*each) for each in (*self.opened, *self.closed))


def effects_of(old: Engine, new: Engine, *connections: Connection) -> Effects:
    """What differs between two engines, without the connections that the change is for."""
    wanted = _Wanted(connections)
    opened: list[tuple[Ends, Ends, PortSet]] = []
    closed: list[tuple[Ends, Ends, PortSet]] = []
    for change in compare(old, new):
        for sources, destinations, own in wanted.parts(change):
            for ports, into in ((change.opened - own, opened), (change.closed - own, closed)):
                if ports:
                    into.append((sources, destinations, ports))
    return Effects(_grouped(opened), _grouped(closed), tuple(opened), tuple(closed))


_Numbers = frozenset[int]
"""Some of the connections, by number."""


class _Wanted:
    """Cuts changes along the connections' own pairs."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        sources: dict[PodKey, set[int]] = defaultdict(set)
        addresses: dict[int, set[int]] = defaultdict(set)
        self._pods: dict[PodKey, dict[int, PortSet]] = defaultdict(lambda: defaultdict(lambda: NO_PORTS))
        self._to: dict[int, dict[int, PortSet]] = defaultdict(lambda: defaultdict(lambda: NO_PORTS))
        for number, connection in enumerate(connections):
            for end in connection.sources:
                if isinstance(end, Pod):
                    sources[key_of(end)].add(number)
                else:
                    addresses[end.address].add(number)
            for target in connection.targets:
                port = PortSet.point(connection.protocol, target.port)
                if isinstance(target.endpoint, Pod):
                    self._pods[key_of(target.endpoint)][number] |= port
                else:
                    self._to[target.endpoint.address][number] |= port
        self._sources = {key: frozenset(numbers) for key, numbers in sources.items()}
        self._from = {address: frozenset(numbers) for address, numbers in addresses.items()}

    def parts(self, change: PairChange) -> Iterator[tuple[Ends, Ends, PortSet]]:
        """The change in parts, each with the ports that belong to the connections there."""
        for sources, ours in self._split(change.sources):
            if not ours:
                yield sources, change.destinations, NO_PORTS
                continue
            yield from ((sources, ends, ports) for ends, ports in self._destinations(change.destinations, ours))

    def _split(self, ends: Ends) -> Iterator[tuple[Ends, _Numbers]]:
        """The sources of a change by the connections that they are sources of."""
        if isinstance(ends, AddressSet):
            rest = ends
            for address, numbers in self._from.items():
                if address in ends:
                    yield AddressSet.point(address), numbers
                    rest -= AddressSet.point(address)
            if rest:
                yield rest, frozenset()
            return
        groups: dict[_Numbers, list[Pod]] = defaultdict(list)
        for pod in ends:
            groups[self._sources.get(key_of(pod), frozenset())].append(pod)
        for numbers, pods in groups.items():
            yield tuple(pods), numbers

    def _destinations(self, ends: Ends, ours: _Numbers) -> Iterator[tuple[Ends, PortSet]]:
        if isinstance(ends, AddressSet):
            rest = ends
            for address, wanted in self._to.items():
                if address in ends:
                    yield AddressSet.point(address), _together(wanted, ours)
                    rest -= AddressSet.point(address)
            if rest:
                yield rest, NO_PORTS
            return
        by_ports: dict[PortSet, list[Pod]] = defaultdict(list)
        for pod in ends:
            by_ports[_together(self._pods.get(key_of(pod), {}), ours)].append(pod)
        for ports, pods in by_ports.items():
            yield tuple(pods), ports


def _together(ports: Mapping[int, PortSet], ours: _Numbers) -> PortSet:
    found = NO_PORTS
    for number in ours if len(ours) < len(ports) else ports:
        if number in ours and number in ports:
            found |= ports[number]
    return found


def _pairs(sources: Ends, destinations: Ends) -> int:
    left, right = _size(sources), _size(destinations)
    if isinstance(sources, AddressSet) or isinstance(destinations, AddressSet):
        return left * right
    keys = {key_of(pod) for pod in sources if not pod.planned}
    return left * right - sum(key_of(pod) in keys for pod in destinations)


def _size(ends: Ends) -> int:
    return ends.size if isinstance(ends, AddressSet) else len(ends)


def _weight(sources: Ends, destinations: Ends, ports: PortSet) -> int:
    return _pairs(sources, destinations) * ports.size


def _grouped(changes: list[tuple[Ends, Ends, PortSet]]) -> tuple[Effect, ...]:
    """By workload: pairs with the same ports are counted together, and so are addresses outside."""
    pairs: dict[tuple[str, str, PortSet], int] = defaultdict(int)
    outside: dict[tuple[str, str, PortSet], AddressSet] = {}
    for sources, destinations, ports in changes:
        for source, left in _named(sources):
            for destination, right in _named(destinations):
                key = source, destination, ports
                pairs[key] += _pairs(left, right)
                for ends in (left, right):
                    if isinstance(ends, AddressSet):
                        outside[key] = outside.get(key, NO_ADDRESSES) | ends
    found = []
    for key, number in sorted(pairs.items(), key=lambda item: str(item[0])):
        ranges = f"{OUTSIDE} {_ranges(outside[key])}" if key in outside else OUTSIDE
        source, destination = (ranges if name == OUTSIDE else name for name in key[:2])
        if number:
            found.append(Effect(source, destination, key[2], number, key in outside))
    return tuple(found)


def _named(ends: Ends) -> Iterator[tuple[str, Ends]]:
    if isinstance(ends, AddressSet):
        yield OUTSIDE, ends
        return
    workloads: dict[str, list[Pod]] = defaultdict(list)
    for pod in ends:
        workloads[str(pod.workload)].append(pod)
    for name, pods in workloads.items():
        yield name, tuple(pods)


def _ranges(addresses: AddressSet) -> str:
    if addresses == ALL_ADDRESSES:
        return "(every address)"
    parts = [format_address(lo) if lo == hi else format_range((lo, hi)) for lo, hi in addresses]
    text = ", ".join(parts[:_SHOWN])
    return text if len(parts) <= _SHOWN else f"{text} and {len(parts) - _SHOWN} more ranges"
