"""What a window covers and what not, by hand-made windows."""

from __future__ import annotations

import datetime as dt

from ringfence.explain.evidence import evidence
from ringfence.flows.edges import Coverage
from ringfence.model.flow import HOUR, Loss, LossKind
from ringfence.model.objects import WorkloadRef
from ringfence.render import flows_evidence
from tests.clusters import cluster, pod
from tests.replay.worlds import workload

MONDAY = int(dt.datetime(2026, 11, 16, tzinfo=dt.UTC).timestamp())
FIRST = MONDAY // HOUR


def window(*hours: int, losses: tuple[Loss, ...] = (), unmapped: int = 0) -> Coverage:
    """A window with records in these hours after Monday's midnight."""
    numbers = tuple(FIRST + hour for hour in hours)
    return Coverage(numbers[0] * HOUR, numbers[-1] * HOUR + 60, numbers, ("hubble",), ("n1",), 10, unmapped, 0, losses)


def test_hours_without_a_record_within_the_window_are_silent() -> None:
    found = evidence(window(0, 1, 4), None, ())
    assert found.silent == (FIRST + 2, FIRST + 3)
    first = "2 hours of the window without a record: 2026-11-16 02:00–03:59"
    assert next(flows_evidence.gaps(found)) == first


def test_hours_of_the_day_and_weekdays_count_over_the_whole_window() -> None:
    found = evidence(window(*range(8, 18), *range(24 + 8, 24 + 20)), None, ())  # Monday and Tuesday
    assert found.hours_of_day == (*range(8), *range(20, 24))
    assert found.weekdays == (2, 3, 4, 5, 6)
    lines = list(flows_evidence.gaps(found))
    assert "no record at 00:00–07:59, 20:00–23:59 UTC on any day" in lines
    assert "no record on Wednesday, Thursday, Friday, Saturday, Sunday" in lines


def test_a_week_without_a_gap_is_whole() -> None:
    assert evidence(window(*range(7 * 24)), None, ()).whole
    assert not evidence(window(*range(7 * 24), unmapped=1), None, ()).whole


def test_jobs_that_never_ran_and_workloads_that_nobody_saw_are_told_apart() -> None:
    pods = [pod("shop/web"), pod("shop/cart"), pod("shop/nightly")]
    jobs = [
        type(each)(
            **{name: getattr(each, name) for name in each.__slots__}
            | {"workload": WorkloadRef("shop", "CronJob" if "nightly" in each.name else "Deployment", each.name)}
        )
        for each in pods
    ]
    found = evidence(window(0), cluster(jobs), [workload("shop/web", kind="Deployment")])
    assert list(map(str, found.jobs)) == ["shop/CronJob/nightly"]
    assert list(map(str, found.unseen)) == ["shop/Deployment/cart"]


def test_losses_are_told_and_lines_of_other_programs_are_none() -> None:
    losses = (
        Loss(LossKind.SAMPLED, "one in 50 is recorded", 50),
        Loss(LossKind.FOREIGN, "lines of another program", 7),
    )
    found = evidence(window(0, losses=losses), None, ())
    assert [loss.kind for loss in found.losses] == [LossKind.SAMPLED]
    assert "sampled (50): one in 50 is recorded" in list(flows_evidence.gaps(found))


def test_a_store_without_a_record_says_so() -> None:
    assert flows_evidence.window(evidence(Coverage(), None, ())) == "no record."
