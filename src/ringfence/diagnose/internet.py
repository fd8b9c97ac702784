"""What reaches the Internet: public addresses that pods may open connections to, and the rules that let them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from ringfence.diagnose.report import InternetAccess
from ringfence.engine import Engine
from ringfence.engine.fold import Row
from ringfence.engine.porttable import NONE
from ringfence.explain.words import object_name, rule_number
from ringfence.model.addresses import ALL_V4, NO_ADDRESSES, AddressSet, format_address
from ringfence.model.internet import ASSIGNED_V6, INTERNET, INTERNET_V4
from ringfence.model.objects import Pod
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.model.policy import Direction
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Reason

_NEARLY_ALL = INTERNET_V4.size // 2
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Way:
    """What one row lets out, and why."""

    addresses: AddressSet
    ports: PortSet
    rule: str
    origin: Origin
    policy: ObjectRef | None = None


@dataclass(slots=True)
class _Group:
    way: _Way
    workloads: dict[str, None] = field(default_factory=dict)
    pods: int = 0


def internet(engine: Engine, *, namespaces: frozenset[str] = frozenset()) -> tuple[InternetAccess, ...]:
    """Who may open connections to public addresses; the widest first. Host-network pods are left out: all may."""
    nodes = AddressSet.of((address, address) for address in engine.facts.node_of_address)
    spaces = [
        (number, public)
        for number in engine.universe.address_atoms
        if (public := (engine.universe.atoms[number].addresses & INTERNET) - nodes)
    ]
    ways: dict[Hashable, _Way | None] = {}
    groups: dict[_Way, _Group] = {}
    for number, atom in enumerate(engine.universe.atoms):
        if not atom.guarded or (namespaces and atom.pods[0].namespace not in namespaces):
            continue
        key = engine.profile(Direction.EGRESS, number)
        if key not in ways:
            ways[key] = _way(engine, atom.pods[0], engine.row(Direction.EGRESS, number), spaces)
        way = ways[key]
        if way is not None:
            group = groups.setdefault(way, _Group(way))
            group.pods += len(atom.pods)
            group.workloads.update(dict.fromkeys(str(pod.workload) for pod in atom.pods))
    ordered = sorted(groups.values(), key=lambda group: (-group.way.addresses.size, -group.pods))
    return tuple(_access(group) for group in ordered)


def _way(engine: Engine, pod: Pod, row: Row, spaces: Iterable[tuple[int, AddressSet]]) -> _Way | None:
    reached, ports = NO_ADDRESSES, NO_PORTS
    example: tuple[int, PortSet] | None = None
    for number, public in spaces:
        allowed = row.ports(number)
        if allowed == NONE:
            continue
        reached = reached | public
        ports = ports | engine.table.sets[allowed]
        if example is None:
            example = public.intervals[0][0], engine.table.sets[allowed]
    if example is None:
        return None
    protocol, port = _first(example[1])
    side = engine.verdict(pod, AddressEndpoint(example[0]), protocol, port, misses=False).egress
    if side.reason is Reason.NOT_ISOLATED or not side.deciding:
        return _Way(reached, ports, "", UNKNOWN)
    trace = side.deciding[0]
    text = f"{object_name(trace.policy.ref)}, {rule_number(trace)}"
    return _Way(reached, ports, text, trace.rule.origin, trace.policy.ref)


def _first(ports: PortSet) -> tuple[Protocol, int]:
    for protocol in Protocol:
        for low, _ in ports.of_protocol(protocol):
            return protocol, low
    return Protocol.TCP, 443


def _access(group: _Group) -> InternetAccess:
    way = group.way
    everywhere = (way.addresses & ALL_V4).size > _NEARLY_ALL or way.addresses >= ASSIGNED_V6
    return InternetAccess(
        tuple(group.workloads),
        group.pods,
        _in_words(way.addresses, everywhere=everywhere),
        everywhere,
        way.ports,
        way.rule,
        way.origin,
        way.policy,
    )


def _in_words(addresses: AddressSet, *, everywhere: bool) -> str:
    if addresses >= INTERNET:
        return "every public address"
    if everywhere:
        return "most public addresses"
    shown = [format_address(lo) if lo == hi else f"{format_address(lo)}-{format_address(hi)}" for lo, hi in addresses]
    more = f" and {len(shown) - _SHOWN} more ranges" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more
