"""The measurement of learning quality, on a small cluster: what it says must be what the truth says."""

from __future__ import annotations

import tempfile

import pytest

from bench import flows_quality
from bench.quality_tables import table
from ringfence.simulate import LossLaw, write


@pytest.fixture(scope="module")
def quality() -> flows_quality.Quality:
    simulation = flows_quality.traffic(120, 1.0)
    with tempfile.TemporaryDirectory() as directory:
        truth = write(simulation, directory, "hubble", LossLaw()).truth
        return flows_quality._ringfence(simulation, truth, directory, 0.0)


def test_learned_policies_keep_every_true_connection_of_a_log_without_loss(quality: flows_quality.Quality) -> None:
    assert quality.kept == quality.intended > 20


def test_neither_replies_nor_denied_connections_become_rules(quality: flows_quality.Quality) -> None:
    assert quality.reply_rules == 0
    assert quality.denied_allowed == 0


def test_no_more_is_open_than_was_meant_but_for_what_scanners_tried(quality: flows_quality.Quality) -> None:
    # Ten scanners try eight ports each.
    assert quality.never_intended <= 80
    assert quality.allowed <= quality.intended + 80


def test_the_table_has_a_line_a_measurement(quality: flows_quality.Quality) -> None:
    lines = table([quality, quality]).strip().splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert len(rows) == 2
    assert all(row.count("|") == lines[2].count("|") for row in rows)


def test_rules_on_client_ports_are_those_that_no_pod_declares() -> None:
    ports = [{"port": "40001"}, {"port": "50051"}, {"port": "8080"}, {"port": "http"}]
    body = {"spec": {"ingress": [{"toPorts": [{"ports": ports}]}]}}
    assert flows_quality._reply_rules(body, {50051}) == 1
