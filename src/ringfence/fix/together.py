"""Many denied pairs as few policies: one for the names of a namespace, and one for each workload that is guarded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.explain.judge import direction_of
from ringfence.fix.denied import only_isolated
from ringfence.fix.shapes import (
    Body,
    Port,
    exact_labels,
    free_name,
    match_labels,
    namespace_selector,
    network_policy_peers,
    peer_list,
    values_selector,
)
from ringfence.fix.together_bodies import Api, Need, api_of, body_of
from ringfence.fix.wanted import Wanted
from ringfence.fix.world import World, key_of
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction
from ringfence.model.verdict import Endpoint

_DNS = "allow-dns"
_SERVE_DNS = "serve-dns"


@dataclass(slots=True)
class _Peers:
    """The other ends of one kind, and the ports at the destination."""

    ends: dict[str, Endpoint] = field(default_factory=dict)
    ports: set[Port] = field(default_factory=set)


@dataclass(slots=True)
class _Demand:
    """What one group of pods needs in one direction: ends by workload or address."""

    pods: dict[str, Pod] = field(default_factory=dict)
    peers: dict[str, _Peers] = field(default_factory=lambda: defaultdict(_Peers))

    @property
    def shape(self) -> frozenset[tuple[str, frozenset[Port]]]:
        """Who is asked, and on which ports."""
        return frozenset((name, frozenset(peers.ports)) for name, peers in self.peers.items())

    def add(self, pods: Sequence[Pod], ends: Sequence[Endpoint], port: Port) -> None:
        """Enter that each of the pods is denied each of the ends."""
        self.pods.update((str(pod), pod) for pod in pods)
        for end in ends:
            peers = self.peers[str(end.workload) if isinstance(end, Pod) else str(end)]
            peers.ends[str(end)] = end
            peers.ports.add(port)


_Owner = tuple[bool, str, WorkloadRef | None, Api]
"""Whether it is about names, the namespace, the workload (none for those that ask alike there), and the API."""

_Sides = dict[Direction, _Demand]


def new_policies(world: World, wanted: Sequence[Wanted]) -> tuple[Patch, ...]:
    """Policies that allow what the wanted connections lack a rule for, and nothing for which no policy isolates.

    Each is of the API whose policies isolate.
    They isolate nothing that isn't isolated already, so they close nothing.
    """
    demands = _alike(_demands(world, wanted))
    taken: dict[str, set[str]] = defaultdict(set)
    patches = []
    for owner, sides in demands:
        for group in _groups(world, sides, whole=owner[0]):
            patch = _policy(world, owner, group, taken[owner[1]])
            if patch is not None:
                patches.append(patch)
    return tuple(patches)


def _alike(demands: dict[_Owner, _Sides]) -> list[tuple[_Owner, _Sides]]:
    """Demands in order, names first; workloads of a namespace that ask the same servers for names are one demand."""
    found: dict[object, tuple[_Owner, _Sides]] = {}
    for owner in sorted(demands, key=lambda owner: (not owner[0], *map(str, owner[1:]))):
        names, namespace, _, api = owner
        sides = demands[owner]
        if not names:
            found[owner] = owner, sides
            continue
        key = namespace, api, frozenset((direction, demand.shape) for direction, demand in sides.items())
        if key not in found:
            found[key] = (names, namespace, None, api), sides
        else:
            for direction, demand in sides.items():
                found[key][1][direction].pods.update(demand.pods)
    return list(found.values())


def _demands(world: World, wanted: Sequence[Wanted]) -> dict[_Owner, _Sides]:
    found: dict[_Owner, _Sides] = defaultdict(lambda: defaultdict(_Demand))
    for each in wanted:
        for pairs, verdict in each.connection.pairs(world):
            for direction in Direction:
                side = direction_of(verdict, direction)
                if side.allowed or not only_isolated(side):
                    continue
                subjects, peers = pairs.sources, pairs.destinations
                if direction is Direction.INGRESS:
                    subjects, peers = peers, subjects
                port = each.protocol, pairs.target.port
                for workload, pods in _by_workload(subjects).items():
                    owner = each.dns, workload.namespace, workload, api_of(side)
                    found[owner][direction].add(pods, peers, port)
    return found


def _by_workload(ends: Sequence[Endpoint]) -> dict[WorkloadRef, list[Pod]]:
    groups: dict[WorkloadRef, list[Pod]] = defaultdict(list)
    for end in ends:
        if isinstance(end, Pod):
            groups[end.workload].append(end)
    return groups


@dataclass(frozen=True, slots=True)
class _Group:
    """Pods that one selector selects and no others that matter, and what they need."""

    selector: Body
    sides: _Sides


def _groups(world: World, sides: _Sides, *, whole: bool) -> Iterator[_Group]:
    """One group where one selector is exact for all, else one for each workload and direction."""
    pods = {name: pod for demand in sides.values() for name, pod in demand.pods.items()}
    alike = all(demand.pods.keys() == pods.keys() for demand in sides.values())
    if whole and alike and _covers(world, list(pods.values())):
        yield _Group({}, dict(sides))
        return
    several = values_selector(list(pods.values()), world) if whole and alike else None
    if several is not None:
        yield _Group(several, dict(sides))
        return
    if alike and len({pod.workload for pod in pods.values()}) == 1:
        yield _Group(match_labels(exact_labels(list(pods.values()), world)), dict(sides))
        return
    for direction, demand in sides.items():
        for members in _by_workload(list(demand.pods.values())).values():
            part = _Demand({str(pod): pod for pod in members}, demand.peers)
            yield _Group(match_labels(exact_labels(members, world)), {direction: part})


def _covers(world: World, pods: Sequence[Pod]) -> bool:
    """True where these are all pods of their namespace that a policy can select."""
    meant = {key_of(pod) for pod in pods}
    return all(pod.host_network or key_of(pod) in meant for pod in world.pods_in(pods[0].namespace))


def _policy(world: World, owner: _Owner, group: _Group, taken: set[str]) -> Patch | None:
    _, namespace, workload, api = owner
    sides = sorted(group.sides, key=lambda side: side is Direction.EGRESS)
    needs = {side: list(_needs(world, namespace, side, group.sides[side], names=workload is None)) for side in sides}
    needs = {side: listed for side, listed in needs.items() if listed}
    base = f"allow-{workload.name}" if workload is not None else _DNS if Direction.EGRESS in needs else _SERVE_DNS
    name = free_name(base, (*world.policy_names(namespace), *taken))
    ref = api.ref(name, namespace)
    body = body_of(api, ref, group.selector, needs, world)
    if body is None:
        return None
    taken.add(name)
    titles = [f"{side} {peer_list(side)} {_listed(group.sides[side].peers)}" for side in needs]
    return Patch(f"Add {api.called} {namespace}/{name}: {' and '.join(titles)}", ref, manifest=body)


def _needs(world: World, namespace: str, direction: Direction, demand: _Demand, *, names: bool) -> Iterator[Need]:
    """What is needed by sets of ports, each with all that need just these."""
    by_ports: dict[tuple[Port, ...], list[Endpoint]] = defaultdict(list)
    for peers in demand.peers.values():
        by_ports[tuple(sorted(peers.ports))] += peers.ends.values()
    for ports in sorted(by_ports):
        ends = by_ports[ports]
        wide = _wide_peers(ends, namespace, world) if names and direction is Direction.INGRESS else None
        if wide:
            yield Need(wide, (), ports)
            continue
        # An end of the host network without an address can't be named at all.
        nameable = [end for end in ends if _nameable(end)]
        pods = [end for end in nameable if isinstance(end, Pod) and not end.host_network]
        others = [end for end in nameable if not isinstance(end, Pod) or end.host_network]
        if nameable:
            yield Need(_peers(pods, namespace, world), others, ports)


def _peers(ends: Sequence[Pod], namespace: str, world: World) -> list[Body]:
    """Each namespace's pods by the values of one label where that is exact, else workload by workload."""
    spaces: dict[str, list[Pod]] = defaultdict(list)
    for end in ends:
        spaces[end.namespace].append(end)
    found: list[Body] = []
    for place in sorted(spaces):
        pods = spaces[place]
        several = values_selector(pods, world) if len({pod.workload for pod in pods}) > 1 else None
        if several is None:
            found += network_policy_peers(sorted(pods, key=str), namespace, world) or []
        elif place == namespace:
            found.append({"podSelector": several})
        else:
            found.append({"namespaceSelector": namespace_selector(place), "podSelector": several})
    return found


def _wide_peers(ends: Sequence[Endpoint], namespace: str, world: World) -> list[Body] | None:
    """Whole namespaces, where every pod of them asks: who asks for names is seldom worth a list of labels."""
    spaces: dict[str, set[object]] = defaultdict(set)
    for end in ends:
        if not isinstance(end, Pod) or end.host_network:
            return None
        spaces[end.namespace].add(key_of(end))
    for name, keys in spaces.items():
        if keys != {key_of(pod) for pod in world.pods_in(name) if not pod.host_network}:
            return None
    return [
        {"podSelector": {}} if name == namespace else {"namespaceSelector": namespace_selector(name)}
        for name in sorted(spaces)
    ]


def _nameable(end: Endpoint) -> bool:
    return not isinstance(end, Pod) or not end.host_network or bool(end.addresses)


_NAMED = 3


def _listed(peers: dict[str, _Peers]) -> str:
    names = sorted(name.rsplit("/", 1)[-1] for name in peers)
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
