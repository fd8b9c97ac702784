"""Calico's objects, read, written and read again: where nothing is lost, the same connections are allowed."""

from __future__ import annotations

import pytest
from hypothesis import event, given, settings, strategies as st

from ringfence.convert.targets import TARGETS
from ringfence.dialects.calico.write import write_calico_policies
from ringfence.dialects.writing import Target
from ringfence.engine.difference import compare
from ringfence.model.icmp import names_icmp
from tests.dialects import cluster
from tests.dialects.calico import bodies
from tests.dialects.calico.test_against_prose import manifests, objects
from tests.dialects.writing.trips import Write, raw, stages_of, with_policies

SNAPSHOT = cluster.World(manifests(*objects())).cluster.snapshot
FOLD = TARGETS["networkpolicy"].write


@pytest.mark.parametrize(
    ("write", "kept"),
    [(write_calico_policies, True), (write_calico_policies, False), (FOLD, False)],
    ids=["with network sets", "without network sets", "folded"],
)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_calico_s_policies_are_written_as_they_were_read(write: Write, kept: bool, data: st.DataObject) -> None:
    """Network sets that rules name by label are written as addresses, and may go or stay."""
    tiers = data.draw(bodies.tiers())
    policies = data.draw(bodies.policies(sorted(tiers)))
    given_tiers: list[dict[str, object]] = [
        {"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": name}, "spec": spec}
        for name, spec in tiers.items()
    ]
    sets = SNAPSHOT.policies
    before = with_policies(SNAPSHOT, [*sets, *map(raw, (*given_tiers, *policies))], "calico")
    written = write(stages_of(before.policy_set), Target("calico", SNAPSHOT))
    event("lost" if written.losses else "kept")
    if not written.losses:
        after = with_policies(SNAPSHOT, [*(sets if kept else ()), *map(raw, written.objects)], "calico")
        # Folding is about ICMP where a policy names it.
        icmp = write is not FOLD or names_icmp(before.policy_set.policies())
        engines = (before.with_icmp(), after.with_icmp()) if icmp else (before, after)
        assert list(compare(*engines)) == []
