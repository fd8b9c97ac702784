"""Ordered stages folded into allows: where nothing is lost, the same connections are allowed on any cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import event, given, settings, strategies as st

from ringfence.convert.fold import folded
from ringfence.dialects.writing.bodies import Losses
from ringfence.engine import Engine
from ringfence.engine.difference import compare
from ringfence.model.addresses import parse_address
from ringfence.model.icmp import names_icmp
from ringfence.model.objects import Snapshot
from ringfence.model.policy import Layer, PolicySet, Stage
from tests.dialects.writing.trips import raw, stages_of, with_policies
from tests.strategies import network_policy_bodies, snapshots, stages, tiered_bodies

_TIERS = st.integers(1, 2).flatmap(
    lambda count: st.tuples(*(tiered_bodies("ClusterNetworkPolicy", number) for number in range(count)))
)


def _one_family(snapshot: Snapshot) -> Snapshot:
    """Pods of one address: what an exclusion says of a pod with two, or with none, no range can say."""
    pods = (
        replace(pod, addresses=pod.addresses[:1] or (parse_address(f"10.0.0.{number}"),))
        for number, pod in enumerate(snapshot.pods, start=1)
    )
    return replace(snapshot, pods=tuple(pods))


def _same(snapshot: Snapshot, before: Engine, before_stages: list[Stage]) -> None:
    losses = Losses()
    stage = folded(before_stages, losses, snapshot.namespaces)
    event("lost" if losses.found else "kept")
    if not losses.found:
        after = Engine.build(snapshot, PolicySet((Layer("network", (stage,)),)))
        if names_icmp(policy for each in before_stages for policy in each.policies):
            before, after = before.with_icmp(), after.with_icmp()
        assert compare(before, after) == []


@settings(max_examples=80, deadline=None)
@given(snapshots().map(_one_family), _TIERS, st.lists(network_policy_bodies(9), max_size=1))
def test_tiers_become_allows(
    snapshot: Snapshot, tiers: tuple[dict[str, Any], ...], plain: list[dict[str, Any]]
) -> None:
    before = with_policies(snapshot, [raw(body) for body in (*tiers, *plain)], "generic")
    _same(snapshot, before, stages_of(before.policy_set))


@settings(max_examples=80, deadline=None)
@given(snapshots().map(_one_family), st.tuples(stages("one"), stages("two")))
def test_any_stages_become_allows(snapshot: Snapshot, two: tuple[Stage, Stage]) -> None:
    before = Engine.build(snapshot, PolicySet((Layer("network", two),)))
    _same(snapshot, before, list(two))
