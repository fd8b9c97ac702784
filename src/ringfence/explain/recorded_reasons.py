"""What policies say of a recorded connection, and the rules and policies that say so, with their places."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from ringfence.engine import Engine
from ringfence.explain.deciding import Decider, Decision
from ringfence.explain.nearest import conditions_of
from ringfence.explain.pair_kinds import PairKind
from ringfence.explain.words import object_name, rule_number
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.model.policy import Direction
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import RuleTrace, Verdict


class Standing(Enum):
    """What policies say of a connection; for several kinds of replicas, of the worst one."""

    ALLOWED = "allowed"
    UNSURE = "unsure"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Reason:
    """What decides one direction: a clause, and the place of the rule, or of the policy that isolates.

    ``implicit`` tells that no rule denies: the end is isolated, and nothing allows the connection.
    """

    direction: Direction
    text: str
    policy: ObjectRef | None = None
    origin: Origin = UNKNOWN
    implicit: bool = False


class Reasons:
    """Explains calls by one engine; what decides alike is looked up once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._decider = Decider(engine)
        self._said: dict[tuple[int, Direction], tuple[Reason, ...]] = {}
        self._kept: list[Decision] = []
        self._verdicts: dict[Hashable, Verdict] = {}

    def denying(self, failing: Iterable[PairKind], protocol: AnyProtocol) -> tuple[Reason, ...]:
        """What denies these pairs."""
        found: dict[Reason, None] = {}
        for kind in failing:
            sides = self._decider.decide(kind.source, kind.target.endpoint, protocol, kind.target.port)
            for direction, decision in sides.items():
                if not decision.allowed:
                    found.update(dict.fromkeys(self._denial(direction, decision)))
        return tuple(found)

    def _denial(self, direction: Direction, decision: Decision) -> tuple[Reason, ...]:
        key = id(decision), direction
        if key not in self._said:
            self._kept.append(decision)  # its identity is the key
            self._said[key] = tuple(_denied(direction, decision))
        return self._said[key]

    def conditional(self, failing: Iterable[PairKind], protocol: AnyProtocol) -> tuple[RuleTrace, ...]:
        """The rules that allow these pairs if what they ask for holds."""
        found: dict[Hashable, RuleTrace] = {}
        for kind in failing:
            verdict = self._verdict(kind, protocol)
            for trace in (*verdict.egress.conditional, *verdict.ingress.conditional):
                found[trace.policy.ref, trace.direction, trace.index] = trace
        return tuple(found.values())

    def allowing(self, kinds: Iterable[PairKind], protocol: AnyProtocol) -> tuple[RuleTrace, ...]:
        """The rules that surely allow a direction of these pairs."""
        found: dict[Hashable, RuleTrace] = {}
        for kind in kinds:
            verdict = self._verdict(kind, protocol)
            for side in (verdict.egress, verdict.ingress):
                for trace in side.deciding if side.allowed else ():
                    found[trace.policy.ref, trace.direction, trace.index] = trace
        return tuple(found.values())

    def is_possible(self, kind: PairKind, protocol: AnyProtocol) -> bool:
        """True for a pair that would be allowed if conditions held."""
        return self._verdict(kind, protocol).conditional

    def _verdict(self, kind: PairKind, protocol: AnyProtocol) -> Verdict:
        source, destination, port = kind.source, kind.target.endpoint, kind.target.port
        key = self._decider.key(source, destination), protocol, port
        if key not in self._verdicts:
            self._verdicts[key] = self._engine.verdict(source, destination, protocol, port, misses=False)
        return self._verdicts[key]


def _denied(direction: Direction, decision: Decision) -> Iterator[Reason]:
    for rule in decision.rules:
        text = f"{object_name(rule.policy.ref)}, {rule_number(rule)} denies it"
        yield Reason(direction, text, rule.policy.ref, rule.rule.origin)
    if not decision.rules:
        for policy in decision.guards:
            text = f"{object_name(policy.ref)} isolates {_whom(direction)}, and no rule allows it"
            yield Reason(direction, text, policy.ref, policy.origin, implicit=True)


def _whom(direction: Direction) -> str:
    return "the source" if direction is Direction.EGRESS else "the destination"


def on_condition(traces: Iterable[RuleTrace]) -> tuple[Reason, ...]:
    """The rules as reasons of an answer that depends on what they ask for."""
    return tuple(
        Reason(
            trace.direction,
            f"{object_name(trace.policy.ref)}, {rule_number(trace)} allows it if {conditions_of(trace)}",
            trace.policy.ref,
            trace.rule.origin,
        )
        for trace in traces
    )
