"""How far the evidence goes: a number with its formula, words, and what nobody saw.

confidence = 100 × kinds × hours × weekdays × records × arrived, where

- *kinds* = 1 - f1 / n: of n connections of the workload, f1 are the only ones of their kind. It estimates how likely
  the next connection is of a kind that was seen (Good, "The population frequencies of species and the estimation of
  population parameters", Biometrika 1953; known as Good-Turing).
- *hours*: the hours with any record, of those in the window.
- *weekdays*: the days of the week with any record, of seven.
- *records*: those that were read, of these and those known to be lost.
- *arrived*: 1 less the share of its connections that were only seen to leave for it, though its nodes record what
  arrives.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.flows.edges import Coverage, EdgeSet, PartyKind
from ringfence.learn.demands import Demands
from ringfence.learn.groups import Group, workload_of
from ringfence.model.flow import HOUR, Loss, LossKind
from ringfence.model.policy import Direction

_COUNTED = (LossKind.LOST_EVENTS, LossKind.RATE_LIMITED, LossKind.SEQUENCE_GAP, LossKind.UNREADABLE, LossKind.TRUNCATED)
HIGH, FAIR = 80, 50


@dataclass(frozen=True, slots=True)
class Window:
    """What the evidence covers: ``hours`` of ``span`` and ``weekdays`` of seven have a record; ``lost`` are known."""

    first: float | None
    last: float | None
    hours: int
    span: int
    weekdays: int
    records: int
    lost: int
    losses: tuple[Loss, ...]

    @property
    def share(self) -> float:
        """The factors that are the same for every workload."""
        if not self.span:
            return 0.0
        kept = self.records / (self.records + self.lost) if self.records else 1.0
        return self.hours / self.span * self.weekdays / 7 * kept


@dataclass(frozen=True, slots=True)
class Confidence:
    """The number from 0 to 100, and what it is made of.

    ``pods_unseen`` of ``pods`` never turned up in a record. ``not_arrived`` of the ``connections`` were only seen to
    leave, though the nodes of the workload record what arrives.
    """

    score: int
    connections: int
    kinds: int
    once: int
    pods: int
    pods_unseen: int
    not_arrived: int = 0

    @property
    def word(self) -> str:
        """``high``, ``fair`` or ``low``."""
        return "high" if self.score >= HIGH else "fair" if self.score >= FAIR else "low"


def window_of(edges: EdgeSet) -> Window:
    """The window of a set of edges: what its store says, else what the edges tell."""
    coverage = edges.coverage
    first = coverage.first if coverage.first is not None else min(edges.first, default=None)
    last = coverage.last if coverage.last is not None else max(edges.last, default=None)
    hours = set(coverage.hours) or _hours(edges)
    if first is None or last is None:
        return Window(None, None, 0, 0, 0, coverage.records, _lost(coverage), coverage.losses)
    span = int(last // HOUR) - int(first // HOUR) + 1
    weekdays = {dt.datetime.fromtimestamp(hour * HOUR, tz=dt.UTC).weekday() for hour in hours}
    records = coverage.records or sum(edges.connections)
    return Window(first, last, min(len(hours), span), span, len(weekdays), records, _lost(coverage), coverage.losses)


def _hours(edges: EdgeSet) -> set[int]:
    found: set[int] = set()
    if edges.edges is not None:
        for edge in edges.edges:
            found.update(hour for hour, _ in edge.hours)
    for moment in (*edges.first, *edges.last):
        found.add(int(moment // HOUR))
    return found


def _lost(coverage: Coverage) -> int:
    return sum(loss.count or 0 for loss in coverage.losses if loss.kind in _COUNTED)


def confidence_of(group: Group, demands: Demands, window: Window, seen: set[str]) -> Confidence:
    """The confidence in what was learned of a group; ``seen`` are the pods in records, as ``namespace/pod``."""
    counts = [
        evidence.connections
        for direction in Direction
        for ports in demands.needs(group, direction).values()
        for evidence in ports.values()
    ]
    total, once = sum(counts), sum(1 for count in counts if count == 1)
    missing = min(demands.not_arrived.get(group, 0), total)
    score = 100 * (1 - once / total) * window.share * (1 - missing / total) if total else 0.0
    names = [f"{pod.namespace}/{pod.name}" for pod in group.pods if pod.name]
    unseen = sum(1 for name in names if name not in seen)
    return Confidence(round(score), total, len(counts), once, len(names), unseen if seen else 0, missing)


def pods_seen(edges: EdgeSet) -> set[str]:
    """The pods that records name, as far as parties list them."""
    return {
        f"{party.namespace}/{pod}" for party in edges.parties if party.kind is PartyKind.WORKLOAD for pod in party.pods
    }


def never_seen(groups: Iterable[Group], edges: EdgeSet) -> tuple[Group, ...]:
    """The groups that no edge has; a CronJob among them did not run in the window."""
    seen = {workload_of(party) for party in edges.parties}
    return tuple(group for group in groups if not any(pod.workload in seen for pod in group.pods))
