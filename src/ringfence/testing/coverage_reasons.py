"""Why a mutant changes nothing, so that no test could notice it: what else decides the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import bits
from ringfence.engine.core import Engine
from ringfence.engine.porttable import FULL, NONE
from ringfence.engine.program import CompiledRule
from ringfence.model.origin import Origin
from ringfence.model.policy import Action, Direction, NamePeer, Policy, Rule, StageKind
from ringfence.model.verdict import DirectionVerdict, Reason
from ringfence.testing.coverage_effects import Effects
from ringfence.testing.coverage_witness import Connection, Witnesses, port_of
from ringfence.testing.mutants import Mutant, MutantKind

_SAMPLES = 3
"""Connections that are asked about; what contains a rule is nearly always the same for all."""

_LOOKED_AT = 48
"""Subjects, and peers of each, that are looked at for samples."""

_NAMED = 3
"""Policies named at most."""


@dataclass(frozen=True, slots=True)
class Same:
    """A reason in words; ``because`` are the policies and rules that decide the same, with their places."""

    text: str
    because: tuple[tuple[str, Origin], ...] = ()


@dataclass(frozen=True, slots=True)
class _Sample:
    direction: Direction
    subject: int
    peer: int
    connection: Connection


class Reasons:
    """Looks for reasons on the engine of ``effects``."""

    def __init__(self, effects: Effects, witnesses: Witnesses) -> None:
        self._effects = effects
        self._engine = effects.engine
        self._witnesses = witnesses
        self._first_counts = {stage.name for _, stage in self._engine.program.stages if stage.kind is StageKind.ORDERED}

    def of(self, mutant: Mutant, mutated: Engine) -> Same:
        """The reason for a mutant without effect."""
        if not self._effects.subjects(mutant):
            return Same("the policy selects no pod")
        rule = _rule(mutant, mutant.policy)
        if rule is not None:
            if rule.action is Action.LOG:
                return Same("the rule only logs")
            if _depends(rule):
                return Same("whether the rule matches depends on names or conditions that the input can't tell")
            if not self._matched(mutant, mutant.policy, self._engine, self._effects.subjects(mutant)):
                return Same("the rule matches no pod, no address or no port")
        found: dict[str, dict[str, Origin]] = {}
        for sample in self._samples(mutant, mutated):
            text, because = self._decided(mutant, mutated, sample)
            found.setdefault(text, {}).update(because)
        if not found:
            return Same("the same pods, addresses and ports of this cluster are meant")
        most = {text: dict(list(names.items())[:_NAMED]) for text, names in found.items()}
        texts = [f"{text}{', '.join(names)}" for text, names in most.items()]
        return Same("; ".join(texts), tuple(item for names in most.values() for item in names.items()))

    # ---- samples -------------------------------------------------------------------------------------------------

    def _samples(self, mutant: Mutant, mutated: Engine) -> Iterator[_Sample]:
        """Connections that the policy and the mutant say different things of."""
        directions = tuple(Direction) if mutant.place.direction is None else (mutant.place.direction,)
        count = 0
        for direction in directions:
            for subject in bits.members(self._effects.subjects(mutant))[:_LOOKED_AT]:
                for peer, ports in self._told_apart(mutant, mutated, direction, subject):
                    sides = (1 << subject, 1 << peer)
                    pair = next(self._witnesses.pairs(*(sides if direction is Direction.EGRESS else sides[::-1])), None)
                    if pair is None:
                        continue
                    protocol, port = port_of(self._engine.table.sets[ports], pair[1])
                    yield _Sample(direction, subject, peer, Connection(*pair, protocol, port))
                    count += 1
                    if count == _SAMPLES:
                        return
                    break  # the next one of another subject

    def _told_apart(
        self, mutant: Mutant, mutated: Engine, direction: Direction, subject: int
    ) -> Iterator[tuple[int, int]]:
        """Peers with the ports that the policy and the mutant say different things of, for one subject."""
        table = self._engine.table
        before = self._said(mutant, mutant.policy, self._engine, direction, subject)
        after = self._said(mutant, mutant.replacement, mutated, direction, subject)
        if mutant.kind is MutantKind.FLIP:
            after = []
        peers = 0
        for atoms, _ in (*before, *after):
            peers |= atoms
        for peer in bits.members(peers & self._effects.alive)[:_LOOKED_AT]:
            was, now = (self._ports(said, peer) for said in (before, after))
            if was != now:
                yield peer, table.difference(was, now) or table.difference(now, was)

    def _ports(self, said: list[tuple[int, int]], peer: int) -> int:
        ports = NONE
        for atoms, more in said:
            if atoms >> peer & 1:
                ports = self._engine.table.union(ports, more)
        return ports

    def _said(
        self, mutant: Mutant, policy: Policy | None, engine: Engine, direction: Direction, subject: int
    ) -> list[tuple[int, int]]:
        """The atoms and ports that the rule in question matches; all, where it is the policy that isolates."""
        if policy is None or not self._effects.selected(policy) >> subject & 1:
            return []
        if mutant.place.index is not None:
            return self._matched(mutant, policy, engine, 1 << subject)
        if direction in policy.isolates:
            return [(engine.universe.everything, FULL)]
        return []

    def _matched(self, mutant: Mutant, policy: Policy, engine: Engine, subjects: int) -> list[tuple[int, int]]:
        """What the mutant's rule, as it stands in ``policy``, matches for the first of these subjects that has any."""
        rule = _rule(mutant, policy) if policy is mutant.policy or not _left_out(mutant) else None
        direction = mutant.place.direction
        if rule is None or direction is None:
            return []
        for subject in bits.members(subjects)[:_LOOKED_AT]:
            found = [
                (atoms & self._effects.alive, ports)
                for compiled in _compiled(engine, policy, direction)
                if compiled.rule is rule
                for atoms, ports in engine.program.entries(compiled, direction, subject, engine.universe)
                if atoms & self._effects.alive
            ]
            if found:
                return found
        return []

    # ---- what decides --------------------------------------------------------------------------------------------

    def _decided(self, mutant: Mutant, mutated: Engine, sample: _Sample) -> tuple[str, dict[str, Origin]]:
        direction, asked = sample.direction, sample.connection
        rows = [engine.row(direction, sample.subject).ports(sample.peer) for engine in (self._engine, mutated)]
        verdict = self._engine.verdict(asked.source, asked.destination, asked.protocol, asked.port, misses=False)
        sides = (verdict.egress, verdict.ingress)
        own, other = sides if direction is Direction.EGRESS else sides[::-1]
        if rows[0] != rows[1]:
            if other.allowed:
                return "the connections are always allowed", {}
            return f"{other.direction} at the other end denies the connections: ", _deciders(other, mutant)
        if mutant.place.index is not None and self._ordered(mutant):
            verdict = mutated.verdict(asked.source, asked.destination, asked.protocol, asked.port, misses=False)
            own = verdict.egress if direction is Direction.EGRESS else verdict.ingress
        because = _deciders(own, mutant)
        if own.reason in (Reason.NO_RULE, Reason.STAGE_DEFAULT) and because:
            isolated = "the same pods are isolated by "
            return isolated if mutant.place.index is None else f"denied all the same: {isolated}", because
        if because:
            return "the same is allowed by " if own.allowed else "the same is denied by ", because
        if own.reason is Reason.NOT_ISOLATED:
            return "nothing isolates these pods", {}
        return "the same is decided without it", {}

    def _ordered(self, mutant: Mutant) -> bool:
        """True where only the first rule that matches counts, so that the mutant itself must be asked."""
        return mutant.stage in self._first_counts


