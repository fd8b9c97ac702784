"""All pairs, counted and by row, equal what asking for each pair gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, strategies as st

from ringfence.engine import Engine, pairs
from ringfence.engine.pairs import AllPairs, Tally
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.ports import ALL_PORTS
from tests import strategies


@st.composite
def crowded_snapshots(draw: st.DrawFn) -> Snapshot:
    """Snapshots in which some pods have replicas that no rule can tell apart."""
    snapshot = draw(strategies.snapshots())
    replicas = [
        replace(pod, name=f"{pod.name}-{number}")
        for pod in snapshot.pods
        if not pod.planned
        for number in range(draw(st.integers(0, 2)))
    ]
    return replace(snapshot, pods=(*snapshot.pods, *replicas))


def counted(engine: Engine, pods: tuple[Pod, ...]) -> Tally:
    kinds: Counter[str] = Counter()
    for source in pods:
        for destination in pods:
            if source is not destination:
                ports = engine.allowed(source, destination)
                kinds["full" if ports == ALL_PORTS else "partial" if ports else "denied"] += 1
    return Tally(kinds["full"], kinds["partial"], kinds["denied"])


@given(crowded_snapshots(), strategies.policy_sets())
def test_the_tally_counts_every_pair_of_different_pods(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = Engine.build(snapshot, policy_set)
    assert AllPairs(engine).tally() == counted(engine, snapshot.pods)


@given(crowded_snapshots(), strategies.policy_sets())
def test_a_row_holds_the_ports_towards_every_atom(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = Engine.build(snapshot, policy_set)
    every = AllPairs(engine)
    for source in snapshot.pods:
        row = every.row(engine.atom(source))
        for destination in snapshot.pods:
            if source is not destination and not engine.facts.on_same_node(source, destination):
                assert engine.table.sets[row[engine.atom(destination)]] == engine.allowed(source, destination)


@given(crowded_snapshots(), strategies.policy_sets(), st.integers(1, 5))
def test_the_size_of_a_block_changes_nothing(snapshot: Snapshot, policy_set: PolicySet, size: int) -> None:
    engine = Engine.build(snapshot, policy_set)
    expected = AllPairs(engine).tally()
    whole, pairs._BLOCK = pairs._BLOCK, size
    try:
        assert AllPairs(engine).tally() == expected
    finally:
        pairs._BLOCK = whole


@given(crowded_snapshots(), strategies.policy_sets())
def test_looking_port_sets_up_and_sorting_them_agree(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = Engine.build(snapshot, policy_set)
    expected = AllPairs(engine).tally()
    limit, pairs._LOOK_UP = pairs._LOOK_UP, 0
    try:
        assert AllPairs(engine).tally() == expected
    finally:
        pairs._LOOK_UP = limit


def test_an_empty_cluster_has_no_pairs() -> None:
    assert AllPairs(Engine.build(Snapshot(), PolicySet())).tally() == Tally(0, 0, 0)
