"""The API about recorded traffic: the documents of the commands, and numbers counted by hand or by the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.source import Loaded
from tests.cli.running import run
from tests.replay.worlds import START
from tests.server.recorded import DENYING, OPENING, OUTSIDE, flows_of, shop_store, small, small_store, truth
from tests.server.serving import serving, shop
from tests.server.test_api import refused, valid

WEB, API, DB = "shop/StatefulSet/web", "shop/Pod/api", "data/Pod/db-0"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flows")


@pytest.fixture(scope="module")
def source(directory: Path) -> Loaded:
    (directory / "cluster").mkdir()
    return small(directory / "cluster")


@pytest.fixture(scope="module")
def flows(directory: Path, source: Loaded) -> Iterator[FlowAnswers]:
    with flows_of(source, small_store(directory, directory / "cluster")) as found:
        yield found


@pytest.fixture(scope="module")
def client(source: Loaded, flows: FlowAnswers) -> Iterator[httpx.Client]:
    with (
        serving(source, flows=flows) as address,
        httpx.Client(base_url=f"{address}/api/v1/", timeout=30, trust_env=False) as found,
    ):
        yield found


def test_who_is_denied_by_which_line_is_as_the_command_says_it(client: httpx.Client, directory: Path) -> None:
    found = valid(client.get("flows/denied"), "FlowDeniedReport")
    (row,) = found["connections"]
    assert (row["source"], row["destination"], row["port"], row["connections"]) == (WEB, DB, 5432, 7)
    assert row["ending"] == "dropped"
    assert row["verdict"]["reasons"][0]["origin"]["file"].endswith("policy.yaml")
    printed = run("flows", "denied", f"{directory}/cluster", "--store", f"{directory}/flows.duckdb", "-o", "json")
    assert client.get("flows/denied").text == printed.output


def test_hours_count_what_passed_and_what_was_denied(client: httpx.Client, directory: Path) -> None:
    found = valid(client.get("flows/timeline"), "FlowTimelineReport")
    assert [(each["passed"], each["stopped"]) for each in found["hours"]] == [(34, 0), (0, 0), (0, 0), (0, 7)]
    assert [each["recorded"] for each in found["hours"]] == [True, False, False, True]
    printed = run("flows", "timeline", f"{directory}/cluster", "--store", f"{directory}/flows.duckdb", "-o", "json")
    assert client.get("flows/timeline").text == printed.output


def test_the_top_is_by_pair_or_by_name_outside(client: httpx.Client, directory: Path) -> None:
    found = valid(client.get("flows/top", params={"limit": 1}), "FlowTopReport")
    assert [(each["name"], each["connections"]) for each in found["rows"]] == [(f"{API} → {DB}", 30)]
    assert found["total"] == 3
    found = valid(client.get("flows/top", params={"by": "name", "bytes": True}), "FlowTopReport")
    assert [each["name"] for each in found["rows"]] == [OUTSIDE]
    printed = run("flows", "top", "--store", f"{directory}/flows.duckdb", "-o", "json")
    assert client.get("flows/top").text == printed.output


@pytest.mark.parametrize(
    ("params", "connections"),
    [
        ({"namespace": "data"}, 2),
        ({"workload": "web"}, 1),
        ({"port": 443}, 1),
        ({"since": str(START + 3600)}, 1),
        ({"until": str(START + 3600)}, 2),
    ],
)
def test_a_choice_leaves_the_rest_out(client: httpx.Client, params: dict[str, str], connections: int) -> None:
    found = valid(client.get("flows/denied", params=params), "FlowDeniedReport")
    assert found["summary"]["connections"] == connections


def test_a_workload_says_what_it_uses_what_it_never_did_and_what_is_denied(client: httpx.Client) -> None:
    found = valid(client.get("flows/workload", params={"workload": DB}), "FlowWorkloadReport")
    # One replica of web has the tier that the policy asks for, so web is allowed, and nothing of it passed.
    incoming = {each["peer"]: (each["state"], each["allowed"], each["unused"]) for each in found["incoming"]}
    assert incoming == {WEB: ("denied", "TCP 5432", "TCP 5432"), API: ("used", "TCP 5432", "")}
    assert {each["state"] for each in found["outgoing"]} == {"unused"}
    found = valid(client.get("flows/workload", params={"workload": API}), "FlowWorkloadReport")
    outgoing = {each["peer"]: each for each in found["outgoing"]}
    assert outgoing["Internet"]["seen"][0]["port"] == 443  # egress is free, so every address is allowed
    assert outgoing[DB]["seen"][0]["passed"] == 30
    assert outgoing["shop/Deployment/cart"]["state"] == "unused"


def test_a_replay_says_what_a_change_would_cut_or_open_and_how_often_that_was_used(client: httpx.Client) -> None:
    found = valid(client.post("flows/replay", content=DENYING), "ReplayReport")
    (row,) = found["connections"]
    assert (row["fate"], row["source"]["name"], row["passed"]) == ("cut", API, 30)
    found = valid(client.post("flows/replay", content=OPENING), "ReplayReport")
    (row,) = found["connections"]
    assert (row["fate"], row["source"]["name"], row["denied"]) == ("opened", WEB, 7)


def test_what_cant_be_asked_is_a_problem(client: httpx.Client) -> None:
    refused(client.get("flows/denied", params={"since": "yesterday"}), 400, "is no time")
    refused(client.get("flows/denied", params={"namespace": "nowhere"}), 400, "Nothing is recorded for this choice")
    refused(client.get("flows/denied", params={"workload": "a\0b"}), 400, "null")
    refused(client.get("flows/denied", params={"workload": "' OR 1=1 --"}), 400, "Nothing is recorded")
    refused(client.get("flows/workload", params={"workload": "/etc/passwd"}), 400, "no workload")
    refused(client.get("flows/top", params={"by": "colour"}), 400, "by")
    refused(client.post("flows/replay", content="a: ["), 400, "proposed:1")
    refused(client.post("flows/replay", content="x", headers={"content-type": "image/png"}), 415, "application/yaml")


def test_a_body_that_names_a_file_reads_none(client: httpx.Client) -> None:
    refused(client.post("flows/replay", content="/etc/passwd"), 400, "")
    refused(client.post("flows/replay", content="- /etc/passwd"), 400, "")


def test_pairs_that_are_denied_and_their_number_are_told(flows: FlowAnswers) -> None:
    assert flows.denied_pairs() == {(WEB, DB)}
    assert (flows.denied_count().last_hour, flows.denied_count().all) == (0, 1)


def test_prometheus_reads_denied_edges_and_when_the_last_flow_was(source: Loaded, flows: FlowAnswers) -> None:
    with serving(source, flows=flows) as address:
        text = httpx.get(f"{address}/metrics", timeout=30, trust_env=False).text
    found = {each.name: each.samples for each in text_string_to_metric_families(text)}
    assert {each.labels["window"]: each.value for each in found["ringfence_denied_edges"]} == {"hour": 0, "all": 1}
    assert found["ringfence_flows_last_record_timestamp_seconds"][0].value == START + 3 * 3600
    assert "ringfence_policy_revisions" not in found


def test_without_a_store_the_api_says_how_to_serve_one(source: Loaded) -> None:
    with serving(source) as address, httpx.Client(base_url=f"{address}/api/v1/", timeout=30, trust_env=False) as client:
        for path in ("denied", "timeline", "top", "workload?workload=x"):
            refused(client.get(f"flows/{path}"), 404, "--flows")
        refused(client.post("flows/replay", content=DENYING), 404, "--flows")


def test_denials_of_the_shop_are_those_that_the_simulator_made(tmp_path: Path) -> None:
    source = shop()
    with flows_of(source, shop_store(tmp_path)) as flows:
        report = flows.denied()
        pairs = flows.denied_pairs()
    counted = {
        (row.source.name, row.destination.name, row.protocol, row.port): row.connections
        for row in report.rows
        if row.ending.by_policy and row.destination.namespace
    }
    made = {
        (each["source"], each["destination"], each["protocol"], each["port"]): each["count"]
        for each in truth(tmp_path)
        if each["kind"] == "edge" and each["outcome"] == "denied" and each["destination"].count("/") == 2
    }
    assert counted.keys() == made.keys()
    assert all(counted[key] >= made[key] for key in made)  # a client that hears nothing tries again
    assert {key[:2] for key in made} <= pairs
