"""What a mutant changes is what comparing both engines pair by pair says, and nothing else."""

from __future__ import annotations

from hypothesis import given, strategies as st

from ringfence.engine import Engine
from ringfence.engine.difference import compare
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.testing.coverage_effects import Effect, Effects
from ringfence.testing.mutants import mutants_of
from tests import points, strategies


def base(snapshot: Snapshot, policy_set: PolicySet) -> Engine:
    replacements = [mutant.replacement for mutant in mutants_of(policy_set) if mutant.replacement is not None]
    return Engine.build(snapshot, policy_set).refined(replacements)


def meant(effects: list[Effect], engine: Engine, source: Endpoint, destination: Endpoint) -> set[tuple[int, int]]:
    """The ports before and after that the effects have for a pair."""
    start, end = engine.atom(source), engine.atom(destination)
    return {
        (effect.before, effect.after)
        for effect in effects
        if effect.sources >> start & 1 and effect.destinations >> end & 1
    }


def exempt(engine: Engine, source: Endpoint, destination: Endpoint) -> bool:
    """Pairs that are allowed whatever policies say."""
    if isinstance(source, Pod) and str(source) == str(destination) and not source.planned:
        return True
    return isinstance(destination, Pod) and engine.facts.on_same_node(source, destination)


@given(strategies.snapshots(), strategies.policy_sets(uncertain=True), st.data())
def test_effects_are_the_changes_of_each_pair(snapshot: Snapshot, policy_set: PolicySet, data: st.DataObject) -> None:
    mutants = list(mutants_of(policy_set))
    if not mutants:
        return
    engine = base(snapshot, policy_set)
    effects = Effects(engine)
    ends = [
        end
        for end in points.endpoints(snapshot, policy_set)
        if isinstance(end, Pod) or not any(end.address in pod.addresses for pod in snapshot.pods)
    ]
    for mutant in data.draw(st.lists(st.sampled_from(mutants), min_size=1, max_size=6, unique_by=id)):
        mutated = effects.mutated(mutant)
        found = effects.of(mutant, mutated)
        fresh = Engine.build(snapshot, mutated.policy_set)
        for source in ends:
            for destination in ends:
                if isinstance(source, AddressEndpoint) and isinstance(destination, AddressEndpoint):
                    continue
                if exempt(engine, source, destination):
                    continue
                before, after = engine.allowed(source, destination), fresh.allowed(source, destination)
                sets = engine.table.sets
                told = {(sets[was], sets[now]) for was, now in meant(found, engine, source, destination)}
                assert told == ({(before, after)} if before != after else set()), (mutant.text, source, destination)


@given(strategies.snapshots(), strategies.policy_sets())
def test_a_mutant_without_effect_leaves_nothing_for_the_comparison(snapshot: Snapshot, policy_set: PolicySet) -> None:
    engine = base(snapshot, policy_set)
    effects = Effects(engine)
    for mutant in list(mutants_of(policy_set))[:20]:
        mutated = effects.mutated(mutant)
        if not effects.of(mutant, mutated):
            assert compare(engine, mutated) == [], mutant.text
