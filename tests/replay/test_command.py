"""``ringfence replay`` on the command line, over a store in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.model.flow import Loss, LossKind, Outcome
from ringfence.sources import load_snapshot
from tests.cli.running import run, write
from tests.cli.test_schemas import check
from tests.replay.stores import seen, store

PROPOSED = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: no-web, namespace: data}
spec:
  podSelector: {}
  ingress:
  - from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}]
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """The cluster of the other command tests, recorded traffic, and proposed policies."""
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    flows = store(
        tmp_path,
        load_snapshot([shop]),
        [
            seen("10.0.0.11", "10.0.1.10", 5432, times=5, hour=2),  # web-1 to db-0, which today's policy allows
            seen("10.0.0.12", "10.0.1.10", 5432, times=2),  # api to db-0
            seen("10.0.0.12", "10.0.1.10", 9999, Outcome.DENIED, times=3, hour=1),
        ],
        [Loss(LossKind.LOST_EVENTS, "the ring buffer was full", 2_914, "n1")],
    )
    proposed = tmp_path / "proposed.yaml"
    proposed.write_text(PROPOSED, encoding="utf-8")
    return flows, str(proposed), shop


def test_text_says_what_is_cut_by_which_line_and_what_the_window_lacks(files: tuple[str, str, str]) -> None:
    flows, proposed, shop = files
    done = run("replay", "--flows", flows, "--policies", proposed, shop)
    assert done.exit_code == 0, done.stderr
    assert "1 of 3 connections would be cut, 1 would open." in done.stdout
    assert "NetworkPolicy data/no-web isolates the destination, and no rule allows it" in done.stdout
    assert f"{proposed}:1" in done.stdout
    assert "shop/StatefulSet/web → data/Pod/db-0  TCP 5432   5 times" in done.stdout
    assert "events lost (2,914) on n1: the ring buffer was full" in done.stdout


@pytest.mark.parametrize(("fail_on", "status"), [("cut", 1), ("opened", 1), ("unsure", 0), ("unjudged", 0)])
def test_the_exit_status_is_what_fail_on_asks_for(files: tuple[str, str, str], fail_on: str, status: int) -> None:
    flows, proposed, shop = files
    assert run("replay", "--flows", flows, "--policies", proposed, shop, "--fail-on", fail_on).exit_code == status


def test_json_follows_its_schema(files: tuple[str, str, str]) -> None:
    flows, proposed, shop = files
    document = check(run("replay", "--flows", flows, "--policies", proposed, shop, "-o", "json").stdout)
    assert document["summary"]["cut"] == 1
    (cut, _) = document["connections"]
    assert cut["source"] == {"name": "shop/StatefulSet/web", "judgedBy": "pods"}
    assert cut["reasons"][0]["origin"]["line"] == 1
    assert document["evidence"]["losses"][0]["count"] == 2914


def test_csv_has_a_row_for_each_connection_and_reason(files: tuple[str, str, str]) -> None:
    flows, proposed, shop = files
    lines = run("replay", "--flows", flows, "--policies", proposed, shop, "-o", "csv").stdout.splitlines()
    assert lines[0].startswith("fate,src,dst,protocol,port")
    assert lines[1].startswith("cut,shop/StatefulSet/web,data/Pod/db-0,TCP,5432,,,5,0,0,")
    assert len(lines) == 3


def test_markdown_is_for_a_pull_request(files: tuple[str, str, str]) -> None:
    flows, proposed, shop = files
    text = run("replay", "--flows", flows, "--policies", proposed, shop, "-o", "md").stdout
    assert text.startswith("## Recorded traffic against the proposed policies\n\n1 of 3 connections would be cut")
    assert "| cut | `shop/StatefulSet/web → data/Pod/db-0` | TCP 5432 |" in text
    assert "**Evidence:** hubble" in text


def test_without_a_cluster_pods_are_judged_by_what_the_records_say(files: tuple[str, str, str]) -> None:
    flows, proposed, _ = files
    document = json.loads(run("replay", "--flows", flows, "--policies", proposed, "-o", "json").stdout)
    assert [each["fate"] for each in document["connections"]] == ["cut", "opened"]
    assert "today" not in document["connections"][0]
    assert document["summary"]["byLabels"] == 3


def test_a_store_without_connections_is_no_good_answer(tmp_path: Path) -> None:
    shop = write(tmp_path)
    flows = store(tmp_path, load_snapshot([shop]), [])
    done = run("replay", "--flows", flows, "--policies", shop, shop)
    assert done.exit_code == 2
    assert "has no connection" in done.stderr


def test_a_store_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    shop = write(tmp_path)
    done = run("replay", "--flows", str(tmp_path / "none.duckdb"), "--policies", shop, shop)
    assert done.exit_code == 2
    assert "There is no store" in done.stderr


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        ("spec: {podSelector: 7}", ":12"),
        ("spec: [", ":1"),
        ("spec: {podSelector: {}, ingress: [{ports: [{port: -1}]}]}", ":12"),
    ],
)
def test_a_proposed_object_that_cannot_be_read_is_no_proposal(
    files: tuple[str, str, str], bad: str, place: str
) -> None:
    flows, proposed, shop = files
    with open(proposed, "a", encoding="utf-8") as stream:  # noqa: PTH123 - appended to
        stream.write(f"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: bad}}\n{bad}\n")
    for given in (["--policies", proposed], ["--apply", proposed]):
        done = run("replay", "--flows", flows, *given, shop)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"ringfence: {proposed}{place}" in done.stderr
        lenient = run("replay", "--flows", flows, *given, "--lenient", shop)
        assert lenient.exit_code == 0, lenient.stderr
        assert "left out or read in the safest way" in lenient.stdout


def test_what_is_wrong_in_the_cluster_of_today_is_told_and_no_end(files: tuple[str, str, str], tmp_path: Path) -> None:
    flows, proposed, shop = files
    bad = tmp_path / "bad.yaml"
    bad.write_text(PROPOSED.replace("podSelector: {}", "podSelector: 7"), encoding="utf-8")
    done = run("replay", "--flows", flows, "--apply", proposed, shop, str(bad))
    assert done.exit_code == 0, done.stderr
