"""The shop's README lists what is broken: all of it is found, by root cause, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.cluster import load
from ringfence.diagnose import Diagnosis, Topic, diagnose
from ringfence.survey import survey

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture(scope="module")
def report() -> Diagnosis:
    cluster = load(str(SHOP))
    return diagnose(cluster.engine, cluster.snapshot, cluster.endpoints, survey(cluster.snapshot))


def test_each_broken_thing_is_one_root_cause(report: Diagnosis) -> None:
    assert [str(problem.policy) for problem in report.problems] == [
        "payments/NetworkPolicy/allow-dns",
        "payments/NetworkPolicy/payments",
        "shop/NetworkPolicy/search",
        "data/NetworkPolicy/allow-scrape",
    ]
    causes = [problem.cause for problem in report.problems]
    assert "its pods listen on 8053" in causes[0]
    assert "asks for label `tier=api`, which is missing on the pods of shop/Deployment/checkout" in causes[1]
    assert "its pods listen on 9000" in causes[2]
    assert "asks for label `purpose=monitoring`, which is missing on namespace monitoring" in causes[3]


def test_each_root_cause_lists_whom_it_cuts(report: Diagnosis) -> None:
    assert [set(problem.workloads) for problem in report.problems] == [
        {"payments/Deployment/payments", "payments/Deployment/fraud"},
        {"shop/Deployment/checkout"},
        {"shop/Deployment/frontend"},
        {"monitoring/StatefulSet/prometheus"},
    ]
    scraped = {loss.target for loss in report.problems[3].losses}
    assert scraped == {f"data/StatefulSet/{name}" for name in ("opensearch", "postgres", "rabbitmq", "redis")}


def test_what_is_too_open_is_worth_a_look(report: Diagnosis) -> None:
    assert [(remark.topic, str(remark.subject)) for remark in report.remarks] == [
        (Topic.WAY_OUT, "shop/NetworkPolicy/default-deny"),  # shop/reports opens all of the Internet to one job
        (Topic.SELECTS_NOTHING, "monitoring/NetworkPolicy/node-exporter"),
        (Topic.MATCHES_NOBODY, "data/NetworkPolicy/redis"),
    ]


def test_the_ways_to_the_internet_are_those_that_the_policies_name(report: Diagnosis) -> None:
    by_rule = {access.rule: access.workloads for access in report.internet if access.rule}
    assert by_rule == {
        "NetworkPolicy shop/reports, egress rule 2": ("shop/CronJob/reports",),
        "NetworkPolicy payments/payments, egress rule 3": ("payments/Deployment/payments",),
        "NetworkPolicy shop/email-worker, egress rule 2": ("shop/Deployment/email-worker",),
    }
