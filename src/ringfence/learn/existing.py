"""What the policies of the cluster already say: those learned before step aside, the others are not repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.learn.demands import Port
from ringfence.learn.ends import Address, End
from ringfence.learn.groups import Group
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.policy import Direction
from ringfence.model.ports import AnyProtocol, Icmp, PortSet
from ringfence.model.verdict import AddressEndpoint, Endpoint

LEARNED = "ringfence.dev/learned"
"""The annotation that names the workloads that a policy was learned for, ``namespace/Kind/name`` with commas."""


def learned_before(raw: RawObject) -> frozenset[str]:
    """The workloads that a policy was learned for; none for any other policy."""
    metadata = raw.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = annotations.get(LEARNED) if isinstance(annotations, dict) else None
    return frozenset(filter(None, text.split(","))) if isinstance(text, str) else frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """The cluster without the policies that are to be written anew."""

    snapshot: Snapshot
    engine: Engine
    cni: str
    replaced: tuple[RawObject, ...]

    @classmethod
    def of(cls, snapshot: Snapshot, groups: Iterable[Group], cni: str) -> Known:
        """``groups`` are those that get policies now: what was learned for one of their workloads is replaced."""
        again = {str(workload) for group in groups for workload in group.workloads}
        replaced = tuple(raw for raw in snapshot.policies if learned_before(raw) & again)
        gone = {id(raw) for raw in replaced}
        kept = tuple(raw for raw in snapshot.policies if id(raw) not in gone)
        base = replace(snapshot, policies=kept)
        policies, _ = read_policies(base, cni=cni)
        return cls(base, Engine.build(base, policies), cni, replaced)

    def isolated(self, group: Group, direction: Direction) -> bool:
        """True where all pods of a group are denied what no rule allows."""
        return all(self.engine.isolated(direction, atom) for atom in self._atoms(group))

    def allows(self, group: Group, direction: Direction, peer: End, port: Port) -> bool:
        """True where the rules of one direction let every pod of a group use a port with every pod of the other end."""
        engine = of_protocol(self.engine, port[0])
        return all(self.side(group, direction, other, engine).has(*port) for other in self._atoms(peer))

    def side(self, group: Group, direction: Direction, other: int, engine: Engine | None = None) -> PortSet:
        """The ports that every pod of a group may use with an atom, by the rules of one direction."""
        engine = engine or self.engine
        sets = [engine.table.sets[engine.row(direction, atom).ports(other)] for atom in self._atoms(group)]
        found = sets[0]
        for each in sets[1:]:
            found &= each
        return found

    def _atoms(self, end: End) -> list[int]:
        return atoms_of(self.engine, end)


def of_protocol(engine: Engine, protocol: AnyProtocol) -> Engine:
    """The engine, or where ICMP is asked about, one that has its messages, over the same atoms."""
    return _with_icmp(engine) if isinstance(protocol, Icmp) else engine


@lru_cache(maxsize=4)
def _with_icmp(engine: Engine) -> Engine:
    return engine.with_icmp()


def atoms_of(engine: Engine, end: End) -> list[int]:
    """The numbers of the atoms that hold an end."""
    return sorted(by_atom(engine, end))


def by_atom(engine: Engine, end: End) -> dict[int, list[Endpoint]]:
    """The endpoints of an end by the atom that holds them."""
    found: dict[int, list[Endpoint]] = {}
    if isinstance(end, Address) and not end.hosts:
        endpoint = AddressEndpoint(end.point)
        return {engine.atom(endpoint): [endpoint]}
    for pod in end.hosts if isinstance(end, Address) else end.pods:
        found.setdefault(engine.atom(pod), []).append(pod)
    return found
