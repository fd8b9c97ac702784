"""Posting lists: for each property that a selector can ask for, the pod atoms that have it.

Host-network atoms are listed by address only, for no selector matches them. Lists may still name atoms that are gone:
every answer is cut down to those that live.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ringfence.engine import bits
from ringfence.model.labels import AllOf, AnyOf, LabelExpr, Labels, Negation, Operator, Requirement
from ringfence.model.ports import NamedPort, Protocol

if TYPE_CHECKING:
    from ringfence.engine.universe import Atom


class LabelIndex:
    """Sets of atoms by label, and what label expressions select of them."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, int]] = {}

    def copy(self) -> LabelIndex:
        """An independent copy."""
        twin = LabelIndex()
        twin._values = {key: dict(values) for key, values in self._values.items()}
        return twin

    def add(self, bit: int, labels: Labels) -> None:
        """List an atom under each of its labels."""
        for key, value in labels.items():
            values = self._values.setdefault(key, {})
            values[value] = values.get(value, 0) | bit

    def select(self, selector: LabelExpr, among: int) -> int:
        """Those of ``among`` whose labels the expression matches; its keys must be indexed."""
        match selector:
            case AllOf(parts):
                for part in parts:
                    among = self.select(part, among)
                return among
            case AnyOf(parts):
                return bits.union(self.select(part, among) for part in parts)
            case Negation(part):
                return among & ~self.select(part, among)
            case Requirement():
                return self._require(selector, among)

    def _require(self, requirement: Requirement, among: int) -> int:
        values = self._values.get(requirement.key, {})
        match requirement.operator:
            case Operator.IN:
                return among & bits.union(values.get(value, 0) for value in requirement.values)
            case Operator.NOT_IN:
                return among & ~bits.union(values.get(value, 0) for value in requirement.values)
            case Operator.DOES_NOT_EXIST:
                return among & ~bits.union(values.values())
            case _:
                key = requirement.key
                return among & bits.union(atoms for value, atoms in values.items() if requirement.matches({key: value}))


class Postings:
    """Sets of atoms by label, namespace, named port and address; kept as atoms come and go."""

    def __init__(self) -> None:
        self._guarded = 0
        self._hosts = 0
        self._labels = LabelIndex()
        self._namespace_labels = LabelIndex()
        self._namespaces: dict[str, int] = {}
        self._ports: dict[str, dict[tuple[Protocol, int], int]] = {}
        self._places: dict[int, int] = {}
        self._remembered: dict[LabelExpr, int] = {}

    def copy(self) -> Postings:
        """An independent copy."""
        twin = Postings()
        twin._guarded = self._guarded
        twin._hosts = self._hosts
        twin._labels = self._labels.copy()
        twin._namespace_labels = self._namespace_labels.copy()
        twin._namespaces = dict(self._namespaces)
        twin._ports = {name: dict(numbers) for name, numbers in self._ports.items()}
        twin._places = dict(self._places)
        twin._remembered = dict(self._remembered)
        return twin

    def add(self, number: int, atom: Atom, labels: Labels, namespace_labels: Labels) -> None:
        """List an atom whose pods have these labels (those of keys in use), and whose namespace has those."""
        bit = 1 << number
        for place in atom.places:
            self._places[place] = self._places.get(place, 0) | bit
        if not atom.guarded:
            self._hosts |= bit
            return
        self._remembered.clear()
        self._guarded |= bit
        namespace = atom.pods[0].namespace
        self._namespaces[namespace] = self._namespaces.get(namespace, 0) | bit
        self._labels.add(bit, labels)
        self._namespace_labels.add(bit, namespace_labels)
        for port in atom.ports:
            if port.name:
                numbers = self._ports.setdefault(port.name, {})
                key = (port.protocol, port.number)
                numbers[key] = numbers.get(key, 0) | bit

    def remove(self, number: int, atom: Atom) -> None:
        """Take an atom out; it may be put in again under the same number, in other places of address space."""
        self._remembered.clear()
        gone = ~(1 << number)
        self._guarded &= gone
        self._hosts &= gone
        for place in atom.places:
            self._places[place] &= gone

    def namespace(self, name: str) -> int:
        """The atoms of one namespace."""
        return self._namespaces.get(name, 0) & self._guarded

    def namespaces(self, selector: LabelExpr) -> int:
        """The atoms of the namespaces that a selector matches."""
        return self._namespace_labels.select(selector, self._guarded)

    def labels(self, selector: LabelExpr) -> int:
        """The atoms whose labels a selector matches; its keys must be in use."""
        found = self._remembered.get(selector)
        if found is None:
            found = self._remembered[selector] = self._labels.select(selector, self._guarded)
        return found

    @property
    def hosts(self) -> int:
        """The atoms of host-network pods."""
        return self._hosts

    def named_ports(self, port: NamedPort) -> Iterable[tuple[Protocol, int, int]]:
        """Each number that a named port has somewhere: ``(protocol, number, atoms that have it)``."""
        for (protocol, number), atoms in self._ports.get(port.name, {}).items():
            if port.protocol in (None, protocol):
                yield protocol, number, atoms & self._guarded

    def pods_at(self, address_atoms: int, *, pods: bool) -> int:
        """The atoms with an address in one of these address atoms; without ``pods``, of the host network only."""
        found = bits.union(atoms for place, atoms in self._places.items() if address_atoms >> place & 1)
        return found & (self._guarded | self._hosts if pods else self._hosts)
