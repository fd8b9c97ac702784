"""The point verdict: one connection, judged stage by stage, with a full trace.

It walks the policy form directly and shares nothing with the tables of the all-pairs engine, so that each can be
tested against the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ringfence.engine.facts import Facts
from ringfence.engine.match import container_ports, is_self, peer_matches
from ringfence.engine.misses import peer_miss, peer_misses, port_miss
from ringfence.model.objects import Pod
from ringfence.model.policy import Action, Direction, Layer, NamePeer, Peer, Policy, Rule, Stage, StageKind
from ringfence.model.ports import AnyProtocol, PortMatch, resolve_ports
from ringfence.model.verdict import (
    DirectionVerdict,
    Endpoint,
    Outcome,
    PeerMiss,
    Reason,
    RuleTrace,
    StageTrace,
    Verdict,
)

Selecting = Callable[[Stage, Pod, Direction], Sequence[Policy]]
"""The policies of a stage that select a pod for a direction, in the stage's order."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges connections over the layers of a policy set.

    ``misses`` asks for each failed rule's reasons, which ``why`` shows and bulk queries leave out.
    """

    facts: Facts
    layers: tuple[Layer, ...]
    selecting: Selecting
    misses: bool = True

    def verdict(self, source: Endpoint, destination: Endpoint, protocol: AnyProtocol, port: int) -> Verdict:
        """May ``source`` open a connection to ``port`` of ``destination``?"""
        call = _Call(source, destination, protocol, port)
        return Verdict(
            source,
            destination,
            protocol,
            port,
            self._direction(call, Direction.EGRESS),
            self._direction(call, Direction.INGRESS),
        )

    def _direction(self, call: _Call, direction: Direction) -> DirectionVerdict:
        subject, peer = call.ends(direction)
        if is_self(call.source, call.destination):
            return DirectionVerdict(direction, True, Reason.SELF)
        if not isinstance(subject, Pod) or subject.host_network:
            return DirectionVerdict(direction, True, Reason.NO_SUBJECT)
        if direction is Direction.INGRESS and self.facts.on_same_node(peer, subject):
            return DirectionVerdict(direction, True, Reason.SAME_NODE)
        allowed, reason, stages = self._layers(call, subject, direction, certain=True)
        conditional: tuple[RuleTrace, ...] = ()
        if not allowed:
            possible, _, possible_stages = self._layers(call, subject, direction, certain=False)
            if possible:
                conditional = tuple(
                    trace for stage in (*possible_stages, *stages) for trace in stage.deciding if trace.uncertain
                )
        return DirectionVerdict(direction, allowed, reason, stages, conditional)

    def _layers(
        self, call: _Call, subject: Pod, direction: Direction, *, certain: bool
    ) -> tuple[bool, Reason, tuple[StageTrace, ...]]:
        """Every layer must allow; the first that denies is the last that is traced."""
        traces: list[StageTrace] = []
        reason = Reason.NOT_ISOLATED
        for layer in self.layers:
            for stage in layer.stages:
                selecting = tuple(self.selecting(stage, subject, direction))
                trace, why = self._stage(layer, stage, selecting, call, direction, certain=certain)
                traces.append(trace)
                if trace.outcome is Outcome.DENY:
                    return False, why, tuple(traces)
                if trace.outcome is Outcome.ALLOW:
                    reason = why
                    break
        return True, reason, tuple(traces)

    def _stage(
        self,
        layer: Layer,
        stage: Stage,
        selecting: tuple[Policy, ...],
        call: _Call,
        direction: Direction,
        *,
        certain: bool,
    ) -> tuple[StageTrace, Reason]:
        if stage.kind is StageKind.ORDERED:
            outcome, reason, rules, deciding = self._ordered(stage.default, selecting, call, direction, certain)
        else:
            outcome, reason, rules, deciding = self._additive(selecting, call, direction, certain)
        return StageTrace(layer.name, stage.name, outcome, selecting, tuple(rules), tuple(deciding)), reason

    def _additive(self, selecting: Sequence[Policy], call: _Call, direction: Direction, certain: bool) -> _StageResult:
        if not any(direction in policy.isolates for policy in selecting):
            return Outcome.NEXT, Reason.NOT_ISOLATED, [], []
        rules = [
            self._trace(policy, direction, index, rule, call)
            for policy in selecting
            for index, rule in enumerate(policy.rules(direction))
        ]
        deciding = [trace for trace in rules if trace.matches and not (certain and trace.uncertain)]
        if deciding:
            return Outcome.ALLOW, Reason.RULE, rules, deciding
        return Outcome.DENY, Reason.NO_RULE, rules, []

    def _ordered(
        self, default: Action, selecting: Sequence[Policy], call: _Call, direction: Direction, certain: bool
    ) -> _StageResult:
        rules: list[RuleTrace] = []
        for policy in selecting:
            for index, rule in enumerate(policy.rules(direction)):
                trace = self._trace(policy, direction, index, rule, call)
                rules.append(trace)
                if not trace.matches:
                    continue
                outcome = decided(rule.action, uncertain=trace.uncertain, certain=certain)
                if outcome is not None:
                    return outcome, Reason.RULE, rules, [trace]
        if selecting and default is Action.DENY:
            return Outcome.DENY, Reason.STAGE_DEFAULT, rules, []
        return Outcome.NEXT, Reason.NOT_ISOLATED, rules, []

    def _trace(self, policy: Policy, direction: Direction, index: int, rule: Rule, call: _Call) -> RuleTrace:
        subject, endpoint = call.ends(direction)
        meant = rule.only is None or peer_matches(rule.only, subject, self.facts, subject)
        peer_ok, peer = self._match_peer(rule, endpoint, subject) if meant else (False, None)
        port_ok, port = _match_port(rule, call)
        return RuleTrace(
            policy,
            direction,
            index,
            rule,
            peer_ok,
            port_ok,
            peer,
            port,
            self._misses(rule, endpoint, subject, meant=meant) if not peer_ok else (),
            port_miss(rule, call.destination, call.protocol, call.port) if self.misses and not port_ok else "",
        )

    def _misses(self, rule: Rule, endpoint: Endpoint, subject: Endpoint, *, meant: bool) -> tuple[PeerMiss, ...]:
        if not self.misses:
            return ()
        if meant or rule.only is None:
            return peer_misses(rule, endpoint, self.facts, subject)
        miss = peer_miss(rule.only, subject, self.facts, subject)
        return (replace(miss, text=f"the rule is not for {subject}: {miss.text}"),)

    def _match_peer(self, rule: Rule, endpoint: Endpoint, subject: Endpoint) -> tuple[bool, Peer | None]:
        if rule.peers is None:
            return True, None
        named = None
        for peer in rule.peers:
            if not peer_matches(peer, endpoint, self.facts, subject):
                continue
            if not isinstance(peer, NamePeer) or not peer.uncertain:
                return True, peer
            named = named or peer
        return named is not None, named


_StageResult = tuple[Outcome, Reason, list[RuleTrace], list[RuleTrace]]


@dataclass(frozen=True, slots=True)
class _Call:
    source: Endpoint
    destination: Endpoint
    protocol: AnyProtocol
    port: int

    def ends(self, direction: Direction) -> tuple[Endpoint, Endpoint]:
        """The endpoint that is guarded in this direction, and its peer."""
        if direction is Direction.EGRESS:
            return self.source, self.destination
        return self.destination, self.source


def decided(action: Action, *, uncertain: bool, certain: bool) -> Outcome | None:
    """What a matching rule of an ordered stage brings about; ``None`` where it decides nothing.

    A rule that the input can't judge (names, L7 conditions) is read so that a *certain* allow is never claimed in
    vain, and a *possible* one never missed: an uncertain allow counts only as possible, an uncertain deny or pass
    denies for certain and is skipped, or allows, for possible.
    """
    if action is Action.LOG:
        return None
    if not uncertain:
        return {Action.ALLOW: Outcome.ALLOW, Action.DENY: Outcome.DENY, Action.PASS: Outcome.NEXT}[action]
    if certain:
        return None if action is Action.ALLOW else Outcome.DENY
    return None if action is Action.DENY else Outcome.ALLOW


def _match_port(rule: Rule, call: _Call) -> tuple[bool, PortMatch | None]:
    if rule.ports is None:
        return True, None
    declared = container_ports(call.destination)
    for match in rule.ports:
        if resolve_ports((match,), declared).has(call.protocol, call.port):
            return True, match
    return False, None