def _deciders(side: DirectionVerdict, mutant: Mutant) -> dict[str, Origin]:
    """The rules that decide a direction, or, where none does, the policies that isolate for it; never the mutant's."""
    found: dict[str, Origin] = {}
    own = (mutant.policy, mutant.replacement)
    for trace in side.deciding:
        mine = any(trace.policy is policy for policy in own)
        if mine and (mutant.place.index is None or trace.index == mutant.place.index):
            continue
        found.setdefault(f"{trace.policy.ref}", trace.rule.origin)
    if found or side.deciding:
        return found
    for stage in side.stages[-1:]:
        for policy in stage.selecting:
            if side.direction in policy.isolates and not any(policy is other for other in own):
                found.setdefault(f"{policy.ref}", policy.origin)
    return found


def _compiled(engine: Engine, policy: Policy, direction: Direction) -> Iterable[CompiledRule]:
    for stage in range(len(engine.program.stages)):
        number = engine.program.numbers.get((stage, id(policy)))
        if number is not None:
            yield from engine.program.compiled[number].rules[direction]


def _left_out(mutant: Mutant) -> bool:
    """True where the mutant has no such rule at all."""
    direction = mutant.place.direction
    if direction is None or mutant.replacement is None:
        return True
    return len(mutant.replacement.rules(direction)) < len(mutant.policy.rules(direction))


def _rule(mutant: Mutant, policy: Policy) -> Rule | None:
    direction, index = mutant.place.direction, mutant.place.index
    return None if direction is None or index is None else policy.rules(direction)[index]


def _depends(rule: Rule) -> bool:
    if rule.conditions:
        return True
    return bool(rule.peers) and all(isinstance(peer, NamePeer) and peer.uncertain for peer in rule.peers or ())
