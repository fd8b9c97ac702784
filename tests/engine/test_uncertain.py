"""Rules that the input can't judge: what is surely allowed holds however they turn out, and what may be is said."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st

from ringfence.engine import Engine
from ringfence.model.addresses import ALL_ADDRESSES, AddressSet
from ringfence.model.objects import Snapshot
from ringfence.model.policy import AddressPeer, NamePeer, Peer, Policy, PolicySet, Rule, Stage
from tests import oracle, points, strategies


class Resolution:
    """One way in which names and conditions may turn out, drawn rule by rule."""

    def __init__(self, snapshot: Snapshot, data: st.DataObject) -> None:
        self._data = data
        taken = [a for node in snapshot.nodes for a in node.addresses] + [a for p in snapshot.pods for a in p.addresses]
        self._outside = ALL_ADDRESSES - AddressSet.of((address, address) for address in taken)

    def policy_set(self, policies: PolicySet) -> PolicySet:
        """The same policies without anything uncertain."""
        return PolicySet(tuple(replace(la, stages=tuple(map(self._stage, la.stages))) for la in policies.layers))

    def _stage(self, stage: Stage) -> Stage:
        return replace(stage, policies=tuple(map(self._policy, stage.policies)))

    def _policy(self, policy: Policy) -> Policy:
        return replace(
            policy, egress=tuple(map(self._rule, policy.egress)), ingress=tuple(map(self._rule, policy.ingress))
        )

    def _rule(self, rule: Rule) -> Rule:
        if rule.conditions and not self._data.draw(st.booleans()):
            return replace(rule, peers=(), conditions=())
        peers: list[Peer] = []
        for peer in rule.peers or ():
            if not isinstance(peer, NamePeer) or not peer.uncertain:
                peers.append(peer)
            elif self._data.draw(st.booleans()):
                peers.append(AddressPeer(self._outside, pods=False))
        return replace(rule, peers=None if rule.peers is None else tuple(peers), conditions=())


@given(strategies.snapshots(most_pods=2), strategies.policy_sets(uncertain=True), st.data())
def test_certain_is_allowed_and_allowed_is_possible_however_rules_turn_out(
    snapshot: Snapshot, policy_set: PolicySet, data: st.DataObject
) -> None:
    resolved = Resolution(snapshot, data).policy_set(policy_set)
    certain = Engine.build(snapshot, policy_set).with_icmp()
    possible = Engine.build(snapshot, policy_set, certain=False).with_icmp()
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        for protocol, port in points.port_points(snapshot, policy_set):
            call = (source, destination, protocol, port)
            sides = oracle.allowed(snapshot, resolved, *call)
            verdict = certain.verdict(*call, misses=False)
            for side, found in zip(sides, (verdict.egress, verdict.ingress), strict=True):
                assert side or not found.allowed, call
                assert found.allowed or found.conditional or not side, call
            assert possible.allowed(source, destination).has(protocol, port) or not all(sides), call
