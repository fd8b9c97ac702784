"""The engine: a cluster and its policies, ready to answer.

Point verdicts with a trace (:meth:`Engine.verdict`), the exact port set between two endpoints
(:meth:`Engine.allowed`), all pairs (:mod:`ringfence.engine.pairs`), and engines for a changed policy, pod or
namespace that share all that the change does not touch (``with_…``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from ringfence.engine.exchange import Key, edited, exchanged
from ringfence.engine.facts import Facts
from ringfence.engine.fold import Folder, Row
from ringfence.engine.match import is_self
from ringfence.engine.point import Judge
from ringfence.engine.porttable import FULL, PortTable
from ringfence.engine.program import Program, keys_of, ranges_of
from ringfence.engine.selecting import SelectingIndex
from ringfence.engine.universe import Universe, pod_key
from ringfence.model.objects import Namespace, Pod, Snapshot
from ringfence.model.policy import Direction, Policy, PolicySet
from ringfence.model.ports import EVERY_PORT, AnyProtocol, PortSet
from ringfence.model.verdict import Endpoint, Verdict

Profile = tuple[Direction, tuple[int, ...], tuple[object, ...]]
"""What decides a row: the direction, the policies in order, and what else of the subject its rules ask for.

That is its named ports where rules use names, its node where they speak of it, and which narrowed rules are for it.
"""

_SPARE: Final = 1_000
"""Atoms, ranges and peers that changes may leave behind in a small engine."""


class Engine:
    """Answers about one cluster under one policy set. Not changed by use; ``with_…`` return new engines."""

    def __init__(
        self,
        facts: Facts,
        policy_set: PolicySet,
        universe: Universe,
        program: Program,
        selected: Mapping[Direction, dict[int, tuple[int, ...]]],
        rows: dict[Profile, Row],
        *,
        certain: bool = True,
    ) -> None:
        self.facts = facts
        self.policy_set = policy_set
        self.universe = universe
        self.program = program
        self.table: PortTable = program.table
        self._selected = selected
        self._rows = rows
        self._certain = certain

    @classmethod
    def build(cls, snapshot: Snapshot, policy_set: PolicySet, *, certain: bool = True) -> Engine:
        """An engine for a snapshot.

        ``certain`` reads rules that the input can't judge (names, L7 conditions) so that no allow is claimed in vain;
        ``certain=False`` so that none that is possible is missed. Sets of ports are of TCP, UDP and SCTP; see
        :meth:`with_icmp`. One connection is judged for any protocol.
        """
        facts = Facts.of(snapshot)
        policies = tuple(policy_set.policies())
        universe = Universe.build(facts, snapshot.pods, keys_of(policies), ranges_of(policies, facts))
        program = Program(policy_set, PortTable())
        lists: dict[Direction, dict[int, list[int]]] = {direction: {} for direction in Direction}
        for stage_number, (_, stage) in enumerate(program.stages):
            for policy in stage.policies:
                number = program.put(stage_number, policy)
                heeded = [direction for direction in Direction if stage.heeds(policy, direction)]
                for atom in program.subjects(policy, universe):
                    for direction in heeded:
                        lists[direction].setdefault(atom, []).append(number)
        selected = {
            direction: {atom: tuple(numbers) for atom, numbers in by_atom.items()}
            for direction, by_atom in lists.items()
        }
        engine = cls(facts, policy_set, universe, program, selected, {}, certain=certain)
        program.built = engine._weight
        return engine

    # ---- answers -------------------------------------------------------------------------------------------------

    def verdict(
        self, source: Endpoint, destination: Endpoint, protocol: AnyProtocol, port: int, *, misses: bool = True
    ) -> Verdict:
        """May ``source`` open a connection to this port of ``destination``? With the trace of every stage.

        ``misses`` asks for each failed rule's reasons; without them bulk queries are faster. The endpoints need not
        be in the snapshot. For ICMP ``port`` is the message, see :func:`ringfence.model.ports.message`.
        """
        judge = Judge(self.facts, self.policy_set.layers, self._selecting, misses=misses)
        return judge.verdict(source, destination, protocol, port)

    def allowed(self, source: Endpoint, destination: Endpoint) -> PortSet:
        """Every port that ``source`` may open a connection to at ``destination``; pods must be in the snapshot.

        Raises:
            KeyError: a pod is not in the snapshot.
        """
        if is_self(source, destination):
            return self.table.full
        source_atom, destination_atom = self.atom(source), self.atom(destination)
        egress = self.row(Direction.EGRESS, source_atom).ports(destination_atom)
        ingress = self.row(Direction.INGRESS, destination_atom).ports(source_atom)
        if isinstance(destination, Pod) and self.facts.on_same_node(source, destination):
            ingress = FULL
        return self.table.sets[self.table.intersection(egress, ingress)]

    def atom(self, endpoint: Endpoint) -> int:
        """The number of the atom that holds an endpoint.

        Raises:
            KeyError: the pod is not in the snapshot.
        """
        if isinstance(endpoint, Pod):
            return self.universe.atom_of[pod_key(endpoint)]
        return self.universe.atom_of_address(endpoint.address)

    def isolated(self, direction: Direction, atom: int) -> bool:
        """True where a stage denies the pods of an atom what no rule allows for the direction."""
        for number in self._selected[direction].get(atom, ()):
            compiled = self.program.compiled[number]
            _, stage = self.program.stages[compiled.stage]
            if stage.closes and direction in compiled.policy.isolates:
                return True
        return False

    def policies_of(self, direction: Direction, atom: int) -> tuple[int, ...]:
        """The numbers of the policies that have a say on an atom, in order; see :class:`Program`."""
        return self._selected[direction].get(atom, ())

    def guarded_otherwise(self, other: Engine, direction: Direction) -> set[int]:
        """The atoms that other policies have a say on than in ``other``, an engine that this one came of."""
        return {atom for atom, _ in self._selected[direction].items() ^ other._selected[direction].items()}

    def profile(self, direction: Direction, atom: int) -> Profile:
        """What decides the row of an atom; equal for atoms that are guarded alike."""
        numbers = self.policies_of(direction, atom)
        compiled = [self.program.compiled[number] for number in numbers]
        own: tuple[object, ...] = ()
        if direction is Direction.INGRESS and any(policy.names_in_ingress for policy in compiled):
            own = tuple(sorted((p.name, p.protocol, p.number) for p in self.universe.atoms[atom].ports if p.name))
        for policy in compiled:
            if policy.by_node:
                own += (self.universe.atoms[atom].pods[0].node,)
            for only in policy.narrowed:
                own += (self.universe.peer_bits(only, atom) >> atom & 1,)
        return (direction, numbers, own)

    def row(self, direction: Direction, atom: int) -> Row:
        """The ports that policies of one direction allow between an atom and every other."""
        return self.row_of(self.profile(direction, atom), atom)

    def row_of(self, profile: Profile, atom: int) -> Row:
        """The row of a profile that ``atom`` has."""
        row = self._rows.get(profile)
        if row is None or row.width != len(self.universe.atoms):
            direction, numbers, _ = profile
            policies = [self.program.compiled[number] for number in numbers]
            row = self._folder.row(direction, atom, policies)
            self._rows[profile] = row
        return row

    @cached_property
    def _folder(self) -> Folder:
        return Folder(self.program, self.universe, certain=self._certain)

    @cached_property
    def _selecting(self) -> SelectingIndex:
        return SelectingIndex(self.policy_set, self.facts)

    def reading(self, *, certain: bool) -> Engine:
        """This engine with uncertain rules read as :meth:`build` says; what it is made of is shared."""
        if certain is self._certain:
            return self
        return Engine(self.facts, self.policy_set, self.universe, self.program, self._selected, {}, certain=certain)

    def with_icmp(self) -> Engine:
        """This engine with messages of ICMP in its sets of ports; its atoms are shared."""
        if self.table.full == EVERY_PORT:
            return self
        program = self.program.over(PortTable(EVERY_PORT))
        return Engine(self.facts, self.policy_set, self.universe, program, self._selected, {}, certain=self._certain)

    @property
    def worn(self) -> bool:
        """True where changes left more behind than was built: an engine made anew answers the same from less."""
        return self._weight > 2 * self.program.built + _SPARE

    @property
    def _weight(self) -> int:
        return len(self.universe.atoms) + len(self.universe.address_sets) + len(self.program.peers)

    # ---- changes -------------------------------------------------------------------------------------------------

    def with_policies(self, removed: Iterable[Policy], added: Iterable[tuple[str, Policy]]) -> Engine:
        """An engine without some policies (the very objects of this one's set) and with others, each in a named stage.

        Raises:
            KeyError: a policy to remove is not in the set, or there is no stage of that name.
        """
        removed, new = list(removed), list(added)
        policy_set = edited(self.policy_set, removed, new)
        names = {stage.name: number for number, (_, stage) in enumerate(self.program.stages)}
        came = [(names[name], policy) for name, policy in new]
        gone = {id(policy) for policy in removed}
        return self._exchanged(policy_set, [key for key in self.program.numbers if key[1] in gone], came, None)

    def with_policy_set(self, policy_set: PolicySet) -> Engine | None:
        """An engine for a set that shares most policies, the very objects, with this one's; None where it doesn't."""
        exchange = exchanged(self.policy_set, policy_set)
        if exchange is None:
            return None
        return self._exchanged(policy_set, exchange.gone, exchange.came, exchange.places)

    def _exchanged(
        self,
        policy_set: PolicySet,
        gone: Iterable[Key],
        came: Sequence[tuple[int, Policy]],
        places: Mapping[Key, int] | None,
    ) -> Engine:
        """``places`` tell the order in which policies are judged; without them it is told by their stage and order."""
        universe = self._refined([policy for _, policy in came])
        program = self.program.copy(policy_set)
        selected = {direction: dict(by_atom) for direction, by_atom in self._selected.items()}
        dropped = [program.numbers[key] for key in gone]
        for number in dropped:
            self._deselect(program, selected, number, universe)

        def place(number: int) -> Any:
            compiled = program.compiled[number]
            return program.place(number) if places is None else places[compiled.stage, id(compiled.policy)]

        for stage, policy in came:
            number = program.put(stage, policy)
            stage_of = program.stages[stage][1]
            heeded = [direction for direction in Direction if stage_of.heeds(policy, direction)]
            for atom in program.subjects(policy, universe):
                for direction in heeded:
                    numbers = (*selected[direction].get(atom, ()), number)
                    selected[direction][atom] = tuple(sorted(numbers, key=place))
        lost = set(dropped)
        rows = {profile: row for profile, row in self._rows.items() if lost.isdisjoint(profile[1])}
        engine = Engine(self.facts, policy_set, universe, program, selected, rows, certain=self._certain)
        if universe is not self.universe:
            engine._select_new(len(self.universe.atoms))
        return engine

    def with_pods(self, removed: Iterable[Pod], added: Iterable[Pod]) -> Engine:
        """An engine without some pods and with others; a changed pod is removed as it was and added as it is.

        Raises:
            KeyError: a pod to remove is not there.
        """
        universe = self.universe.copy()
        for pod in removed:
            universe.remove_pod(pod_key(pod))
        for pod in added:
            universe.add_pod(pod)
        return self._over(self.facts, universe)

    def with_namespace(self, namespace: Namespace) -> Engine:
        """An engine in which a namespace is new, or has other labels."""
        facts = self.facts.with_namespace(namespace)
        universe = self.universe.copy()
        pods = [
            pod
            for atom in self.universe.atoms
            if atom.pods and atom.pods[0].namespace == namespace.name
            for pod in atom.pods
        ]
        for pod in pods:
            universe.remove_pod(pod_key(pod))
        universe.facts = facts
        universe.version += 1
        for pod in pods:
            universe.add_pod(pod)
        return self._over(facts, universe)

    def refined(self, policies: Iterable[Policy]) -> Engine:
        """An engine whose atoms also tell apart what these policies would: engines with them then share its atoms."""
        universe = self._refined(list(policies))
        return self if universe is self.universe else self._over(self.facts, universe)

    def _over(self, facts: Facts, universe: Universe) -> Engine:
        selected = {direction: dict(by_atom) for direction, by_atom in self._selected.items()}
        program = self.program.copy(self.policy_set)
        engine = Engine(facts, self.policy_set, universe, program, selected, dict(self._rows), certain=self._certain)
        engine._select_new(len(self.universe.atoms))
        return engine

    def _refined(self, policies: list[Policy]) -> Universe:
        keys = keys_of(policies)
        ranges = ranges_of(policies, self.facts)
        if keys <= self.universe.label_keys and ranges <= self.universe.address_sets:
            return self.universe
        universe = self.universe.copy()
        universe.refine(keys, ranges)
        return universe

    def _deselect(
        self,
        program: Program,
        selected: Mapping[Direction, dict[int, tuple[int, ...]]],
        number: int,
        universe: Universe,
    ) -> None:
        policy = program.compiled[number].policy
        for atom in program.subjects(policy, universe):
            for direction in Direction:
                rest = tuple(other for other in selected[direction].get(atom, ()) if other != number)
                if rest:
                    selected[direction][atom] = rest
                else:
                    selected[direction].pop(atom, None)
        program.drop(number)

    def _select_new(self, first: int) -> None:
        """Find the policies of atoms numbered from ``first`` on."""
        for number in range(first, len(self.universe.atoms)):
            atom = self.universe.atoms[number]
            if not atom.guarded:
                continue
            found = [
                (self.program.numbers[stage, id(policy)], policy)
                for stage, policy in self._selecting.numbered(atom.pods[0])
            ]
            for direction in Direction:
                numbers = tuple(place for place, policy in found if self._heeded(place, direction))
                if numbers:
                    self._selected[direction][number] = numbers

    def _heeded(self, number: int, direction: Direction) -> bool:
        compiled = self.program.compiled[number]
        _, stage = self.program.stages[compiled.stage]
        return stage.heeds(compiled.policy, direction)
