"""Pairs that are asked about once have one verdict, and no pair is left out or told twice."""

from __future__ import annotations

from hypothesis import assume, given, strategies as st

from ringfence.engine import Engine
from ringfence.engine.match import is_self
from ringfence.explain.endpoints import Target
from ringfence.explain.judge import alike_pairs
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.ports import Protocol
from ringfence.model.verdict import Endpoint
from tests import points, strategies


@given(st.data(), strategies.snapshots(), strategies.policy_sets(uncertain=True), st.sampled_from([80, 443, 8080]))
def test_alike_pairs_have_one_verdict_and_are_all_pairs(
    data: st.DataObject, snapshot: Snapshot, policy_set: PolicySet, port: int
) -> None:
    engine = Engine.build(snapshot, policy_set)
    every = points.endpoints(snapshot, policy_set)
    pods: list[Endpoint] = [end for end in every if isinstance(end, Pod)]
    assume(pods)
    sources = data.draw(st.lists(st.sampled_from(every), min_size=1, max_size=6, unique_by=str))
    ends = data.draw(st.lists(st.sampled_from(pods), min_size=1, max_size=6, unique_by=str))
    told: set[tuple[str, str]] = set()
    for alike in alike_pairs(engine, sources, [Target(end, port) for end in ends]):
        verdict = engine.verdict(alike.source, alike.target.endpoint, Protocol.TCP, alike.target.port)
        pairs = [(source, end) for source in alike.sources for end in alike.destinations if not is_self(source, end)]
        for source, end in pairs:
            assert (str(source), str(end)) not in told
            told.add((str(source), str(end)))
            single = engine.verdict(source, end, Protocol.TCP, port)
            assert (single.allowed, single.conditional) == (verdict.allowed, verdict.conditional)
        if len(sources) * len(ends) > 1:
            assert alike.count == len(pairs)
    assert told == {(str(source), str(end)) for source in sources for end in ends if not is_self(source, end)}
