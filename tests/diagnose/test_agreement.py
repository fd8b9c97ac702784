"""What is asked of rows agrees with the point verdict, pair by pair, on any cluster."""

from __future__ import annotations

from hypothesis import given, settings

from ringfence.diagnose import LossKind, diagnose
from ringfence.diagnose.pairs import Asker
from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.explain.endpoints import Endpoints
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import Protocol
from ringfence.survey import Dependency, DependencyKind, Evidence, Route, Survey, Target
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


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_every_wanted_connection_that_is_denied_is_a_loss_under_a_root_cause(snapshot: Snapshot) -> None:
    policies, _ = read_policies(snapshot)
    engine = Engine.build(snapshot, policies)
    wanted = [need(source, destination) for source in snapshot.pods[:4] for destination in snapshot.pods[:4]]
    report = diagnose(engine, snapshot, Endpoints(snapshot), Survey(), wanted=wanted)
    denied = {
        (str(source), str(destination))
        for source in snapshot.pods[:4]
        for destination in snapshot.pods[:4]
        if not engine.verdict(source, destination, Protocol.TCP, 80, misses=False).allowed
    }
    assert {(loss.source, loss.target) for loss in report.losses() if loss.kind is LossKind.WANTED} == denied
    assert report.needs - report.needs_met == len(denied)


def need(source: Pod, destination: Pod) -> Dependency:
    route = Route(Protocol.TCP, 80, (Target(destination, 80),))
    return Dependency(DependencyKind.WANTED, str(source), (source,), str(destination), (route,), Evidence("wanted"))
