"""The Flows page as text: what it says of recorded traffic, with every filter, and that names are text."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from ringfence.model.flow import FlowEnd, Outcome
from ringfence.server.source import Loaded
from tests.replay.stores import seen, store
from tests.server.recorded import API, DB, DENYING, WEB, flows_of, small, small_store
from tests.server.serving import serving
from tests.server.test_pages import HTML, SCRIPT

DENIED = "1 of 3 connections denied by policies, 7 times."


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    directory = tmp_path_factory.mktemp("flows")
    (directory / "cluster").mkdir()
    source = small(directory / "cluster")
    path = small_store(directory, directory / "cluster")
    with (
        flows_of(source, path) as flows,
        serving(source, flows=flows) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as found,
    ):
        yield found


def test_who_is_denied_stands_with_the_line_the_times_and_the_question(client: httpx.Client) -> None:
    text = client.get("/flows").text
    assert DENIED in text
    assert "policy.yaml:1" in text
    assert "since 2026-11-18" not in text  # all of it was at one moment
    asked = "/why?source=shop%2FStatefulSet%2Fweb&amp;destination=data%2Fdb-0&amp;port=5432%2FTCP"
    assert asked in text
    assert "1 of 2 pairs of replicas are denied" in client.get(asked.replace("&amp;", "&")).text
    assert "denied now" in text


def test_the_chart_has_a_table_with_the_same_numbers(client: httpx.Client) -> None:
    text = client.get("/flows").text
    assert '<td class="number">34</td><td class="number">0</td>' in text
    assert '<td class="number">0</td><td class="number closes">7</td>' in text
    chart = json.loads(text.split('id="hours">')[1].split("</script>")[0])
    assert [each[1:4] for each in chart["hours"]] == [[34, 0, 0], [0, 0, 0], [0, 0, 0], [0, 7, 0]]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"namespace": "data"}, "1 of 2 connections denied"),
        ({"workload": "shop/Pod/api"}, "None of 2 connections was denied"),
        ({"window": "1h"}, "1 of 1 connection denied"),
        ({"window": "7d"}, DENIED),
        ({"until": "2026-11-18T12:59:59Z"}, ""),
        ({"namespace": "kube-system"}, "Nothing is recorded for this choice"),
        ({"by": "port"}, "TCP 5432"),
        ({"by": "colour"}, DENIED),
    ],
)
def test_filters_leave_the_rest_out(client: httpx.Client, params: dict[str, str], said: str) -> None:
    answer = client.get("/flows", params=params)
    assert answer.status_code == 200
    assert said in answer.text


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"since": SCRIPT}, "is no time"),
        ({"window": SCRIPT}, "is no window"),
        ({"workload": "x" * 2000}, "at most 1024 characters"),
    ],
)
def test_a_filter_that_cant_be_read_is_told(client: httpx.Client, params: dict[str, str], said: str) -> None:
    answer = client.get("/flows", params=params, headers=HTML)
    assert answer.status_code == 400
    assert said in answer.text
    assert SCRIPT not in answer.text


def test_a_workload_shows_what_it_uses(client: httpx.Client) -> None:
    text = client.get("/flows", params={"workload": "data/Pod/db-0"}).text
    assert "What data/Pod/db-0 uses" in text
    assert "Connections that it serves: 1 used, 0 unused, 1 denied" in text


def test_a_replay_shows_what_would_be_cut_and_how_often_it_was_used(client: httpx.Client) -> None:
    assert "Manifests, as for kubectl apply" in client.get("/flows/replay").text
    text = client.post("/flows/replay", data={"manifests": DENYING}).text
    assert "1 of 3 connections would be cut" in text
    assert "shop/Pod/api → data/Pod/db-0" in text
    assert "30 times, last" in text
    answer = client.post("/flows/replay", data={"manifests": "a: [ </textarea>"})
    assert answer.status_code == 400
    assert "a: [ &lt;/textarea&gt;" in answer.text


def test_without_a_store_the_page_says_how_to_make_one() -> None:
    source = Loaded(["-"], stdin=io.BytesIO(b"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"))
    with serving(source) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        for path in ("/flows", "/flows/replay"):
            assert "ringfence flows ingest" in client.get(path).text
        assert "ringfence flows ingest" in client.post("/flows/replay", data={"manifests": "x"}).text


def test_a_store_without_a_connection_is_told(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    source = small(tmp_path / "cluster")
    path = store(tmp_path, source.cluster().snapshot, [])
    with (
        flows_of(source, path) as flows,
        serving(source, flows=flows) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        assert "has no connection yet" in client.get("/flows").text
        assert client.get("/metrics").status_code == 200
        assert client.get("/api/v1/flows/denied").status_code == 400
        assert "has no connection yet" in client.post("/flows/replay", data={"manifests": DENYING}).text


def test_hostile_names_in_records_are_text(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    source = small(tmp_path / "cluster")
    flow, tally = seen(API, DB, 5432, Outcome.DENIED, reason=SCRIPT)
    hostile = FlowEnd(namespace=SCRIPT, workload=f"Deployment/{SCRIPT}\u202e", names=(SCRIPT,))
    flows = [(flow, tally), (replace(flow, source=hostile), tally), seen(WEB, DB, 5432)]
    path = store(tmp_path, source.cluster().snapshot, flows)
    with (
        flows_of(source, path) as answers,
        serving(source, flows=answers) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        for asked in ("/flows", "/flows?by=source", f"/flows?workload={SCRIPT}", f"/flows?namespace={SCRIPT}"):
            text = client.get(asked, headers=HTML).text
            assert "<script>alert" not in text
            assert "\u202e" not in text
        assert "&lt;script&gt;" in client.get("/flows").text
