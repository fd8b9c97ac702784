"""Any stages written in each dialect: where nothing is lost, the objects that are read again allow the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, event, given, settings, strategies as st

from ringfence.dialects.calico.write import write_calico_policies
from ringfence.dialects.cilium.write import write_cilium_policies
from ringfence.dialects.writing import Target
from ringfence.dialects.writing.cluster_network_policy import write_cluster_network_policies
from ringfence.dialects.writing.network_policy import write_network_policies
from ringfence.engine import Engine
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Snapshot
from ringfence.model.policy import (
    Action,
    Layer,
    NamePeer,
    Peer,
    Policy,
    PolicySet,
    Stage,
    StageKind,
    leaves,
)
from tests.dialects.writing.trips import Write, differences
from tests.strategies import policies, rules, snapshots, stages


def _with_addresses(snapshot: Snapshot) -> Snapshot:
    """Pods of one address: what an exclusion says of a pod with two, or with none, no range can say."""
    pods = (
        replace(pod, addresses=pod.addresses[:1] or (parse_address(f"10.0.0.{number}"),))
        for number, pod in enumerate(snapshot.pods, start=1)
    )
    return replace(snapshot, pods=tuple(pods))


def _additive() -> st.SearchStrategy[Stage]:
    members = st.lists(st.integers(0, 9), max_size=2, unique=True).flatmap(
        lambda numbers: st.tuples(*(policies(number, rules((Action.ALLOW,))) for number in numbers))
    )
    return members.map(lambda found: Stage("networkpolicy", StageKind.ADDITIVE, tuple(found)))


def _peers(policy: Policy) -> list[Peer]:
    return [peer for rule in (*policy.egress, *policy.ingress) for peer in rule.peers or ()]


def _check(snapshot: Snapshot, all_stages: Sequence[Stage], write: Write, cni: str) -> None:
    peers = [peer for stage in all_stages for each in stage.policies for peer in _peers(each)]
    # What Cilium writes by name is read by name again, and no record here tells the addresses.
    assume(write is not write_cilium_policies or not any(isinstance(peer, NamePeer) for peer in leaves(peers)))
    before = Engine.build(snapshot, PolicySet((Layer("network", tuple(all_stages)),)))
    written = write(all_stages, Target(cni, snapshot))
    event("lost" if written.losses else "kept")
    if not written.losses:
        assert differences(snapshot, before, written, cni) == []


@pytest.mark.parametrize(
    ("write", "cni"),
    [(write_network_policies, "generic"), (write_network_policies, "cilium"), (write_cilium_policies, "cilium")],
)
@settings(max_examples=60, deadline=None)
@given(snapshots().map(_with_addresses), _additive())
def test_allows_are_written_exactly_or_lost(write: Write, cni: str, snapshot: Snapshot, stage: Stage) -> None:
    _check(snapshot, [stage], write, cni)


@settings(max_examples=80, deadline=None)
@given(snapshots().map(_with_addresses), st.tuples(stages("one"), stages("two")))
def test_any_stages_become_tiers_of_calico_or_are_lost(snapshot: Snapshot, two: tuple[Stage, Stage]) -> None:
    _check(snapshot, two, write_calico_policies, "calico")


@settings(max_examples=80, deadline=None)
@given(snapshots().map(_with_addresses), st.tuples(stages("one"), stages("two")))
def test_any_stages_become_cluster_network_policies_or_are_lost(snapshot: Snapshot, two: tuple[Stage, Stage]) -> None:
    _check(snapshot, two, write_cluster_network_policies, "generic")
