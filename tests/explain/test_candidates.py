"""Candidates leave out only policies that nothing would be found in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from unittest.mock import patch

from hypothesis import given, settings

from ringfence.engine import Engine
from ringfence.explain.candidates import Candidates, candidates
from ringfence.explain.meant import meant_to_deny
from ringfence.explain.near_subjects import additive_policies, subjects_between
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Direction, Policy, PolicySet, Stage
from ringfence.model.ports import Protocol
from tests.strategies import policy_sets, snapshots

PORT = Protocol.TCP, 80


class Everything(Candidates):
    """Looks at every policy, as if none were known to be far."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def meant_for(self, stage: Stage, pod: Pod) -> Iterator[Policy]:
        return iter(stage.policies)


@settings(max_examples=40)
@given(snapshots(), policy_sets())
def test_what_was_meant_to_deny_is_found_as_if_every_policy_were_looked_at(
    snapshot: Snapshot, policy_set: PolicySet
) -> None:
    engine = Engine.build(snapshot, policy_set)
    for source, destination, direction in product(snapshot.pods, snapshot.pods, Direction):
        ends = source, destination
        found = list(meant_to_deny(engine, direction, ends, PORT, lambda *_: True))
        with patch("ringfence.explain.meant.candidates", Everything):
            assert list(meant_to_deny(engine, direction, ends, PORT, lambda *_: True)) == found


@settings(max_examples=40)
@given(snapshots(), policy_sets())
def test_policies_that_missed_a_pod_by_a_label_are_found_as_if_every_policy_were_looked_at(
    snapshot: Snapshot, policy_set: PolicySet
) -> None:
    engine = Engine.build(snapshot, policy_set)
    every = additive_policies(policy_set)
    for source, destination, direction in product(snapshot.pods, snapshot.pods, Direction):
        ends = source, destination
        near = candidates(engine).additive(ends)
        found = list(subjects_between(near, ends, PORT, direction, engine.facts))
        assert found == list(subjects_between(every, ends, PORT, direction, engine.facts))


def test_what_is_known_of_an_engine_ends_with_it() -> None:
    from ringfence.explain import candidates as module

    engine = Engine.build(Snapshot(), PolicySet(()))
    before = len(module._known)
    assert candidates(engine) is candidates(engine)
    assert len(module._known) == before + 1
    del engine
    assert len(module._known) == before
