"""What the policies say of a simulated connection: the engine's verdict, in the words of a log."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.engine import Engine
from ringfence.model.addresses import parse_address
from ringfence.model.flow import EndKind, RecordedRule
from ringfence.model.name_patterns import NameSyntax, name_matches
from ringfence.model.peers import AddressPeer, NodePeer, SameNodePeer, leaves
from ringfence.model.policy import NamePeer, Policy
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, DirectionVerdict, Endpoint, Outcome, Reason, RuleTrace
from ringfence.simulate.connection import End, Side

_SYNTAX = (
    ("cilium.io", NameSyntax.CILIUM),
    ("projectcalico.org", NameSyntax.CALICO),
    ("crd.projectcalico.org", NameSyntax.CALICO),
    ("crd.antrea.io", NameSyntax.ANTREA),
    ("policy.networking.k8s.io", NameSyntax.PREFIX),
    ("networking.gke.io", NameSyntax.ONE_LABEL),
    ("k8s.ovn.org", NameSyntax.ONE_LABEL),
)
_UNASKED = Side(True, asked=False)


class Arbiter:
    """Asks the engine once for all connections that it can't tell apart."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[object, ...], tuple[Side, Side]] = {}
        peers = [
            leaf
            for policy in engine.policy_set.policies()
            for rule in (*policy.egress, *policy.ingress)
            for leaf in leaves(rule.peers or ())
        ]
        self._by_address = any(isinstance(peer, AddressPeer) for peer in peers)
        self._by_node = any(isinstance(peer, NodePeer | SameNodePeer) for peer in peers)

    def judge(self, source: End, destination: End, protocol: Protocol, port: int) -> tuple[Side, Side]:
        """Egress at the source, and ingress at the destination. A node may always reach the pods that it runs."""
        if source.kind is EndKind.NODE and destination.kind is EndKind.POD and source.node == destination.node:
            return _UNASKED, _UNASKED
        key = (self._shape(source), self._shape(destination), protocol, port, *self._nodes(source, destination))
        known = self._known.get(key)
        if known is None:
            verdict = self._engine.verdict(_endpoint(source), _endpoint(destination), protocol, port, misses=False)
            sides = [_side(one, destination.names) for one in (verdict.egress, verdict.ingress)]
            known = self._known[key] = (sides[0], sides[1])
        return known

    def _shape(self, end: End) -> tuple[object, ...]:
        if end.instance is None:
            return (end.address, end.names)
        return (end.instance.template, end.address if self._by_address else "")

    def _nodes(self, source: End, destination: End) -> tuple[object, ...]:
        """Whether it is one pod, and the nodes where policies name any."""
        nodes = (source.node, destination.node) if self._by_node else ()
        return (source.instance is not None and source.instance is destination.instance, *nodes)


def _endpoint(end: End) -> Endpoint:
    if end.instance is not None:
        return end.instance.pod
    return AddressEndpoint(parse_address(end.address), end.node)


def _side(verdict: DirectionVerdict, names: tuple[str, ...]) -> Side:
    """A rule that asks for a name matches if that name was asked for; what an L7 rule asks for is taken to hold."""
    last = verdict.stages[-1] if verdict.stages else None
    if verdict.reason in (Reason.NO_SUBJECT, Reason.SELF, Reason.SAME_NODE):
        return _UNASKED
    if not verdict.allowed:
        held = [trace for trace in verdict.conditional if _holds(trace, names)]
        if held:
            return Side(True, isolated=True, rules=tuple(_rule(trace, "") for trace in held))
    isolated = verdict.reason is not Reason.NOT_ISOLATED
    tier = last.stage if last is not None and isolated else ""
    deciding = [
        _rule(trace, stage.stage)
        for stage in verdict.stages
        if stage.outcome is not Outcome.NEXT
        for trace in stage.deciding
    ]
    selecting = last.selecting if last is not None and not verdict.allowed and not deciding else ()
    return Side(
        verdict.allowed,
        isolated=isolated,
        explicit=verdict.reason is Reason.RULE and not verdict.allowed,
        rules=_distinct(deciding),
        selecting=tuple(RecordedRule(one.ref.name, one.ref.namespace, one.ref.kind) for one in selecting),
        tier=tier,
    )


def _distinct(rules: Iterable[RecordedRule]) -> tuple[RecordedRule, ...]:
    return tuple(dict.fromkeys(rules))


def _rule(trace: RuleTrace, stage: str) -> RecordedRule:
    ref = trace.policy.ref
    return RecordedRule(
        ref.name, ref.namespace, ref.kind, stage, trace.rule.name or str(trace.index), str(trace.rule.action)
    )


def _holds(trace: RuleTrace, names: tuple[str, ...]) -> bool:
    if isinstance(trace.peer, NamePeer) and trace.peer.uncertain:
        return any(name_matches(_syntax(trace.policy), trace.peer.pattern, name) for name in names)
    return bool(trace.rule.conditions)


def _syntax(policy: Policy) -> NameSyntax:
    group = policy.ref.api_version.partition("/")[0]
    return next((syntax for known, syntax in _SYNTAX if known == group), NameSyntax.EXACT)
