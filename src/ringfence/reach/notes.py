"""What a reader of ``reach`` must know to read it right."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.engine import Engine
from ringfence.model import codes
from ringfence.model.finding import Finding
from ringfence.model.policy import AddressPeer
from ringfence.reach.report import Grouping


def notes_of(engine: Engine, grouping: Grouping) -> tuple[Finding, ...]:
    """The assumptions that bear on this answer."""
    return tuple(_notes(engine, grouping))


def _notes(engine: Engine, grouping: Grouping) -> Iterator[Finding]:
    unaddressed = sum(1 for atom in engine.universe.atoms for pod in atom.pods if not pod.addresses)
    if unaddressed and _has_ranges(engine):
        yield Finding(
            codes.NO_ADDRESS,
            f"{unaddressed} pods have no address in the input, so no address range matches them here.",
            why="Once they run, a range that holds their address may also allow or deny them.",
        )
    hosts = sum(len(atom.pods) for atom in engine.universe.atoms if atom.pods and not atom.guarded)
    if hosts and grouping is Grouping.WORKLOAD:
        yield Finding(
            codes.HOST_NETWORK,
            f"{hosts} pods are on the host network: no pod policy guards them, and rules see them as their node."
            if hosts > 1
            else "One pod is on the host network: no pod policy guards it, and rules see it as its node.",
            why="A node may always reach the pods that it runs; that traffic is left out of this list.",
        )


def _has_ranges(engine: Engine) -> bool:
    return any(
        isinstance(peer, AddressPeer)
        for policy in engine.policy_set.policies()
        for rule in (*policy.egress, *policy.ingress)
        for peer in rule.peers or ()
    )
