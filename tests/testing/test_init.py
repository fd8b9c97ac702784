"""A suite of today's connectivity passes on today's cluster, and fails where what it pins changes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, strategies as st

from ringfence.engine import Engine
from ringfence.model.errors import QueryError
from ringfence.model.internet import INTERNET
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Direction, PolicySet
from ringfence.model.ports import ALL_PORTS
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.testing import planning, reading
from ringfence.testing.init import initial_suite
from ringfence.testing.judging import Bench
from ringfence.testing.mutants import mutants_of
from ringfence.testing.plan import Plan
from tests import points, strategies
from tests.clusters import cluster, pod, raw_objects


def written(snapshot: Snapshot, policy_set: PolicySet) -> str:
    try:
        return initial_suite(snapshot, Engine.build(snapshot, policy_set))
    except QueryError:
        assume(False)
        raise


def planned(text: str, snapshot: Snapshot) -> Plan:
    return planning.plan(reading.read(raw_objects(text)), snapshot)


def failing(plan: Plan, snapshot: Snapshot, policy_set: PolicySet) -> list[str]:
    bench = Bench(plan, Engine.build(snapshot, policy_set))
    return [case.case.name for case in plan.cases if not bench.passes(case)]


def public(end: Endpoint) -> bool:
    """The ends that the suite speaks of, but for private ranges: pods, and addresses of the Internet."""
    return isinstance(end, Pod) or (not end.node and end.address in INTERNET)


def judged(engine: Engine, source: Endpoint, destination: Endpoint) -> bool:
    if isinstance(source, AddressEndpoint) and isinstance(destination, AddressEndpoint):
        return False
    if isinstance(source, Pod) and str(source) == str(destination) and not source.planned:
        return False
    return not (isinstance(destination, Pod) and engine.facts.on_same_node(source, destination))


def limited(engine: Engine, direction: Direction, subject: Endpoint, ends: list[Endpoint]) -> bool:
    """True where the policies of a direction, by themselves, deny the subject something with one of the ends."""
    if not isinstance(subject, Pod) or subject.host_network:
        return False
    row = engine.row(direction, engine.atom(subject))
    pairs = [(subject, end) if direction is Direction.EGRESS else (end, subject) for end in ends]
    return any(
        engine.table.sets[row.ports(engine.atom(end))] != ALL_PORTS and judged(engine, *pair)
        for end, pair in zip(ends, pairs, strict=True)
    )


@given(strategies.snapshots(), strategies.policy_sets(uncertain=True))
def test_the_suite_is_valid_and_passes(snapshot: Snapshot, policy_set: PolicySet) -> None:
    text = written(snapshot, policy_set)
    assert failing(planned(text, snapshot), snapshot, policy_set) == [], text


@given(strategies.snapshots(), strategies.policy_sets(), st.data())
def test_whatever_passes_has_the_same_connections_where_policies_limit_an_end(
    snapshot: Snapshot, policy_set: PolicySet, data: st.DataObject
) -> None:
    text = written(snapshot, policy_set)
    plan = planned(text, snapshot)
    engine = Engine.build(snapshot, policy_set)
    ends = [end for end in points.endpoints(snapshot, policy_set) if public(end)]
    mutants = list(mutants_of(policy_set))
    if not mutants:
        return
    for mutant in data.draw(st.lists(st.sampled_from(mutants), max_size=5, unique_by=id)):
        added = [] if mutant.replacement is None else [(mutant.stage, mutant.replacement)]
        changed = engine.with_policies([mutant.policy], added)
        more = [end for end in points.endpoints(snapshot, changed.policy_set) if public(end)]
        differing = [
            (str(source), str(destination))
            for source in more
            for destination in more
            if judged(engine, source, destination)
            and (
                limited(engine, Direction.INGRESS, destination, ends) or limited(engine, Direction.EGRESS, source, ends)
            )
            and engine.allowed(source, destination) != changed.allowed(source, destination)
        ]
        if differing:
            assert failing(plan, snapshot, changed.policy_set), (text, mutant.text, differing[:3])


@given(strategies.snapshots(), strategies.policy_sets())
def test_equal_clusters_give_equal_texts(snapshot: Snapshot, policy_set: PolicySet) -> None:
    assert written(snapshot, policy_set) == written(snapshot, policy_set)


def test_a_cluster_without_policies_and_dns_has_nothing_to_promise() -> None:
    snapshot = cluster([pod("a/web")])
    with pytest.raises(QueryError, match="nothing to promise"):
        initial_suite(snapshot, Engine.build(snapshot, PolicySet()))
