"""Incident 9: all egress of production must be listed, the rest denied and logged. 150 services, a week."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ringfence.cluster import load
from ringfence.simulate import Plan
from ringfence.simulate.connection import Purpose
from tests.cli.running import run
from tests.incidents.production import PROVIDERS, production
from tests.incidents.states import INCIDENTS
from tests.incidents.traffic import Recorded, record

WEEK = Plan(
    seed=9,
    hours=168,
    rate=0.04,
    random_calls=0,
    random_names=0,
    rollouts=1,
    scanners=0,
    platform=False,
    replicas=1,
)


@dataclass(frozen=True)
class Week:
    """The manifests, and what a week of their traffic left in a store."""

    manifests: str
    flows: Recorded
    directory: Path

    def file(self, name: str, text: str) -> str:
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    directory = tmp_path_factory.mktemp("week")
    manifests = directory / "cluster.yaml"
    manifests.write_text(production(150, 9), encoding="utf-8")
    return Week(str(manifests), record(load(str(manifests)), WEEK, directory), directory)


@pytest.fixture(scope="module")
def requests(week: Week) -> str:
    result = run("learn", "--flows", week.flows.store, week.manifests, "--for", "cilium", "-o", "egress-requests")
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def learned(week: Week) -> str:
    result = run("learn", "--flows", week.flows.store, week.manifests, "--for", "cilium", "-o", "yaml")
    assert result.exit_code == 0, result.output
    return week.file("learned.yaml", result.stdout)


@pytest.fixture(scope="module")
def approved(week: Week, requests: str) -> str:
    """The policies that the requests ask for."""
    asked = week.file("requests.yaml", requests)
    result = run("generate", "egress", asked, week.manifests, "--for", "cilium", "--quiet")
    assert result.exit_code == 0, result.output
    return week.file("approved.yaml", result.stdout)


def test_every_name_that_was_called_is_requested_by_who_called_it(week: Week, requests: str) -> None:
    true = {
        (key.source.rpartition("/")[2], key.destination, key.port)
        for key in week.flows.truth.edges
        if key.purpose is Purpose.EXTERNAL
    }
    assert len(true) > 40
    asked = {
        (document["spec"]["selector"]["app"], entry["to"], entry["ports"])
        for document in yaml.safe_load_all(requests)
        for entry in document["spec"]["egress"]
    }
    assert asked == true


def test_each_request_says_what_it_rests_on(requests: str) -> None:
    for document in yaml.safe_load_all(requests):
        assert document["kind"] == "EgressRequest"
        assert all("connection" in entry["reason"] for entry in document["spec"]["egress"])


def test_the_requests_alone_would_cut_calls_between_services_and_replay_says_so(week: Week, approved: str) -> None:
    result = run(
        "replay", "--flows", week.flows.store, "--policies", approved, week.manifests, "--fail-on", "cut", "-q"
    )
    assert result.exit_code == 1
    assert "would be cut" in result.stdout


def test_with_what_was_learned_nothing_that_was_seen_is_cut(week: Week, approved: str, learned: str) -> None:
    together = week.directory / "together"
    together.mkdir()
    for path in (approved, learned):
        (together / Path(path).name).write_text(Path(path).read_text(encoding="utf-8"), encoding="utf-8")
    command = ("replay", "--flows", week.flows.store, "--policies", str(together), week.manifests, "--fail-on", "cut")
    result = run(*command, "-q")
    assert result.exit_code == 0, result.output
    assert "would be cut" in result.stdout


def test_what_is_not_listed_is_denied(week: Week, learned: str) -> None:
    cluster = load(week.manifests, learned)
    for number in (1, 75, 149):
        source = f"production/Deployment/service-{number:03}"
        assert not cluster.verdict(source, "8.8.8.8", 443).allowed
        assert not cluster.verdict(source, "198.51.100.1", 22).allowed


def test_the_example_is_the_same_cluster_made_smaller() -> None:
    path = INCIDENTS / "09-all-egress-listed" / "twelve-services" / "cluster" / "production.yaml"
    assert path.read_text(encoding="utf-8") == production(12, 9)
    assert any(provider in path.read_text(encoding="utf-8") for provider in PROVIDERS)
