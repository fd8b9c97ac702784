"""The first suite of examples/shop is one that an engineer would have written from its policies."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import ringfence
from ringfence.testing.init import initial_suite

SHOP = Path(__file__).parents[2] / "examples" / "shop"


@pytest.fixture(scope="module")
def text() -> str:
    cluster = ringfence.load(str(SHOP))
    return initial_suite(cluster.snapshot, cluster.engine)


@pytest.fixture(scope="module")
def tests(text: str) -> dict[str, dict[str, object]]:
    return {test["name"]: test for test in yaml.safe_load(text)["tests"]}


def test_it_is_short_enough_to_be_read(text: str) -> None:
    assert text.count("\n") < 80
    assert max(map(len, text.splitlines())) <= 118


def test_it_has_a_test_for_each_guarded_namespace_one_for_dns_and_one_for_the_way_out(tests: dict[str, object]) -> None:
    assert list(tests) == [
        "These pods can ask DNS",
        "Who reaches data",
        "Who reaches ingress-nginx",
        "Who reaches guarded pods of monitoring",
        "Who reaches payments",
        "Who reaches shop",
        "What is reached outside",
    ]


def test_payments_is_reached_as_its_policies_say(tests: dict[str, dict[str, object]]) -> None:
    assert tests["Who reaches payments"] == {
        "name": "Who reaches payments",
        "to": {"namespace": "payments"},
        "exactly": [
            {"from": "monitoring/StatefulSet/prometheus", "ports": 9464},
            {"from": "payments/Deployment/payments", "to": "payments/Deployment/fraud", "ports": 8080},
        ],
    }


def test_ranges_are_written_as_in_the_policy(tests: dict[str, dict[str, object]]) -> None:
    ways = tests["What is reached outside"]["exactly"]
    assert isinstance(ways, list)
    bank = {"addresses": "198.51.100.0/24", "except": "198.51.100.13"}
    assert {"from": "payments/Deployment/payments", "to": bank, "ports": 443} in ways
    assert {"from": "shop/Deployment/email-worker", "to": "203.0.113.25", "ports": 587} in ways


def test_what_is_wrong_today_is_said(text: str) -> None:
    # payments allows port 53, and the DNS pods listen on 8053.
    assert "DNS is cut today, at least in part, for payments/Deployment/fraud, payments/Deployment/payments." in text
