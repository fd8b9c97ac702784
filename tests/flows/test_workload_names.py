"""Workloads by the names of their pods."""

from __future__ import annotations

import pytest

from ringfence.flows.workload_names import topmost, workload_of


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("web-7d9f8b6c5d-x2k4q", "Deployment/web"),  # NAME-HASH-XXXXX
        ("checkoutservice-598d5b586d-*", "Deployment/checkoutservice"),  # as Calico aggregates
        ("my-web-api-7d9f8b6c5d-x2k4q", "Deployment/my-web-api"),
        ("db-0", "StatefulSet/db"),
        ("reports-29384720-4xk2z", "CronJob/reports"),  # NAME-MINUTES-XXXXX
        ("node-exporter-4xk2z", "DaemonSet/node-exporter"),
        ("xwing", "Pod/xwing"),
        ("tiefighter-blue", "Pod/tiefighter-blue"),  # "l", "u" and "e": no random ending
    ],
)
def test_a_pods_name_tells_its_workload(pod: str, workload: str) -> None:
    assert workload_of(pod, {}) == workload


def test_a_known_workload_counts_before_the_shape() -> None:
    assert workload_of("web-7d9f8b6c5d-x2k4q", {"web": "Rollout/web"}) == "Rollout/web"
    assert workload_of("agent-4xk2z", {"agent": "Job/agent"}) == "Job/agent"
    assert workload_of("kafka-0", {"kafka-0": "Pod/kafka-0"}) == "Pod/kafka-0"


def test_owned_workloads_are_told_as_their_owners() -> None:
    assert topmost("ReplicaSet/client-allow-7b78d7c957", {}) == "Deployment/client-allow"
    assert topmost("Job/reports-29384720", {}) == "CronJob/reports"
    assert topmost("StatefulSet/db", {}) == "StatefulSet/db"


def test_a_bare_replica_set_stays_one_where_it_is_known() -> None:
    assert topmost("ReplicaSet/x-7b78d7c957", {"x-7b78d7c957": "ReplicaSet/x-7b78d7c957"}) == "ReplicaSet/x-7b78d7c957"
