"""One step towards a fix: patches that remove one denial, or one allow, and what must be known before applying them."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.explain.causes import object_name
from ringfence.explain.words import rule_number
from ringfence.fix.named import Named
from ringfence.fix.shapes import Port
from ringfence.fix.world import World
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction
from ringfence.model.verdict import DirectionVerdict, Endpoint, RuleTrace


class StepKind(enum.IntEnum):
    """What a step does; of steps that open equally little, the lower is the better one."""

    CORRECT_PORT = 0
    CORRECT_SELECTOR = 1
    CORRECT_TYPES = 2
    MOVE_POLICY = 3
    RELAX_SELECTOR = 4
    LABEL_PODS = 5
    LABEL_NAMESPACE = 6
    EXTEND_RULE = 7
    NARROW_RULE = 8
    REMOVE_RULE = 9
    ADD_RULE = 10
    NEW_POLICY = 11
    TIER_PASS = 12
    TIER_RULE = 13
    TIER_POLICY = 14
    NARROW_SUBJECT = 15
    MERGE_ENTRIES = 16
    SPLIT_ENTRY = 17

    def __str__(self) -> str:
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Step:
    """``notes`` are side effects that no connection shows: a rollout, another owner.

    ``breadth`` counts pods that the step is not for, and that it would open to if nothing else stopped it.
    ``first`` marks the correction of what can only be a mistake: it goes before any addition elsewhere.
    """

    kind: StepKind
    direction: Direction
    patches: tuple[Patch, ...]
    notes: tuple[str, ...] = ()
    breadth: int = 0
    first: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One direction of a connection that isn't as it should be.

    ``subjects`` are the ends that the direction guards and ``peers`` those at the other side, as far as they are of
    this verdict; ``ports`` are those at the destination. ``source`` and ``destination`` name the two for titles.
    ``also`` are ports that belong to those: TCP 53 to UDP 53, since a long answer comes over TCP (RFC 7766).
    ``named`` is the DNS name that the destination was given as, in egress.
    """

    world: World
    direction: Direction
    verdict: DirectionVerdict
    subjects: tuple[Endpoint, ...]
    peers: tuple[Endpoint, ...]
    ports: tuple[Port, ...]
    source: str
    destination: str
    also: tuple[Port, ...] = ()
    named: Named | None = None

    @property
    def written(self) -> tuple[Port, ...]:
        """The ports that a rule for this connection should name."""
        return tuple(sorted({*self.ports, *self.also}))

    @property
    def peer_name(self) -> str:
        """What the other side is called."""
        return self.destination if self.direction is Direction.EGRESS else self.source

    @property
    def subject_name(self) -> str:
        """What the guarded side is called."""
        return self.source if self.direction is Direction.EGRESS else self.destination

    @property
    def stage(self) -> str:
        """The name of the stage that decided; empty where none is."""
        return self.verdict.stages[-1].stage if self.verdict.stages else ""


def rule_name(trace: RuleTrace) -> str:
    """``NetworkPolicy shop/web, ingress rule 1``."""
    return f"{object_name(trace.policy.ref)}, {rule_number(trace)}"


def ports_text(ports: Sequence[Port]) -> str:
    """``TCP 80, UDP 53``."""
    return ", ".join(f"{protocol} {number}" for protocol, number in ports)
