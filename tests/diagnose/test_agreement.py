"""What is asked of rows agrees with the point verdict, pair by pair, on any cluster."""

from __future__ import annotations

from hypothesis import given, settings

from ringfence.diagnose.pairs import Asker
from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.objects import Snapshot
from ringfence.model.ports import Protocol
from ringfence.survey import Target
from tests.strategies import snapshots


@settings(max_examples=60, deadline=None)
@given(snapshots())
def test_the_sides_that_deny_are_those_of_the_verdict(snapshot: Snapshot) -> None:
    policies, _ = read_policies(snapshot)
    engine = Engine.build(snapshot, policies)
    asker = Asker(engine)
    for source in snapshot.pods[:4]:
        for destination in snapshot.pods[:4]:
            outcome = asker.outcome([source], [Target(destination, 80)], Protocol.TCP)
            verdict = engine.verdict(source, destination, Protocol.TCP, 80, misses=False)
            assert bool(outcome.denied) == (not verdict.allowed)
            for denied in outcome.denied:
                sides = {str(direction) for direction in denied.directions}
                assert sides == {str(side.direction) for side in (verdict.egress, verdict.ingress) if not side.allowed}
