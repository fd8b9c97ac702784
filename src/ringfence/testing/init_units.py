"""Who a suite speaks of: workloads whose pods are alike, single pods where they aren't, and ranges of addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ringfence.engine.core import Engine
from ringfence.engine.pairs import AllPairs
from ringfence.engine.porttable import FULL, NONE
from ringfence.model.addresses import AddressSet
from ringfence.model.internet import INTERNET
from ringfence.model.objects import Pod, Snapshot, WorkloadRef
from ringfence.model.policy import AddressPeer, Direction
from ringfence.testing.judging import has_uncertain


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One end: the pods of a workload, or one pod, or addresses that no rule tells apart.

    ``text`` is how a suite writes it; ranges are written together, by :mod:`ringfence.testing.init_ends`. ``atom`` is
    one of the engine's atoms that hold it. A unit is equal to itself only.
    """

    text: str
    namespace: str
    atom: int
    pods: tuple[Pod, ...] = ()
    addresses: AddressSet = field(default_factory=AddressSet)

    @property
    def alone(self) -> bool:
        """True for a single pod that can't have a connection with another of its kind."""
        return len(self.pods) == 1 and not self.pods[0].planned

    @property
    def guarded(self) -> bool:
        """True where policies judge it: pods that are not of the host network."""
        return bool(self.pods) and not self.pods[0].host_network


class Units:
    """The units of a cluster, and what they may use with one another.

    Where rules depend on names or conditions that the input can't judge, what is possible counts as allowed.
    Of addresses outside, those of the Internet count, and private ranges that a policy names and that no pod and no
    node is in.
    """

    def __init__(self, snapshot: Snapshot, engine: Engine) -> None:
        self._certain = engine
        self.engine = engine.reading(certain=False) if has_uncertain(engine) else engine
        self._pairs = [AllPairs(each) for each in dict.fromkeys((self.engine, self._certain))]
        self._rows: list[dict[int, list[int]]] = [{} for _ in self._pairs]
        self.known = AddressSet.of(
            [(address, address) for pod in snapshot.pods for address in pod.addresses]
            + [(address, address) for node in snapshot.nodes for address in node.addresses]
        )
        self.pods = tuple(sorted(self._of_pods(snapshot), key=lambda unit: (unit.namespace, unit.text)))
        self._ranges = {direction: tuple(self._of_addresses(direction)) for direction in Direction}

    def ranges(self, direction: Direction) -> tuple[Unit, ...]:
        """The ranges outside: sources of ingress, or destinations of egress."""
        return self._ranges[direction]

    def open_to_addresses(self, destinations: Iterable[Unit]) -> bool:
        """True where some address outside may use some port of one of these, a node or the Internet or any other."""
        return any(
            self._row(number)[unit.atom] != NONE
            for number in self.engine.universe.address_atoms
            for unit in destinations
        )

    def ports(self, source: Unit, destination: Unit) -> int:
        """The number of the port set that a unit may use with another, whatever node they run on."""
        return self._row(source.atom)[destination.atom]

    @property
    def settled(self) -> bool:
        """True where no rule depends on what the input can't tell."""
        return len(self._pairs) == 1

    def sure(self, source: Unit, destination: Unit) -> bool:
        """True where what is possible is certain, too."""
        rows = [self._row(source.atom, reading) for reading in range(len(self._pairs))]
        return all(row[destination.atom] == rows[0][destination.atom] for row in rows)

    def limits(self, direction: Direction, unit: Unit) -> bool:
        """True where policies of this direction deny a unit something with another pod or a range."""
        if not unit.guarded:
            return False
        row = self.engine.row(direction, unit.atom)
        if row.default == FULL and not row.exceptions:
            return False
        ends = (*self.ranges(direction), *self.pods)
        if direction is Direction.EGRESS:
            return any(row.ports(end.atom) != FULL and self.judged(unit, end) for end in ends)
        return any(row.ports(end.atom) != FULL and self.judged(end, unit) for end in ends)

    def judged(self, source: Unit, destination: Unit) -> bool:
        """True where policies decide about some pair: not of a pod with itself, nor of a node with its own pods."""
        if source is destination and source.alone:
            return False
        if source.guarded or not source.pods or not destination.guarded:
            return bool(source.pods or destination.pods)
        same = self.engine.facts.on_same_node
        return any(not same(start, end) for start in source.pods for end in destination.pods)

    def by_namespace(self) -> dict[str, list[Unit]]:
        """The pods' units, namespaces in order of name."""
        found: dict[str, list[Unit]] = {}
        for unit in self.pods:
            found.setdefault(unit.namespace, []).append(unit)
        return found

    # ---- pods ----------------------------------------------------------------------------------------------------

    def _of_pods(self, snapshot: Snapshot) -> Iterable[Unit]:
        workloads: dict[WorkloadRef, list[Pod]] = {}
        for pod in snapshot.pods:
            workloads.setdefault(pod.workload, []).append(pod)
        for workload, pods in workloads.items():
            atoms = {self.engine.atom(pod) for pod in pods}
            alike = len({self._classes[atom] for atom in atoms}) == 1
            if alike and len({pod.host_network for pod in pods}) == 1:
                yield Unit(str(workload), workload.namespace, min(atoms), tuple(pods))
            else:
                for pod in pods:
                    yield Unit(str(pod), pod.namespace, self.engine.atom(pod), (pod,))

    @cached_property
    def _classes(self) -> dict[int, int]:
        """Atoms of pods by number: those in one class have the same connections with everybody."""
        live = [number for number, atom in enumerate(self.engine.universe.atoms) if atom.pods or atom.is_address]
        readings = range(len(self._pairs))
        columns = [list(zip(*(self._row(number, each) for number in live), strict=True)) for each in readings]
        seen: dict[object, int] = {}
        return {
            number: seen.setdefault(
                tuple((tuple(self._row(number, each)), columns[each][number]) for each in readings), number
            )
            for number in live
            if self.engine.universe.atoms[number].pods
        }

    def _row(self, atom: int, reading: int = 0) -> list[int]:
        rows = self._rows[reading]
        if atom not in rows:
            rows[atom] = self._pairs[reading].row(atom).tolist()
        return rows[atom]

    # ---- addresses -----------------------------------------------------------------------------------------------

    def _private(self, direction: Direction) -> AddressSet:
        """Private ranges that rules of a direction name, without the very wide ones that mean any address."""
        found = AddressSet()
        for policy in self.engine.policy_set.policies():
            for rule in policy.rules(direction):
                for peer in rule.peers or ():
                    if isinstance(peer, AddressPeer):
                        found |= self._narrow(peer.outer or peer.addresses)
        return found

    def _narrow(self, addresses: AddressSet) -> AddressSet:
        return AddressSet() if addresses & INTERNET or addresses & self.known else addresses

    def _of_addresses(self, direction: Direction) -> Iterable[Unit]:
        claimed = (INTERNET | self._private(direction)) - self.known
        for number in self.engine.universe.address_atoms:
            addresses = self.engine.universe.atoms[number].addresses
            if inside := addresses & claimed:
                yield Unit(str(inside), "", number, addresses=inside)

    def whole(self, ranges: Sequence[Unit]) -> AddressSet:
        """Every address that is treated as these ranges are, claimed or not, but for those of pods and nodes."""
        atoms = self.engine.universe.atoms
        return AddressSet.of([span for unit in ranges for span in atoms[unit.atom].addresses]) - self.known
