"""Policies prepared for folding: peers as numbers, ports as numbers, and who is selected by what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import bits
from ringfence.engine.facts import Facts
from ringfence.engine.porttable import NONE, PortTable
from ringfence.engine.universe import Universe
from ringfence.model.addresses import AddressSet
from ringfence.model.derived import NODE
from ringfence.model.labels import LabelExpr
from ringfence.model.policy import (
    AddressPeer,
    Direction,
    NamePeer,
    NodePeer,
    Peer,
    PodPeer,
    Policy,
    PolicySet,
    Rule,
    SameNodePeer,
    Stage,
    leaves,
)
from ringfence.model.ports import EVERY_PORT, IcmpRange, NamedPort, PortRange, resolve_ports


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule, or the part of it that is as certain, with peers and numeric ports as numbers.

    ``peers`` of ``None`` is everything. A rule that has names among its peers comes as two: what its other peers
    match is certain.
    """

    rule: Rule
    peers: tuple[int, ...] | None
    numeric: int
    named: tuple[NamedPort, ...]
    uncertain: bool


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy and its compiled rules by direction; ``stage`` is its place in :attr:`Program.stages`."""

    policy: Policy
    stage: int
    rules: dict[Direction, tuple[CompiledRule, ...]]
    names_in_ingress: bool
    """True where an ingress rule has a named port, which resolves on the subject."""
    by_node: bool = False
    """True where a rule speaks of the node that runs the subject."""
    narrowed: tuple[Peer, ...] = ()
    """What the rules that are not for every subject are narrowed to."""


class Program:
    """The compiled policies of a policy set, numbered; numbers are never reused."""

    def __init__(self, policy_set: PolicySet, table: PortTable) -> None:
        self._policy_set = policy_set
        self.stages: list[tuple[int, Stage]] = [
            (number, stage) for number, layer in enumerate(policy_set.layers) for stage in layer.stages
        ]
        self.table = table
        self.compiled: dict[int, CompiledPolicy] = {}
        self.numbers: dict[tuple[int, int], int] = {}
        self.peers: list[Peer] = []
        self._peer_numbers: dict[Peer, int] = {}
        self._peer_bits: dict[int, tuple[int, int]] = {}
        self._relative: set[int] = set()
        self._next = 0
        self.built = 0
        """How much the engine was made of that this came of."""

    def copy(self, policy_set: PolicySet) -> Program:
        """A program for other policies in the same stages, which shares what was compiled; see :meth:`put`."""
        twin = Program(policy_set, self.table)
        twin.compiled = dict(self.compiled)
        twin.numbers = dict(self.numbers)
        twin.peers = list(self.peers)
        twin._peer_numbers = dict(self._peer_numbers)
        twin._peer_bits = dict(self._peer_bits)
        twin._relative = set(self._relative)
        twin._next = self._next
        twin.built = self.built
        return twin

    def over(self, table: PortTable) -> Program:
        """The same policies under the same numbers, with their ports as numbers of another table."""
        twin = Program(self._policy_set, table)
        for number, compiled in self.compiled.items():
            twin._next = number
            twin.put(compiled.stage, compiled.policy)
        twin._next = self._next
        return twin

    def put(self, stage: int, policy: Policy) -> int:
        """Compile a policy of a stage; its number."""
        number = self._next
        self._next += 1
        rules = {
            direction: tuple(part for rule in policy.rules(direction) for part in self._parts(rule))
            for direction in Direction
        }
        names = any(rule.named for rule in rules[Direction.INGRESS])
        by_node = any(isinstance(peer, SameNodePeer) for peer in leaves(_peers(policy)))
        written = (*policy.egress, *policy.ingress)
        narrowed = tuple(dict.fromkeys(rule.only for rule in written if rule.only is not None))
        self.compiled[number] = CompiledPolicy(policy, stage, rules, names, by_node, narrowed)
        self.numbers[stage, id(policy)] = number
        return number

    def drop(self, number: int) -> None:
        """Forget a policy."""
        gone = self.compiled.pop(number)
        del self.numbers[gone.stage, id(gone.policy)]

    def place(self, number: int) -> tuple[int, tuple[float, str], int]:
        """Where a policy comes among those of all stages: by stage, then by its order."""
        compiled = self.compiled[number]
        return (compiled.stage, compiled.policy.order, number)

    def _parts(self, rule: Rule) -> Iterator[CompiledRule]:
        ports = self.table.full
        named: tuple[NamedPort, ...] = ()
        if rule.ports is not None:
            spoken = (PortRange, IcmpRange) if self.table.full == EVERY_PORT else (PortRange,)
            ports = resolve_ports(tuple(match for match in rule.ports if isinstance(match, spoken)), ())
            named = tuple(match for match in rule.ports if isinstance(match, NamedPort))
        numeric = self.table.intern(ports)
        if rule.peers is None:
            yield CompiledRule(rule, None, numeric, named, bool(rule.conditions))
            return
        known = tuple(self._peer(peer) for peer in rule.peers if not _unknown(peer))
        names = tuple(self._peer(peer) for peer in rule.peers if _unknown(peer))
        if known:
            yield CompiledRule(rule, known, numeric, named, bool(rule.conditions))
        if names:
            yield CompiledRule(rule, names, numeric, named, uncertain=True)

    def _peer(self, peer: Peer) -> int:
        number = self._peer_numbers.get(peer)
        if number is None:
            number = self._peer_numbers[peer] = len(self.peers)
            self.peers.append(peer)
            if any(isinstance(leaf, SameNodePeer) for leaf in leaves((peer,))):
                self._relative.add(number)
        return number

    def peer_bits(self, rule: CompiledRule, universe: Universe, subject: int) -> int:
        """The atoms that a rule's peers match for a subject; none where the rule is not for it."""
        only = rule.rule.only
        if only is not None and not universe.peer_bits(only, subject) >> subject & 1:
            return 0
        if rule.peers is None:
            return universe.everything
        found = 0
        for number in rule.peers:
            if number in self._relative:
                found |= universe.peer_bits(self.peers[number], subject)
                continue
            atoms, version = self._peer_bits.get(number, (0, -1))
            if version != universe.version:
                atoms = universe.peer_bits(self.peers[number])
                self._peer_bits[number] = (atoms, universe.version)
            found |= atoms
        return found

    def entries(
        self, rule: CompiledRule, direction: Direction, subject: int, universe: Universe
    ) -> Iterator[tuple[int, int]]:
        """``(atoms, ports)`` pairs that together are what the rule matches for a subject.

        A named port resolves on the destination: for egress that is the peer, so each number the name has somewhere
        is an entry of its own; for ingress it is the subject.
        """
        atoms = self.peer_bits(rule, universe, subject)
        if not atoms:
            return
        if direction is Direction.INGRESS:
            ports = rule.numeric
            if rule.named:
                resolved = resolve_ports(rule.named, universe.atoms[subject].ports)
                ports = self.table.union(ports, self.table.intern(resolved))
            if ports != NONE:
                yield atoms, ports
            return
        if rule.numeric != NONE:
            yield atoms, rule.numeric
        for named in rule.named:
            for protocol, port, having in universe.postings.named_ports(named):
                if atoms & having:
                    ports = self.table.intern(resolve_ports((PortRange(protocol, port, port),), ()))
                    yield atoms & having, ports

    def subjects(self, policy: Policy, universe: Universe) -> list[int]:
        """The pod atoms that a policy selects."""
        return bits.members(universe.pod_bits(policy.subject))


