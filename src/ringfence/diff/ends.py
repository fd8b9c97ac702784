"""The ends of connections in one state: pods put together by workload, and what they may use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ringfence.diff.report import By, End
from ringfence.engine import Engine
from ringfence.engine.fold import Row
from ringfence.engine.porttable import FULL, NONE
from ringfence.engine.universe import PodKey, pod_key
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet
from ringfence.model.verdict import Endpoint

_OPEN = Row(FULL, {}, 0)


def end_of(pod: Pod, by: By) -> End:
    """The end that a pod belongs to."""
    return End(str(pod) if by is By.POD else str(pod.workload), pod.namespace)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Ports that some pair of replicas may use, and that every pair may."""

    some: PortSet
    always: PortSet


class Ends:
    """The ends that one engine knows, and the ports between them.

    By workload, a node's own traffic to its pods is not the workload's, and left out; by pod it is always allowed.
    """

    def __init__(self, engine: Engine, by: By, *, like: Ends | None = None) -> None:
        """Ends of an engine, or with ``like`` of one that has the very same pods as that of other ends."""
        self.engine = engine
        self.by = by
        self.pods: dict[End, list[Pod]] = {} if like is None else like.pods
        self._known: dict[int, tuple[End, list[Pod]]] = {} if like is None else like._known  # noqa: SLF001 -- of the same class
        self._atoms: dict[End, tuple[int, ...]] = {}
        self._rows: tuple[dict[int, Row], dict[int, Row]] = ({}, {})
        self._answers: dict[tuple[int, int], Allowed] = {}
        if like is None:
            self._gather()

    def _gather(self) -> None:
        """Put the pods together. Pods of one workload mostly share its name: that is looked at once for all."""
        for atom in self.engine.universe.atoms:
            for pod in atom.pods:
                shared = pod if self.by is By.POD else pod.workload
                found = self._known.get(id(shared))
                if found is None:
                    end = end_of(pod, self.by)
                    found = self._known[id(shared)] = end, self.pods.setdefault(end, [])
                found[1].append(pod)

    @cached_property
    def by_key(self) -> dict[PodKey, Pod]:
        """Every pod by what tells it from all others."""
        return {pod_key(pod): pod for pods in self.pods.values() for pod in pods}

    def end_of(self, pod: Pod) -> End:
        """The end that a pod belongs to, of this engine or another."""
        found = self._known.get(id(pod if self.by is By.POD else pod.workload))
        return found[0] if found is not None else end_of(pod, self.by)

    def __contains__(self, end: End) -> bool:
        return end in self.pods

    def atoms(self, end: End) -> tuple[int, ...]:
        """The numbers of the atoms that the end's pods are of, ascending; none for an end that isn't there."""
        atoms = self._atoms.get(end)
        if atoms is None:
            atom_of = self.engine.universe.atom_of
            atoms = tuple(sorted({atom_of[pod_key(pod)] for pod in self.pods.get(end, ())}))
            self._atoms[end] = atoms
        return atoms

    def keys(self, end: End) -> set[PodKey]:
        """What tells the end's pods from all others."""
        return {pod_key(pod) for pod in self.pods.get(end, ())}

    def same(self, endpoint: Endpoint | None) -> Endpoint | None:
        """The pod of the same name here, if there is one; an address is the same everywhere."""
        if not isinstance(endpoint, Pod):
            return endpoint
        key = pod_key(endpoint)
        number = self.engine.universe.atom_of.get(key)
        alike = () if number is None else self.engine.universe.atoms[number].pods
        return next((pod for pod in alike if pod is endpoint or pod_key(pod) == key), None)

    def row(self, direction: Direction, atom: int) -> Row:
        """The ports that policies of one direction allow between an atom and every other."""
        rows = self._rows[direction is Direction.INGRESS]
        row = rows.get(atom)
        if row is None:
            guarded = self.engine.universe.atoms[atom].guarded
            row = rows[atom] = self.engine.row(direction, atom) if guarded else _OPEN
        return row

    def between(self, src: End, dst: End) -> Allowed:
        """What pods of ``src`` may use of pods of ``dst``; nothing where one of them isn't there."""
        sources, destinations = self.atoms(src), self.atoms(dst)
        if not sources or not destinations:
            return self._allowed(NONE, NONE)
        if self.by is By.POD and self.engine.facts.on_same_node(self.pods[src][0], self.pods[dst][0]):
            return self._allowed(FULL, FULL)
        table = self.engine.table
        some, always = NONE, FULL
        for source in sources:
            for destination in destinations:
                ports = self._between(source, destination)
                some, always = table.union(some, ports), table.intersection(always, ports)
        return self._allowed(some, always)

    def outside(self, direction: Direction, end: End, address_atom: int) -> Allowed:
        """What the pods of ``end`` may use of addresses outside, or by ingress those of them."""
        table = self.engine.table
        atoms = self.atoms(end)
        if not atoms:
            return self._allowed(NONE, NONE)
        some, always = NONE, FULL
        for atom in atoms:
            ports = self.row(direction, atom).ports(address_atom)
            some, always = table.union(some, ports), table.intersection(always, ports)
        return self._allowed(some, always)

    def _between(self, source: int, destination: int) -> int:
        egress = self.row(Direction.EGRESS, source).ports(destination)
        ingress = self.row(Direction.INGRESS, destination).ports(source)
        return self.engine.table.intersection(egress, ingress)

    def _allowed(self, some: int, always: int) -> Allowed:
        allowed = self._answers.get((some, always))
        if allowed is None:
            sets = self.engine.table.sets
            allowed = self._answers[some, always] = Allowed(sets[some], sets[always])
        return allowed

    def on_same_node(self) -> set[tuple[End, End]]:
        """By pod: every host-network pod with the pods of its node. By workload there are none."""
        if self.by is not By.POD:
            return set()
        node_of = self.engine.facts.node_of_address
        hosts: dict[str, set[End]] = {}
        local: dict[str, list[End]] = {}
        for end, (pod, *_) in self.pods.items():
            if not pod.host_network:
                local.setdefault(pod.node, []).append(end)
                continue
            for node in {pod.node, *(node_of.get(address, "") for address in pod.addresses)} - {""}:
                hosts.setdefault(node, set()).add(end)
        return {(src, dst) for node, ends in hosts.items() for src in ends for dst in local.get(node, ())}
