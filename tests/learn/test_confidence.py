"""How far the evidence goes: the number by its formula, by hand."""

from __future__ import annotations

from ringfence.flows.edges import Coverage
from ringfence.model.flow import HOUR, Loss, LossKind
from tests.learn.worlds import MONDAY, SHOP, cluster, edge, learned, of, outside, pod, workload

FIRST = MONDAY // HOUR


def coverage(hours: int, *, gaps: int = 0, records: int = 0, lost: int = 0) -> Coverage:
    """A window from Monday on, the last ``gaps`` of its hours but one without a record."""
    covered = (*range(FIRST, FIRST + hours - gaps - 1), FIRST + hours - 1)
    losses = (Loss(LossKind.LOST_EVENTS, f"{lost} lost", lost),) if lost else ()
    return Coverage(MONDAY, MONDAY + hours * HOUR - 1, covered, ("hubble",), records=records, losses=losses)


def test_a_whole_week_without_a_rare_connection_is_certain() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090), coverage=coverage(168))
    assert of(proposal, "shop/web").confidence.score == 100
    assert of(proposal, "shop/web").confidence.word == "high"


def test_one_day_is_a_seventh_of_a_week() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090), coverage=coverage(24))
    assert of(proposal, "shop/web").confidence.score == 14


def test_connections_seen_once_tell_of_others_that_were_not_seen() -> None:
    """Of 20 connections two are the only ones of their kind: 1 - 2/20."""
    edges = [edge("shop/web", "shop/cart", 9090, count=18)]
    edges += [edge("shop/web", outside(f"192.0.2.{number}"), 443, count=1) for number in (1, 5)]
    found = of(learned(cluster(*SHOP), *edges, coverage=coverage(168)), "shop/web").confidence
    assert (found.score, found.connections, found.kinds, found.once) == (90, 20, 3, 2)


def test_hours_without_a_record_and_lost_records_take_their_share() -> None:
    """126 of 168 hours, and 900 of 1,000 records: 100 * 0.75 * 0.9, all weekdays covered."""
    window = coverage(168, gaps=0, records=900, lost=100)
    covered = tuple(hour for hour in window.hours if hour % 4)
    thinned = Coverage(window.first, window.last, covered, window.formats, records=900, losses=window.losses)
    found = of(learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090), coverage=thinned), "shop/web").confidence
    assert (found.score, found.word) == (68, "fair")


def test_without_a_store_the_window_is_that_of_the_edges() -> None:
    calls = edge("shop/web", "shop/cart", 9090, hours=((0, 5), (3, 5)))
    window = learned(cluster(*SHOP), calls).window
    assert (window.hours, window.span, window.weekdays, window.records) == (2, 4, 1, 10)


def test_what_was_never_seen_is_listed() -> None:
    job = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: "0 2 * * *"
  jobTemplate: {spec: {template: {metadata: {labels: {app: nightly}}, spec: {containers: [{name: c}]}}}}
"""
    proposal = learned(cluster(*SHOP, job), edge("shop/web", "shop/cart", 9090))
    assert [str(group) for group in proposal.never_seen] == [
        "data/Pod/db",
        "kube-system/Pod/coredns",
        "shop/CronJob/nightly",
    ]
    assert [str(group) for group in proposal.idle_cron] == ["shop/CronJob/nightly"]


def test_replicas_that_no_record_names_are_counted() -> None:
    replicas = [pod(f"web-{number}", labels="app: web", owner="ReplicaSet/web") for number in range(3)]
    source = workload("shop/web", kind="ReplicaSet", pods=("web-0", "web-2"))
    found = of(learned(cluster(*replicas, pod("cart")), edge(source, "shop/cart", 9090)), "shop/web").confidence
    assert (found.pods, found.pods_unseen) == (3, 1)