def keys_of(policies: Iterable[Policy]) -> set[str]:
    """The pod label keys that any selector of these policies looks at."""
    keys: set[str] = set()
    seen: set[LabelExpr] = set()
    for policy in policies:
        for peer in leaves((policy.subject, *_peers(policy))):
            if isinstance(peer, SameNodePeer):
                keys.add(NODE)
            elif isinstance(peer, PodPeer) and peer.pods not in seen:
                seen.add(peer.pods)
                keys.update(peer.pods.keys())
    return keys


def ranges_of(policies: Iterable[Policy], facts: Facts) -> set[AddressSet]:
    """The address sets that any rule of these policies looks at."""
    ranges: set[AddressSet] = set()
    for policy in policies:
        for peer in leaves(_peers(policy)):
            match peer:
                case AddressPeer():
                    ranges.add(peer.addresses)
                    if not peer.nodes:
                        ranges.add(facts.all_nodes)
                case NodePeer():
                    ranges.add(facts.node_addresses(peer.nodes))
                case SameNodePeer():
                    ranges.add(facts.all_nodes)
                    ranges.update(map(facts.addresses_of_node, facts.nodes))
                case NamePeer():
                    ranges.add(facts.all_nodes)
                    ranges.add(peer.addresses or AddressSet())
    ranges.discard(AddressSet())
    return ranges


def _peers(policy: Policy) -> Iterator[Peer]:
    for rule in (*policy.egress, *policy.ingress):
        yield from rule.peers or ()
        if rule.only is not None:
            yield rule.only


def _unknown(peer: Peer) -> bool:
    return isinstance(peer, NamePeer) and peer.uncertain
