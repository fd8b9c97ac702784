"""Counts over all pairs, exact without listing them."""

from __future__ import annotations

from ringfence.engine import Engine, bits
from ringfence.engine.core import Profile
from ringfence.engine.pairs import AllPairs
from ringfence.engine.porttable import NONE
from ringfence.model.policy import Direction
from ringfence.reach.external import ExternalSpace
from ringfence.reach.report import ReachSummary


def summarise(engine: Engine, pairs: AllPairs, space: ExternalSpace) -> ReachSummary:
    """The counts of a whole cluster."""
    atoms = [atom for atom in engine.universe.atoms if atom.pods]
    tally = pairs.tally()
    return ReachSummary(
        namespaces=len(engine.facts.namespaces),
        workloads=len({pod.workload for atom in atoms for pod in atom.pods}),
        pods=sum(len(atom.pods) for atom in atoms),
        host_network_pods=sum(len(atom.pods) for atom in atoms if not atom.guarded),
        policies=len({policy.ref for policy in engine.policy_set.policies()}),
        pairs=tally.pairs,
        full=tally.full,
        partial=tally.partial,
        denied=tally.denied,
        to_external=_with_outside(engine, Direction.EGRESS, space),
        from_external=_with_outside(engine, Direction.INGRESS, space),
        isolated_ingress=_isolated(engine, Direction.INGRESS),
        isolated_egress=_isolated(engine, Direction.EGRESS),
    )


def _with_outside(engine: Engine, direction: Direction, space: ExternalSpace) -> int:
    """Pods that some external address may be connected with in this direction."""
    outside = bits.of(space.atoms)
    answers: dict[Profile, bool] = {}
    count = 0
    for number, atom in enumerate(engine.universe.atoms):
        if not atom.pods:
            continue
        if not atom.guarded:
            count += len(atom.pods)
            continue
        profile = engine.profile(direction, number)
        if profile not in answers:
            row = engine.row_of(profile, number)
            closed = row.exceptions.get(NONE, 0)
            if row.default == NONE:
                answers[profile] = any(outside & atoms for atoms in row.exceptions.values())
            else:
                answers[profile] = bool(outside & ~closed)
        if answers[profile]:
            count += len(atom.pods)
    return count


def _isolated(engine: Engine, direction: Direction) -> int:
    return sum(
        len(atom.pods)
        for number, atom in enumerate(engine.universe.atoms)
        if atom.guarded and engine.isolated(direction, number)
    )
