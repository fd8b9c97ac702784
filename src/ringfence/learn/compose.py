"""Rules for what one direction of a group needs, and no wider than its evidence and the platform ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ringfence.learn.demands import Demands, Port
from ringfence.learn.dialects import Dialect
from ringfence.learn.ends import Address, End
from ringfence.learn.evidence import Evidence
from ringfence.learn.existing import Known
from ringfence.learn.groups import Group, Groups
from ringfence.learn.mesh import GUARDS_SERVERS, OUTSIDE, Mesh
from ringfence.learn.platform import ASSUMED_DNS, Platform
from ringfence.learn.ranges import merge
from ringfence.learn.rules import LearnedRule, Purpose, Side, State, rule_for
from ringfence.model.addresses import ALL_ADDRESSES, AddressSet
from ringfence.model.policy import AddressPeer, Direction, NamePeer, Peer, SameNodePeer
from ringfence.model.ports import Protocol


class Composer:
    """Writes sides for one dialect. ``budget`` is the most ranges that a rule may have."""

    def __init__(
        self, demands: Demands, known: Known, platform: Platform, groups: Groups, dialect: Dialect, budget: int
    ) -> None:
        self._demands = demands
        self._groups = groups
        self._known = known
        self._platform = platform
        self._dialect = dialect
        self._budget = budget
        self._mesh = Mesh(groups.snapshot) if dialect.mesh else None
        snapshot = known.snapshot
        pods = {address for pod in snapshot.pods if not pod.host_network for address in pod.addresses}
        services = {address for service in snapshot.services for address in service.cluster_addresses}
        nodes = {address for node in snapshot.nodes for address in node.addresses}
        nodes |= {address for pod in snapshot.pods if pod.host_network for address in pod.addresses}
        self._not_outside = sorted(pods | services | nodes)
        self._not_nodes = sorted((pods | services) - nodes)

    def side(self, group: Group, direction: Direction) -> Side:
        """One direction of a group."""
        needs = self._demands.needs(group, direction)
        if self._mesh is not None:
            needs, why = self._of_mesh(self._mesh, group, direction, needs)
            if why:
                return Side(direction, State.OPEN, reasons=why)
        isolated = self._known.isolated(group, direction)
        by_nodes = direction is Direction.INGRESS and all(map(_may_be_kubelet, needs))
        if not needs or (by_nodes and not isolated):
            reasons = tuple(sorted(self._demands.open.get((group, direction), ())))
            return Side(direction, State.OPEN if reasons else State.UNSEEN, reasons=reasons)
        reasons = self._reasons(group, direction)
        if reasons:
            return Side(direction, State.OPEN, reasons=reasons)
        todo: dict[End, dict[Port, Evidence]] = {}
        known = 0
        for end, ports in needs.items():
            left = {
                port: evidence
                for port, evidence in ports.items()
                if not (isolated and self._known.allows(group, direction, end, port))
            }
            known += len(ports) - len(left)
            if left:
                todo[end] = left
        rules = tuple(self._rules(group, direction, todo, isolated=isolated))
        return Side(direction, State.GUARDED if isolated and not rules else State.ISOLATED, rules, known)

    def _of_mesh(
        self, mesh: Mesh, group: Group, direction: Direction, needs: dict[End, dict[Port, Evidence]]
    ) -> tuple[dict[End, dict[Port, Evidence]], tuple[str, ...]]:
        """What of the needs an AuthorizationPolicy limits, and why it can't be written, if it can't."""
        if not needs:
            return needs, ()
        if direction is Direction.EGRESS:
            return needs, (GUARDS_SERVERS,)
        if not mesh.has(group):
            return needs, (OUTSIDE,)
        tcp = {end: {port: ports[port] for port in ports if port[0] is Protocol.TCP} for end, ports in needs.items()}
        tcp = {end: ports for end, ports in tcp.items() if ports}
        outsiders = sorted(str(end) for end in tcp if isinstance(end, Group) and not mesh.has(end))
        return tcp, tuple(f"{name} calls it from outside the mesh, and has no identity" for name in outsiders)

    def _reasons(self, group: Group, direction: Direction) -> tuple[str, ...]:
        """Why a direction can't be isolated: what no rule can name, of all pods that the selector means."""
        found = sorted(self._demands.open.get((group, direction), ()))
        for workload in group.also:
            other = self._groups.of(workload)
            if other is not None and other is not group:
                reasons = sorted(self._demands.open.get((other, direction), ()))
                if not other.guardable and self._demands.needs(other, direction):
                    reasons = ["it is gone from the cluster, and gets no policy of its own"]
                found += [f"its selector also means {workload}: {reason}" for reason in reasons]
        return tuple(found)

    def _rules(
        self, group: Group, direction: Direction, todo: dict[End, dict[Port, Evidence]], *, isolated: bool
    ) -> Iterator[LearnedRule]:
        if direction is Direction.EGRESS:
            yield from self._dns(group, todo, isolated=isolated)
        else:
            yield from self._served(group, todo, isolated=isolated)
        pods = sorted((end for end in todo if isinstance(end, Group)), key=lambda end: (end.namespace, end.name))
        for other in pods:
            if todo[other]:
                note = "" if not other.also else f"its selector means {', '.join(map(str, other.also))}, too"
                peer = other.peer
                if self._mesh is not None:
                    peer, note = self._mesh.caller(other)
                yield _observed(direction, str(other), (peer,), todo[other], note)
        addresses = [end for end in todo if isinstance(end, Address) and todo[end]]
        yield from self._by_ports(direction, [end for end in addresses if end.is_node], todo, nodes=True)
        outside = [end for end in addresses if not end.is_node]
        if direction is Direction.EGRESS:
            named: dict[str, list[Address]] = {}
            for end in outside:
                if end.name:
                    named.setdefault(end.name, []).append(end)
            for name in sorted(named):
                yield self._by_name(name, named[name], todo)
            outside = [end for end in outside if not end.name]
        yield from self._by_ports(direction, outside, todo, nodes=False)

    # ---- the platform --------------------------------------------------------------------------------------------

    def _dns(self, group: Group, todo: dict[End, dict[Port, Evidence]], *, isolated: bool) -> Iterator[LearnedRule]:
        if self._platform.is_dns(group) or not self._platform.uses_names(group, self._demands):
            return
        for target in self._platform.dns:
            ports = target.numbers
            if target.end is None:
                if isolated:
                    continue  # who guards the pods has thought of DNS, and nobody can look where it is
                note = "assumed: the input has no DNS pods"
                yield rule_for(Direction.EGRESS, Purpose.DNS, str(target.peer), (ASSUMED_DNS,), ports, {}, note)
                continue
            end = target.end
            allowed = isolated and all(self._known.allows(group, Direction.EGRESS, end, port) for port in ports)
            if allowed and not (self._dialect.proxied and any(map(_is_named, todo))):
                continue
            own = todo.get(end, {})
            for port in ports:
                own.pop(port, None)
            seen = self._demands.needs(group, Direction.EGRESS).get(end, {})
            evidence = {port: seen[port] for port in ports if port in seen}
            peers = (
                (end.peer,) if isinstance(end, Group) else self._address_peers(AddressSet.point(end.point), nodes=False)
            )
            yield rule_for(Direction.EGRESS, Purpose.DNS, str(end), peers, ports, evidence)

    def _served(self, group: Group, todo: dict[End, dict[Port, Evidence]], *, isolated: bool) -> Iterator[LearnedRule]:
        """Ingress that is not only for those who were seen: DNS, webhooks, and what faces clients outside."""
        direction = Direction.INGRESS
        if self._platform.is_dns(group):
            ports = next(target.numbers for target in self._platform.dns if target.end is group)
            evidence = _taken(todo, lambda _, port: port in ports)
            if evidence or not isolated:
                yield rule_for(direction, Purpose.DNS, "everyone", None, ports, evidence, "every pod asks for names")
        if group in self._platform.public:
            evidence = _taken(todo, lambda end, _: isinstance(end, Address) and not end.is_node)
            ports = tuple(sorted(evidence.keys() | (set() if isolated else self._platform.public[group])))
            if ports:
                everywhere = self._address_peers(ALL_ADDRESSES, nodes=False)
                note = "it serves clients outside, who are whoever comes"
                yield rule_for(direction, Purpose.PUBLIC, "every address", everywhere, ports, evidence, note)
        yield from self._webhooks(group, todo, isolated=isolated)

    def _webhooks(
        self, group: Group, todo: dict[End, dict[Port, Evidence]], *, isolated: bool
    ) -> Iterator[LearnedRule]:
        """The API server's calls, which are seen only when somebody changes an object."""
        callers = self._platform.api_servers()
        ends = [Address(point) for point in callers]
        peers = self._api_server_peers(callers) if callers else None
        who = "the API server" if callers else "everyone, as the input has no address of the API server"
        for port, users in sorted(self._platform.webhooks.get(group, {}).items()):
            if isolated and ends and all(self._known.allows(group, Direction.INGRESS, end, port) for end in ends):
                continue
            evidence: dict[Port, Evidence] = {}
            for end, ports in todo.items():
                if isinstance(end, Address) and end.point in callers and port in ports:
                    evidence[port] = ports.pop(port) | evidence[port] if port in evidence else ports.pop(port)
            note = f"called by {', '.join(sorted(users))}"
            made = rule_for(Direction.INGRESS, Purpose.WEBHOOK, who, peers, (port,), evidence, note)
            yield replace(made, addresses=AddressSet.of((point, point) for point in callers))

    def _api_server_peers(self, points: Sequence[int]) -> tuple[Peer, ...]:
        nodes = {address for node in self._known.snapshot.nodes for address in node.addresses}
        inside = AddressSet.of((point, point) for point in points if point in nodes)
        outside = AddressSet.of((point, point) for point in points if point not in nodes)
        if self._dialect.ranges_of_all:
            return self._address_peers(inside | outside, nodes=False)
        return (
            *(self._address_peers(inside, nodes=True) if inside else ()),
            *(self._address_peers(outside, nodes=False) if outside else ()),
        )

    # ---- addresses -----------------------------------------------------------------------------------------------

    def _by_ports(
        self, direction: Direction, ends: Iterable[Address], todo: Mapping[End, Mapping[Port, Evidence]], *, nodes: bool
    ) -> Iterator[LearnedRule]:
        """Addresses with the same ports are one rule."""
        alike: dict[tuple[Port, ...], list[Address]] = {}
        for end in ends:
            alike.setdefault(tuple(sorted(todo[end])), []).append(end)
        for ports in sorted(alike):
            yield self._addresses(direction, alike[ports], todo, nodes=nodes)

    def _addresses(
        self, direction: Direction, ends: Sequence[Address], todo: Mapping[End, Mapping[Port, Evidence]], *, nodes: bool
    ) -> LearnedRule:
        kept_out = self._not_nodes if nodes else self._not_outside
        merged = merge((end.point for end in ends), self._budget, kept_out)
        what = "node" if nodes else "address"
        peer = str(ends[0]) if len(ends) == 1 else f"{len(ends)} {what}{'es' if what == 'address' else 's'}"
        note = "" if merged.within else "more ranges than the budget: a shorter prefix would take in the cluster's own"
        if nodes and not self._dialect.ranges_of_all:
            note = "all nodes: ranges mean no node here"
        text = f"node {peer}" if nodes and len(ends) == 1 else peer
        peers = self._address_peers(merged.addresses, nodes=nodes)
        made = _observed(direction, text, peers, _ports(ends, todo), note)
        return replace(made, addresses=merged.addresses, added=merged.added)

    def _by_name(self, name: str, ends: Sequence[Address], todo: Mapping[End, Mapping[Port, Evidence]]) -> LearnedRule:
        addresses = AddressSet.of((end.point, end.point) for end in ends)
        others = sorted({other for end in ends for other in end.other_names if other != name})
        note = f"other names on its addresses: {', '.join(others)}" if others else ""
        if self._dialect.names:
            peers = (NamePeer(name, addresses=addresses),)
            made = _observed(Direction.EGRESS, name, peers, _ports(ends, todo), note)
            return replace(made, name=name, addresses=addresses)
        made = self._addresses(Direction.EGRESS, ends, todo, nodes=False)
        frozen = f"the addresses that {name} had; they don't follow DNS"
        return replace(made, peer=name, name=name, note="; ".join(filter(None, (frozen, made.note, note))))

    def _address_peers(self, addresses: AddressSet, *, nodes: bool) -> tuple[Peer, ...]:
        if self._dialect.ranges_of_all:
            return (AddressPeer(addresses),)
        if nodes:
            return (SameNodePeer(), SameNodePeer(same=False))
        return (AddressPeer(addresses, pods=False, nodes=False),)


def _is_named(end: End) -> bool:
    return isinstance(end, Address) and bool(end.name)


def _may_be_kubelet(end: End) -> bool:
    return isinstance(end, Address) and end.is_node and not end.hosts


def _taken(todo: Mapping[End, dict[Port, Evidence]], wanted: Callable[[End, Port], bool]) -> dict[Port, Evidence]:
    """Takes what a rule of the platform serves out of what is to be done."""
    found: dict[Port, Evidence] = {}
    for end, ports in todo.items():
        for port in [port for port in ports if wanted(end, port)]:
            evidence = ports.pop(port)
            found[port] = found[port] | evidence if port in found else evidence
    return found


def _ports(ends: Iterable[End], todo: Mapping[End, Mapping[Port, Evidence]]) -> dict[Port, Evidence]:
    found: dict[Port, Evidence] = {}
    for end in ends:
        for port, evidence in todo[end].items():
            found[port] = found[port] | evidence if port in found else evidence
    return found


def _observed(
    direction: Direction, peer: str, peers: tuple[Peer, ...], evidence: Mapping[Port, Evidence], note: str
) -> LearnedRule:
    return rule_for(direction, Purpose.OBSERVED, peer, peers, tuple(sorted(evidence)), evidence, note)
