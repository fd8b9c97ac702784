"""The answer: what is proposed for each workload, on which evidence, and what the engine says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ringfence.dialects.writing import Loss
from ringfence.learn.beyond import Beyond
from ringfence.learn.confidence import Confidence, Window
from ringfence.learn.evidence import LeftOut
from ringfence.learn.groups import Group
from ringfence.learn.holdout import Holdout
from ringfence.learn.proof import Proof
from ringfence.learn.rules import Side
from ringfence.learn.writing import LearnedObject
from ringfence.model.origin import ObjectRef


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one group of workloads. ``probes`` are connections of nodes to pods that they run."""

    group: Group
    egress: Side
    ingress: Side
    confidence: Confidence
    probes: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer of ``ringfence learn``.

    ``replaced`` are policies learned before that the new objects stand for; ``obsolete`` are those of them under other
    names, to be deleted. ``never_seen`` are workloads without a record; ``idle_cron`` are CronJobs among them.
    """

    to: str
    cni: str
    objects: tuple[LearnedObject, ...]
    losses: tuple[Loss, ...]
    workloads: tuple[Learned, ...]
    left_out: tuple[LeftOut, ...]
    proof: Proof
    beyond: Beyond
    window: Window
    budget: int
    replaced: tuple[ObjectRef, ...] = ()
    obsolete: tuple[ObjectRef, ...] = ()
    never_seen: tuple[Group, ...] = ()
    idle_cron: tuple[Group, ...] = ()
    holdout: Holdout | None = None
    requests: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def keeps_everything(self) -> bool:
        """True where nothing that was seen is cut, and nothing of the platform."""
        return not self.proof.cut and not self.proof.probes_cut
