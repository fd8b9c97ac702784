"""What is on one line of the map: the connections that it sums up, or, of a single one, what decides each port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from ringfence.cluster import Cluster
from ringfence.explain.judge import judge
from ringfence.model.addresses import parse_address
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet
from ringfence.model.verdict import AddressEndpoint
from ringfence.server.map_edge import PortAnswer, answered, asked_ports
from ringfence.server.map_edges import Edge
from ringfence.server.map_outside import Outside
from ringfence.server.map_pairs import Member, Pairs

MOST: Final = 200
"""Connections between workloads that are listed of one line."""


@dataclass(frozen=True, slots=True)
class Between:
    """A connection between two workloads, or between one and a place outside."""

    source: str
    target: str
    ports: PortSet
    varies: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """A line: its sum, and the connections between workloads (``more`` are left out).

    Where it is one pair of workloads, or a workload and a place outside, ``ports`` tell what decides (``more_ports``
    are left out), and ``asked`` are the ends as ``why`` takes them: of a place outside an address in it.
    """

    edge: Edge
    connections: tuple[Between, ...]
    more: int
    ports: tuple[PortAnswer, ...] = ()
    more_ports: int = 0
    asked: tuple[str, str] = ("", "")


def look(pairs: Pairs, cluster: Cluster, source: str, target: str, denied: Iterable[tuple[str, str]] = ()) -> Looked:
    """Looks at the line from one box to another, each a namespace, a workload or a place outside.

    Raises:
        QueryError: a name is none of them, or both are outside.
    """
    left, right = _end(pairs, source), _end(pairs, target)
    if isinstance(left, int) and isinstance(right, int):
        raise QueryError("Both ends are outside the cluster.")
    found = list(_between(pairs, left, right))
    refused = _names(pairs, left, source), _names(pairs, right, target)
    edge = Edge(
        source,
        target,
        len(found),
        len(refused[0]) * len(refused[1]) - (len(refused[0]) if source == target else 0),
        sum(each.ports == ALL_PORTS for each in found),
        sum(each.varies for each in found),
        sum(a in refused[0] and b in refused[1] for a, b in set(denied)),
        reduce(or_, dict.fromkeys(each.ports for each in found), NO_PORTS),
    )
    shown = tuple(found[:MOST])
    if any(isinstance(end, list) and len(end) > 1 for end in (left, right)) or source == target:
        return Looked(edge, shown, len(found) - len(shown))
    asked = _asked(pairs, cluster, left, right)
    start, end = cluster.endpoints.source(asked[0]), cluster.endpoints.destination(asked[1])
    ports, more = asked_ports(edge.ports, cluster.endpoints.ports(end))
    answers = tuple(
        answered(port, judge(cluster.engine, cluster.endpoints, start, end, port.protocol, port.port), cluster)
        for port in ports
    )
    return Looked(edge, shown, 0, answers, more, asked)


def _end(pairs: Pairs, name: str) -> list[int] | int:
    """The numbers of the workloads that a name stands for, or that of a place outside.

    Raises:
        QueryError: it stands for none.
    """
    for number, place in enumerate(pairs.outside):
        if place.name == name:
            return number
    if "/" in name:
        members = [pairs.index()[name]] if name in pairs.index() else []
    else:
        members = [number for number, member in enumerate(pairs.members) if member.ref.namespace == name]
    if not members:
        raise QueryError(f"There is no workload, namespace or place outside {name!r}.")
    return members


def _names(pairs: Pairs, end: list[int] | int, name: str) -> frozenset[str]:
    return frozenset(pairs.members[each].name for each in end) if isinstance(end, list) else frozenset([name])


def _between(pairs: Pairs, left: list[int] | int, right: list[int] | int) -> Iterator[Between]:
    sets, members, outside = pairs.sets, pairs.members, pairs.outside
    if isinstance(left, list) and isinstance(right, list):
        for s in left:
            row = pairs.between[s]
            for d in right:
                if row[d]:
                    ports = sets[int(row[d])]
                    yield Between(members[s].name, members[d].name, ports, bool(pairs.varies[s, d]))
    elif isinstance(left, list) and isinstance(right, int):
        row = pairs.outward[right]
        yield from (Between(members[s].name, outside[right].name, sets[int(row[s])]) for s in left if row[s])
    elif isinstance(left, int) and isinstance(right, list):
        row = pairs.inward[left]
        yield from (Between(outside[left].name, members[d].name, sets[int(row[d])]) for d in right if row[d])


def _asked(pairs: Pairs, cluster: Cluster, left: list[int] | int, right: list[int] | int) -> tuple[str, str]:
    """The ends as texts of a question."""
    if isinstance(left, int):
        member = pairs.members[right[0]] if isinstance(right, list) else None
        return (_address(cluster, pairs.outside[left], member, outgoing=False), member.name if member else "")
    member = pairs.members[left[0]]
    if isinstance(right, int):
        return member.name, _address(cluster, pairs.outside[right], member, outgoing=True)
    return member.name, pairs.members[right[0]].name


def _address(cluster: Cluster, outside: Outside, member: Member | None, *, outgoing: bool) -> str:
    """The address of a place with which a workload may connect on the most ports; the first of several."""
    found = cluster.endpoints.source(member.name).endpoints if member is not None else ()
    pods = {cluster.engine.atom(pod): pod for pod in found if isinstance(pod, Pod)}.values()

    def open_ports(address: str) -> int:
        end = AddressEndpoint(parse_address(address))
        ends: list[tuple[Pod, AddressEndpoint] | tuple[AddressEndpoint, Pod]] = [
            (pod, end) if outgoing else (end, pod) for pod in pods
        ]
        return max((cluster.engine.allowed(*each).size for each in ends), default=0)

    return max(outside.addresses, key=open_ports)
