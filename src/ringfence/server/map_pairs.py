"""Every pair of workloads, and of workloads and places outside, as one matrix of port sets.

A list of a cluster's connections has an entry for each pair, which at thousands of workloads takes seconds to make;
the matrix takes a fraction, and counts of it are sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt

from ringfence.cluster import Cluster
from ringfence.engine import Engine
from ringfence.engine.pairs import AllPairs, Numbers, elementwise
from ringfence.engine.porttable import NONE
from ringfence.model.errors import QueryError
from ringfence.model.labels import Labels
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet
from ringfence.server.map_outside import Outside, places

Marks = npt.NDArray[np.bool_]

MOST: Final = 6_000
"""Workloads of a map: the matrix then takes 180 MB."""


@dataclass(frozen=True, slots=True)
class Member:
    """A workload: its pods, and how many of them a policy isolates for ingress and for egress."""

    ref: WorkloadRef
    pods: tuple[Pod, ...]
    isolated_ingress: int
    isolated_egress: int
    namespace_labels: Labels = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``namespace/Kind/name``."""
        return str(self.ref)

    @property
    def host_network(self) -> bool:
        """True where no pod policy applies to some of its pods."""
        return any(pod.host_network for pod in self.pods)


@dataclass(frozen=True, slots=True)
class Pairs:
    """What workloads may open to one another and to the outside.

    ``members`` are sorted by namespace, kind and name. ``between[s, d]`` is the number of the port set from one to the
    other: what at least one pair of replicas may use; ``varies[s, d]`` tells that not all may. ``outward[p, s]`` and
    ``inward[p, d]`` are those to and from a place outside. ``sets`` are the port sets by number; 0 is none.
    """

    members: tuple[Member, ...]
    outside: tuple[Outside, ...]
    between: Numbers
    varies: Marks
    outward: Numbers
    inward: Numbers
    sets: tuple[PortSet, ...]

    def index(self) -> dict[str, int]:
        """The place of each workload by its name."""
        return {member.name: place for place, member in enumerate(self.members)}


def pairs_of(cluster: Cluster) -> Pairs:
    """The matrix of a cluster. By workload, a node's own traffic to its pods is left out, as ``reach`` does.

    Raises:
        QueryError: there are more than :data:`MOST` workloads.
    """
    engine = cluster.engine
    atoms, members = _members(engine)
    if len(members) > MOST:
        raise QueryError(
            f"The map draws up to {MOST:,} workloads, and there are {len(members):,}: serve some of the namespaces."
        )
    outside = places(cluster)
    at = [np.array(each.atoms, dtype=np.int64) for each in outside]
    rows = AllPairs(engine)
    count, first = len(members), np.array([each[0] for each in atoms], dtype=np.int64)
    owner = np.array([place for place, own in enumerate(atoms) for _ in own[1:]], dtype=np.int64)
    extra = np.array([atom for own in atoms for atom in own[1:]], dtype=np.int64)
    shape = (count, count + len(extra))  # the first atom of each destination, then the further ones of some
    some, always = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    outward = np.zeros((len(outside), count), dtype=np.int32)
    inward = np.zeros((len(outside), count), dtype=np.int32)
    union, both = _operation(engine, engine.table.union), _operation(engine, engine.table.intersection)
    columns = np.concatenate((first, extra))
    for place, own in enumerate(atoms):
        egress = [rows.row(atom) for atom in own]
        most, least = reduce(union, egress), reduce(both, egress)
        some[place], always[place] = most[columns], least[columns]
        entering = reduce(union, (rows.ingress_row(atom) for atom in own))
        for number, each in enumerate(at):
            outward[number, place] = _any(engine, most, each)
            inward[number, place] = _any(engine, entering, each)
    for number, place in enumerate(owner.tolist(), count):
        some[:, place] = union(some[:, place], some[:, number])
        always[:, place] = both(always[:, place], always[:, number])
    between = np.ascontiguousarray(some[:, :count])
    varies = between != always[:, :count]
    np.fill_diagonal(between, 0)
    np.fill_diagonal(varies, val=False)
    return Pairs(members, outside, between, varies, outward, inward, tuple(engine.table.sets))


def _members(engine: Engine) -> tuple[list[tuple[int, ...]], tuple[Member, ...]]:
    """The atoms of each workload, and the workload."""
    found: dict[WorkloadRef, dict[int, list[Pod]]] = {}
    for number, atom in enumerate(engine.universe.atoms):
        for pod in atom.pods:
            found.setdefault(pod.workload, {}).setdefault(number, []).append(pod)
    ordered = sorted(found.items())
    members = tuple(
        Member(
            ref,
            tuple(sorted((pod for pods in by_atom.values() for pod in pods), key=lambda pod: pod.name)),
            _isolated(engine, Direction.INGRESS, by_atom),
            _isolated(engine, Direction.EGRESS, by_atom),
            engine.facts.namespace_labels(ref.namespace),
        )
        for ref, by_atom in ordered
    )
    return [tuple(by_atom) for _, by_atom in ordered], members


def _isolated(engine: Engine, direction: Direction, by_atom: dict[int, list[Pod]]) -> int:
    atoms = engine.universe.atoms
    return sum(len(pods) for n, pods in by_atom.items() if atoms[n].guarded and engine.isolated(direction, n))


def _operation(engine: Engine, operation: Callable[[int, int], int]) -> Callable[[Numbers, Numbers], Numbers]:
    return lambda a, b: elementwise(engine.table, operation, a, b)


def _any(engine: Engine, row: Numbers, atoms: Numbers) -> int:
    """What at least one of the atoms may use."""
    return reduce(engine.table.union, set(row[atoms].tolist()), NONE)
