"""What an answer built on flows rests on, and what it can't know: hours, weekdays, unseen workloads, losses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.flows.edges import Coverage, Party
from ringfence.model.flow import HOUR, Loss, LossKind
from ringfence.model.objects import Snapshot, WorkloadRef

HOURS_A_DAY = 24
DAYS_A_WEEK = 7
_SCHEDULED = {"CronJob", "Job"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The window and its holes. Hours and weekdays are UTC; weekdays count from Monday, 0.

    ``silent`` are hours within the window, in seconds / 3600, without a record. ``hours_of_day`` and ``weekdays``
    never occur in the window, or never with a record. ``jobs`` are CronJobs and Jobs of the input that no record
    names, ``unseen`` all other workloads.
    """

    coverage: Coverage
    silent: tuple[int, ...] = ()
    hours_of_day: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    jobs: tuple[WorkloadRef, ...] = ()
    unseen: tuple[WorkloadRef, ...] = ()

    @property
    def losses(self) -> tuple[Loss, ...]:
        """Records that are missing; lines of other programs are none."""
        return tuple(loss for loss in self.coverage.losses if loss.kind is not LossKind.FOREIGN)

    @property
    def whole(self) -> bool:
        """True where nothing is known to be missing."""
        holes = self.silent, self.hours_of_day, self.weekdays, self.jobs, self.unseen, self.losses
        return not any(holes) and not self.coverage.unmapped and self.coverage.first is not None


def evidence(coverage: Coverage, snapshot: Snapshot | None, parties: Iterable[Party]) -> Evidence:
    """What a window covers. Without a snapshot nothing is said of workloads."""
    covered = set(coverage.hours)
    window: range = range(0)
    if coverage.first is not None and coverage.last is not None:
        window = range(int(coverage.first // HOUR), int(coverage.last // HOUR) + 1)
    moments = [dt.datetime.fromtimestamp(hour * HOUR, tz=dt.UTC) for hour in sorted(covered)]
    hours_of_day, weekdays = {moment.hour for moment in moments}, {moment.weekday() for moment in moments}
    seen = {(party.namespace, party.workload) for party in parties if party.workload}
    missing = [] if snapshot is None else [ref for ref in snapshot.workloads() if _key(ref) not in seen]
    return Evidence(
        coverage,
        tuple(hour for hour in window if hour not in covered) if covered else (),
        tuple(hour for hour in range(HOURS_A_DAY) if hour not in hours_of_day),
        tuple(day for day in range(DAYS_A_WEEK) if day not in weekdays),
        tuple(sorted(ref for ref in missing if ref.kind in _SCHEDULED)),
        tuple(sorted(ref for ref in missing if ref.kind not in _SCHEDULED)),
    )


def _key(ref: WorkloadRef) -> tuple[str, str]:
    return ref.namespace, f"{ref.kind}/{ref.name}"
