"""Why a recorded call would be cut, or only pass under conditions: the rules and policies that decide, with places."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ringfence.explain.deciding import Decider, Decision
from ringfence.explain.nearest import conditions_of
from ringfence.explain.words import object_name, rule_number
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import RuleTrace, Verdict
from ringfence.replay.judging import Judging
from ringfence.replay.kinds import PairKind
from ringfence.replay.report import Reason


class Reasons:
    """Explains calls under one set of policies; what decides alike is looked up once."""

    def __init__(self, judging: Judging) -> None:
        self._judging = judging
        self._decider = Decider(judging.certain)
        self._said: dict[tuple[int, Direction], tuple[Reason, ...]] = {}
        self._kept: list[Decision] = []
        self._verdicts: dict[Hashable, Verdict] = {}

    def denying(self, failing: list[PairKind], protocol: Protocol) -> tuple[Reason, ...]:
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

    def conditional(self, failing: list[PairKind], protocol: Protocol) -> tuple[RuleTrace, ...]:
        """The rules that allow these pairs if what they ask for holds."""
        found: dict[Hashable, RuleTrace] = {}
        for kind in failing:
            verdict = self._verdict(kind, protocol)
            for trace in (*verdict.egress.conditional, *verdict.ingress.conditional):
                found[trace.policy.ref, trace.direction, trace.index] = trace
        return tuple(found.values())

    def _verdict(self, kind: PairKind, protocol: Protocol) -> Verdict:
        source, destination, port = kind.source, kind.target.endpoint, kind.target.port
        key = self._decider.key(source, destination), protocol, port
        if key not in self._verdicts:
            self._verdicts[key] = self._judging.certain.verdict(source, destination, protocol, port, misses=False)
        return self._verdicts[key]


def _denied(direction: Direction, decision: Decision) -> Iterator[Reason]:
    for rule in decision.rules:
        text = f"{object_name(rule.policy.ref)}, {rule_number(rule)} denies it"
        yield Reason(direction, text, rule.policy.ref, rule.rule.origin)
    if not decision.rules:
        for policy in decision.guards:
            text = f"{object_name(policy.ref)} isolates {_whom(direction)}, and no rule allows it"
            yield Reason(direction, text, policy.ref, policy.origin)


def _whom(direction: Direction) -> str:
    return "the source" if direction is Direction.EGRESS else "the destination"


def on_condition(traces: tuple[RuleTrace, ...]) -> tuple[Reason, ...]:
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
