"""Recorded traffic against proposed policies: what would be cut, what would open, and what nobody can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.explain.recorded_reasons import Reason, Standing
from ringfence.replay.report import Fate, Replayed, ReplayReport, Unjudged
from ringfence.replay.wording import summary

if TYPE_CHECKING:
    from ringfence.flows.edges import EdgeSet
    from ringfence.model.objects import Snapshot
    from ringfence.model.policy import PolicySet


def replay(
    edges: EdgeSet, snapshot: Snapshot, proposed: PolicySet, today: PolicySet | None = None, *, owner_label: str = ""
) -> ReplayReport:
    """See :func:`ringfence.replay.compute.replay`, which is imported, with numpy, when it runs."""
    from ringfence.replay.compute import replay as run

    return run(edges, snapshot, proposed, today, owner_label=owner_label)


__all__ = ["Fate", "Reason", "ReplayReport", "Replayed", "Standing", "Unjudged", "replay", "summary"]
