"""Posting lists: for each property that a selector can ask for, the pod atoms that have it.

Host-network atoms are listed by address only, for no selector matches them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ringfence.engine.facts import Facts
from ringfence.model.labels import AllOf, AnyOf, LabelExpr, Labels, Negation, Operator, Requirement
from ringfence.model.ports import NamedPort, Protocol

if TYPE_CHECKING:
    from ringfence.engine.universe import Atom


class Postings:
    """Sets of atoms by label, namespace, named port and address; kept as atoms come and go."""

    def __init__(self) -> None:
        self._all = 0
        self._labels: dict[str, dict[str, int]] = {}
        self._namespaces: dict[str, int] = {}
        self._ports: dict[str, dict[tuple[Protocol, int], int]] = {}
        self._places: dict[int, int] = {}
        self._host_places: dict[int, int] = {}
        self._remembered: dict[LabelExpr, int] = {}

    def copy(self) -> Postings:
        """An independent copy."""
        twin = Postings()
        twin._all = self._all
        twin._labels = {key: dict(values) for key, values in self._labels.items()}
        twin._namespaces = dict(self._namespaces)
        twin._ports = {name: dict(numbers) for name, numbers in self._ports.items()}
        twin._places = dict(self._places)
        twin._host_places = dict(self._host_places)
        twin._remembered = dict(self._remembered)
        return twin

    def add(self, number: int, atom: Atom, labels: Labels) -> None:
        """List an atom whose pods have these labels (those of keys in use)."""
        bit = 1 << number
        places = self._places if atom.guarded else self._host_places
        for place in atom.places:
            places[place] = places.get(place, 0) | bit
        for port in {(p.name, p.protocol, p.number) for p in atom.ports if p.name and atom.guarded}:
            numbers = self._ports.setdefault(port[0], {})
            numbers[port[1:]] = numbers.get(port[1:], 0) | bit
        if not atom.guarded:
            return
        self._remembered.clear()
        self._all |= bit
        namespace = atom.pods[0].namespace
        self._namespaces[namespace] = self._namespaces.get(namespace, 0) | bit
        for key, value in labels.items():
            values = self._labels.setdefault(key, {})
            values[value] = values.get(value, 0) | bit

    def remove(self, number: int, atom: Atom) -> None:
        """Take an atom off every list."""
        self._remembered.clear()
        gone = ~(1 << number)
        self._all &= gone
        for place in atom.places:
            for places in (self._places, self._host_places):
                if place in places:
                    places[place] &= gone
        for port in atom.ports:
            numbers = self._ports.get(port.name, {})
            if (port.protocol, port.number) in numbers:
                numbers[port.protocol, port.number] &= gone
        pod = atom.pods[0]
        if pod.namespace in self._namespaces:
            self._namespaces[pod.namespace] &= gone
        for key, value in pod.labels.items():
            values = self._labels.get(key, {})
            if value in values:
                values[value] &= gone

    @property
    def pods(self) -> int:
        """Every atom that selectors can match."""
        return self._all

    def namespace(self, name: str) -> int:
        """The atoms of one namespace."""
        return self._namespaces.get(name, 0)

    def namespaces(self, selector: LabelExpr, facts: Facts) -> int:
        """The atoms of the namespaces that a selector matches."""
        if selector == AllOf():
            return self._all
        found = 0
        for name, atoms in self._namespaces.items():
            if selector.matches(facts.namespace_labels(name)):
                found |= atoms
        return found

    def labels(self, selector: LabelExpr) -> int:
        """The atoms whose labels a selector matches; its keys must be in use."""
        found = self._remembered.get(selector)
        if found is None:
            found = self._remembered[selector] = self._evaluate(selector)
        return found

    def _evaluate(self, selector: LabelExpr) -> int:
        match selector:
            case AllOf(parts):
                found = self._all
                for part in parts:
                    found &= self._evaluate(part)
                return found
            case AnyOf(parts):
                return _union(self._evaluate(part) for part in parts)
            case Negation(part):
                return self._all & ~self._evaluate(part)
            case Requirement():
                return self._requirement(selector)

    def _requirement(self, requirement: Requirement) -> int:
        values = self._labels.get(requirement.key, {})
        match requirement.operator:
            case Operator.IN:
                return _union(values.get(value, 0) for value in requirement.values)
            case Operator.NOT_IN:
                return self._all & ~_union(values.get(value, 0) for value in requirement.values)
            case Operator.DOES_NOT_EXIST:
                return self._all & ~_union(values.values())
            case _:
                return _union(atoms for value, atoms in values.items() if requirement.matches({requirement.key: value}))

    def named_ports(self, port: NamedPort) -> Iterable[tuple[Protocol, int, int]]:
        """Each number that a named port has somewhere: ``(protocol, number, atoms that have it)``."""
        for (protocol, number), atoms in self._ports.get(port.name, {}).items():
            if atoms and port.protocol in (None, protocol):
                yield protocol, number, atoms

    def pods_at(self, address_atoms: int, *, pods: bool) -> int:
        """The atoms with an address in one of these address atoms; without ``pods``, of the host network only."""
        found = _at(self._host_places, address_atoms)
        return found | _at(self._places, address_atoms) if pods else found


def _at(places: dict[int, int], address_atoms: int) -> int:
    return _union(atoms for place, atoms in places.items() if address_atoms >> place & 1)


def _union(sets: Iterable[int]) -> int:
    found = 0
    for atoms in sets:
        found |= atoms
    return found
