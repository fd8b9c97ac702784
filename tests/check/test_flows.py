"""Recorded traffic in a check: what a pull request would cut of it, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.store import StoredInput, opened
from ringfence.model.flow import Flow, FlowEnd, Opening, Outcome
from tests.check.answers import check, refused, report, sarif
from tests.check.repo import Repo

STORE = "flows.duckdb"
TIME = 1_795_003_200.0


def _end(workload: str, app: str, namespace: str) -> FlowEnd:
    return FlowEnd(namespace=namespace, pod=f"{app}-1", workload=workload, labels=(("app", app),), address="10.0.0.1")


def record(repo: Repo, *flows: tuple[FlowEnd, FlowEnd, int]) -> None:
    """Makes the store, and configures it on the base."""
    reduction = Reduction()
    for source, destination, port in flows:
        flow = Flow(source, destination, "TCP", port, Outcome.ALLOWED, Opening.OPENS, per_connection=True)
        for _ in range(3):
            reduction.seen(flow, TIME)
    with opened(str(repo.path / STORE), write=True) as store:
        log = StoredInput(1, "flows.log", "hubble", "", "", 0, "", 0, 3, 3, reduction.first, reduction.last, TIME)
        store.add(reduction, log)
        store.derive()


@pytest.fixture
def recorded(repo: Repo) -> Repo:
    """The example, with the cart's calls to the database on record, configured on its branch."""
    cart = _end("Deployment/cart", "cart", "shop")
    postgres = _end("StatefulSet/postgres", "postgres", "data")
    record(repo, (cart, postgres, 5432))
    repo.edit("ringfence.yaml", "base: main", f"base: main\nflows: {STORE}")
    repo.commit("configure the records")
    return repo


def cut(repo: Repo) -> Repo:
    """The pull request: nobody may reach the database."""
    text = repo.read("policies/data.yaml")
    return repo.write("policies/data.yaml", text.replace("port: 5432", "port: 5433")).commit()


def test_what_is_on_record_and_stays_allowed_passes(recorded: Repo) -> None:
    found = report(status=0)
    (part,) = [each for each in found["parts"] if each["part"] == "flows"]
    assert (part["outcome"], part["text"]) == ("passed", "None of 1 connection would be cut")
    assert found["flows"]["summary"]["kept"] == 1


def test_a_cut_fails_the_check_and_says_whose_and_by_which_line(recorded: Repo) -> None:
    cut(recorded)
    found = report(status=1)
    assert {"part": "flows", "kind": "cut", "text": "1 recorded connection would be cut."} in found["failures"]
    (connection,) = found["flows"]["connections"]
    assert (connection["source"]["name"], connection["passed"]) == ("shop/Deployment/cart", 3)
    assert connection["today"] == "allowed"
    assert connection["reasons"][0]["origin"]["file"] == "policies/data.yaml"


def test_every_format_shows_it_at_the_line_of_the_policy(recorded: Repo) -> None:
    cut(recorded)
    (result,) = [each for each in sarif(status=1)["results"] if each["ruleId"] == "flows-cut"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "policies/data.yaml"
    assert (
        "shop/Deployment/cart (storefront) → data/StatefulSet/postgres (platform) TCP 5432" in result["message"]["text"]
    )
    assert result["message"]["text"].startswith(
        "1 recorded connection would be cut: NetworkPolicy data/postgres, ingress rule 1 allowed it, and is changed;"
    )
    suites = {suite.get("name"): suite for suite in ET.fromstring(check("-o", "junit").stdout)}
    (case,) = suites["flows"]
    assert case.find("failure") is not None
    assert case.get("file") == "policies/data.yaml"
    assert "Recorded connections would be cut" in check("-o", "github").stdout
    markdown = check("-o", "markdown").stdout
    assert "### Recorded traffic\n\n1 of 1 connection would be cut." in markdown
    assert "| cut | `shop/Deployment/cart" in markdown
    assert any(each["check_name"] == "flows-cut" for each in json.loads(check("-o", "codequality").stdout))
    text = check().stdout
    assert "Recorded traffic\n────────────────\n" in text
    assert "3 times, last 2026-11-18" in text
    assert "Evidence:" in text


def test_what_it_fails_on_is_configured(recorded: Repo) -> None:
    cut(recorded)
    failing = recorded.read("ringfence.yaml")
    assert "failOn:" in failing
    recorded.write("ringfence.yaml", failing.replace("failOn:", "failOn:\n  flows: never")).commit()
    found = report(status=1)  # promises fail of their own accord
    assert not [each for each in found["failures"] if each["part"] == "flows"]
    assert found["flows"]["summary"]["cut"] == 1


def test_without_the_key_nothing_is_said_of_traffic(repo: Repo) -> None:
    found = report(status=0)
    assert "flows" not in found
    assert "flows" not in [each["part"] for each in found["parts"]]


def test_a_store_that_is_missing_or_empty_is_refused(repo: Repo) -> None:
    repo.edit("ringfence.yaml", "base: main", "base: main\nflows: none.duckdb")
    repo.commit("configure")
    assert "There is no store" in refused()
    with opened(str(repo.path / "none.duckdb"), write=True) as store:
        store.derive()
    assert "has no connection" in refused()
    assert Path("ringfence.yaml").is_file()
