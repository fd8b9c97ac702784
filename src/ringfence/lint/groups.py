"""Pods that the same policies guard in one direction: what rules ask is asked once for each such group."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.engine import Engine, bits
from ringfence.engine.fold import Row
from ringfence.engine.porttable import FULL, NONE
from ringfence.lint.context import LintContext
from ringfence.model.addresses import ALL_ADDRESSES, NO_ADDRESSES, AddressSet
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Policy
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol


@dataclass(frozen=True, slots=True)
class Group:
    """Pods with one profile: the policies that select them for a direction, and the row that these come to."""

    engine: Engine
    direction: Direction
    atoms: tuple[int, ...]
    policies: tuple[Policy, ...]
    row: Row

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods."""
        atoms = self.engine.universe.atoms
        return tuple(pod for number in self.atoms for pod in atoms[number].pods)

    @property
    def open(self) -> bool:
        """True where everything is allowed, whatever policies there are."""
        return self.row.default == FULL and not self.row.exceptions

    @property
    def sealed(self) -> bool:
        """True where nothing at all is allowed."""
        return self.row.default == NONE and not self.row.exceptions

    def ports(self, atom: int) -> PortSet:
        """The ports that the direction allows between the pods and an atom."""
        return self.engine.table.sets[self.row.ports(atom)]

    def to_address(self, address: int) -> PortSet:
        """The ports that the direction allows between the pods and an address."""
        return self.ports(self.engine.universe.atom_of_address(address))

    def addresses(self, ports: PortSet = ALL_PORTS) -> AddressSet:
        """The addresses with which some of these ports may be used."""
        universe, sets = self.engine.universe, self.engine.table.sets
        found = NO_ADDRESSES
        rest = bits.of(universe.address_atoms)
        for number, atoms in self.row.exceptions.items():
            if sets[number] & ports:
                found |= _addresses(self.engine, atoms & rest)
            rest &= ~atoms
        return found | _addresses(self.engine, rest) if sets[self.row.default] & ports else found


def _addresses(engine: Engine, atoms: int) -> AddressSet:
    universe = engine.universe
    return AddressSet.of(span for number in bits.members(atoms) for span in universe.atoms[number].addresses)


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of both directions, and the group of each pod atom."""

    egress: tuple[Group, ...]
    ingress: tuple[Group, ...]
    egress_of: dict[int, Group]
    ingress_of: dict[int, Group]

    def of(self, direction: Direction) -> tuple[Group, ...]:
        """The groups of one direction."""
        return self.egress if direction is Direction.EGRESS else self.ingress

    def between(self, source: int, destination: int) -> PortSet:
        """The ports from one pod atom to another, both directions heeded; host-network pods are not guarded."""
        egress, ingress = self.egress_of.get(source), self.ingress_of.get(destination)
        ports = ALL_PORTS if egress is None else egress.ports(destination)
        return ports if ingress is None or not ports else ports & ingress.ports(source)


def groups(context: LintContext) -> Groups:
    """All pods that policy can guard, by what guards them, with what is allowed for certain."""
    return _both(context.engine)


def possible_groups(context: LintContext) -> Groups:
    """The same with what is possible: for rules about cuts."""
    return context.once(groups) if context.possible is context.engine else _both(context.possible)


def _both(engine: Engine) -> Groups:
    egress = _groups(engine, Direction.EGRESS)
    ingress = _groups(engine, Direction.INGRESS)
    return Groups(
        egress,
        ingress,
        {atom: group for group in egress for atom in group.atoms},
        {atom: group for group in ingress for atom in group.atoms},
    )


def _groups(engine: Engine, direction: Direction) -> tuple[Group, ...]:
    atoms: dict[object, list[int]] = {}
    for number, atom in enumerate(engine.universe.atoms):
        if atom.guarded:
            atoms.setdefault(engine.profile(direction, number), []).append(number)
    found = []
    for members in atoms.values():
        profile = engine.profile(direction, members[0])
        policies = tuple(engine.program.compiled[number].policy for number in profile[1])
        found.append(Group(engine, direction, tuple(members), policies, engine.row_of(profile, members[0])))
    return tuple(found)


def known_addresses(context: LintContext) -> AddressSet:
    """The addresses of the pods and nodes of the input."""
    snapshot = context.snapshot
    addresses = {address for pod in snapshot.pods for address in pod.addresses}
    addresses.update(address for node in snapshot.nodes for address in node.addresses)
    return AddressSet.of((address, address) for address in addresses)


def one(protocol: Protocol, *ports: int) -> PortSet:
    """These ports of one protocol."""
    found = NO_PORTS
    for port in ports:
        found |= PortSet.point(protocol, port)
    return found


__all__ = [
    "ALL_ADDRESSES",
    "Group",
    "Groups",
    "groups",
    "known_addresses",
    "one",
    "possible_groups",
]
