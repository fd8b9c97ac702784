"""Workloads that share a load, in two namespaces or on two node pools, and whose ranges of outside addresses differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Remark, Topic
from ringfence.diagnose.varying import in_words
from ringfence.engine import Engine
from ringfence.explain.words import object_name, rule_number
from ringfence.fix.shapes import path_of, value_at
from ringfence.model.addresses import ALL_V4, NO_ADDRESSES, AddressSet
from ringfence.model.finding import Severity
from ringfence.model.internet import INTERNET, INTERNET_V4
from ringfence.model.objects import Pod, Service, WorkloadRef
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.policy import AddressPeer, Direction
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, RuleTrace

_NEARLY_ALL = (INTERNET_V4).size // 2
_MOST = 8
"""A Service of more workloads, or a name in more namespaces, is a convention and no shared load."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """The public addresses that a pod may open connections to on one set of ports."""

    pod: Pod
    ports: PortSet
    addresses: AddressSet


def namesakes(engine: Engine, pods: Iterable[Pod], services: Iterable[Service], remedies: Remedies) -> Iterator[Remark]:
    """A remark for each two such workloads, where one may reach a part of what the other may, on the same ports."""
    first: dict[WorkloadRef, Pod] = {}
    for pod in pods:
        if not pod.host_network:
            first.setdefault(pod.workload, pod)
    told: set[frozenset[WorkloadRef]] = set()
    for group in _groups(first, services):
        reaches = [(workload, _reach(engine, first[workload])) for workload in group]
        for (one, left), (other, right) in combinations([each for each in reaches if each[1]], 2):
            pair = frozenset({one, other})
            found = _differing(left, right) if pair not in told else None
            if found is not None:
                told.add(pair)
                yield from _remark(engine, remedies, *found)


def _groups(first: dict[WorkloadRef, Pod], services: Iterable[Service]) -> Iterator[Sequence[WorkloadRef]]:
    by_name: dict[tuple[str, str], list[WorkloadRef]] = {}
    by_namespace: dict[str, list[WorkloadRef]] = {}
    for workload in first:
        by_name.setdefault((workload.kind, workload.name), []).append(workload)
        by_namespace.setdefault(workload.namespace, []).append(workload)
    yield from (group for group in by_name.values() if 1 < len(group) <= _MOST)
    for service in services:
        if not service.selector:
            continue
        group = [
            workload
            for workload in by_namespace.get(service.namespace, ())
            if service.selector.items() <= first[workload].labels.items()
        ]
        if 1 < len(group) <= _MOST:
            yield group


def _reach(engine: Engine, pod: Pod) -> list[_Reach]:
    """What is limited to a part of the Internet, by ports."""
    row = engine.row(Direction.EGRESS, engine.atom(pod))
    by_ports: dict[int, AddressSet] = {}
    for number in engine.universe.address_atoms:
        ports = row.ports(number)
        public = engine.universe.atoms[number].addresses & INTERNET
        if public and engine.table.sets[ports]:
            by_ports[ports] = by_ports.get(ports, NO_ADDRESSES) | public
    return [
        _Reach(pod, engine.table.sets[ports], addresses)
        for ports, addresses in by_ports.items()
        if (addresses & ALL_V4).size < _NEARLY_ALL
    ]


def _differing(left: list[_Reach], right: list[_Reach]) -> tuple[_Reach, _Reach] | None:
    """A pair on the same ports of which the first is a part of the second."""
    for one in left:
        for other in right:
            if one.ports == other.ports and one.addresses != other.addresses and one.addresses & other.addresses:
                if one.addresses <= other.addresses:
                    return one, other
                if other.addresses <= one.addresses:
                    return other, one
    return None


def _remark(engine: Engine, remedies: Remedies, part: _Reach, whole: _Reach) -> Iterator[Remark]:
    less, more = _rule(engine, part), _rule(engine, whole)
    if less is None or more is None:
        return
    ports = part.ports
    what = (
        f"{_named(less)} allows {part.pod.workload} {in_words(part.addresses)} on {ports}, and {_named(more)} allows "
    )
    what += f"{whole.pod.workload} {in_words(whole.addresses)}: which of the two makes a call decides whether it works."
    yield Remark(
        Topic.VARYING,
        Severity.WARNING,
        what,
        less.rule.origin,
        less.policy.ref,
        "Write the same ranges for both, if they do the same work.",
        _same(remedies, (part, less), (whole, more)),
        None,
        (more.policy.ref,),
        frozenset({part.pod.namespace, whole.pod.namespace}),
    )


def _rule(engine: Engine, reach: _Reach) -> RuleTrace | None:
    protocol, port = next((p, lo) for p in Protocol for lo, _ in reach.ports.of_protocol(p))
    address = AddressEndpoint(reach.addresses.intervals[0][0])
    deciding = engine.verdict(reach.pod, address, protocol, port, misses=False).egress.deciding
    return deciding[0] if deciding else None


def _named(trace: RuleTrace) -> str:
    return f"{object_name(trace.policy.ref)}, {rule_number(trace)},"


def _same(remedies: Remedies, less: tuple[_Reach, RuleTrace], more: tuple[_Reach, RuleTrace]) -> tuple[str, ...]:
    """The command that gives the narrower rule the ranges of the wider one."""
    wider, narrower = _blocks(remedies, more[1]), _blocks(remedies, less[1])
    if not wider or not narrower:
        return ()
    path = (*path_of(less[1].rule.origin), "to")
    patch = Patch(f"Write the ranges of {more[1].policy.ref}", less[1].policy.ref, (Edit(EditOp.REPLACE, path, wider),))

    def holds(after: Engine) -> bool:
        wanted = (more[0].ports, more[0].addresses)
        return wanted in [(each.ports, each.addresses) for each in _reach(after, less[0].pod)]

    return remedies.patch(patch, holds, opens=True)


def _blocks(remedies: Remedies, trace: RuleTrace) -> list[Any]:
    """The entries of a rule of a NetworkPolicy, if they are ranges only."""
    raw = remedies.world.raw(trace.policy.ref)
    path = path_of(trace.rule.origin)
    if raw is None or not path or not all(isinstance(peer, AddressPeer) for peer in trace.rule.peers or ()):
        return []
    entries = value_at(raw.body, (*path, "to"))
    return entries if isinstance(entries, list) else []
