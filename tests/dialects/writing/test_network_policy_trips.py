"""NetworkPolicies written of what NetworkPolicies were read into, and by way of Cilium: nothing changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ringfence.convert.targets import TARGETS
from ringfence.dialects.calico.write import write_calico_policies
from ringfence.dialects.cilium.write import write_cilium_policies
from ringfence.dialects.writing import Target
from ringfence.dialects.writing.network_policy import write_network_policies
from ringfence.model.objects import Snapshot
from tests.dialects.writing.trips import Write, differences, raw, stages_of, with_policies
from tests.strategies import network_policy_bodies, snapshots

_BODIES = st.integers(1, 3).flatmap(
    lambda count: st.tuples(*(network_policy_bodies(number) for number in range(count)))
)


def _trip(snapshot: Snapshot, bodies: tuple[dict[str, Any], ...], cni: str, *ways: Write) -> None:
    before = with_policies(snapshot, [raw(body) for body in bodies], cni)
    stages = stages_of(before.policy_set)
    for write in ways:
        written = write(stages, Target(cni, snapshot))
        assert not written.losses
        assert differences(snapshot, before, written, cni) == []
        stages = stages_of(with_policies(snapshot, [raw(each) for each in written.objects], cni).policy_set)


@pytest.mark.parametrize("cni", ["generic", "cilium"])
@settings(max_examples=60, deadline=None)
@given(snapshots(), _BODIES)
def test_network_policies_are_written_as_they_were_read(
    cni: str, snapshot: Snapshot, bodies: tuple[dict[str, Any], ...]
) -> None:
    _trip(snapshot, bodies, cni, write_network_policies)


@settings(max_examples=60, deadline=None)
@given(snapshots(), _BODIES)
def test_network_policies_become_cilium_s_and_come_back_where_cilium_enforces_them(
    snapshot: Snapshot, bodies: tuple[dict[str, Any], ...]
) -> None:
    _trip(snapshot, bodies, "cilium", write_cilium_policies, write_network_policies)


@settings(max_examples=60, deadline=None)
@given(snapshots(), _BODIES)
def test_network_policies_become_calico_s_and_come_back(snapshot: Snapshot, bodies: tuple[dict[str, Any], ...]) -> None:
    """Back from a tier that denies at its end, which has to be folded."""
    _trip(snapshot, bodies, "calico", write_calico_policies, TARGETS["networkpolicy"].write)
