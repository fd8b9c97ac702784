"""``ringfence flows denied``, ``top`` and ``timeline`` on the command line, over a store in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.model.flow import Outcome
from ringfence.sources import load_snapshot
from tests.cli.running import MANIFESTS, run, write
from tests.cli.test_schemas import check
from tests.replay.stores import seen, store

STOPPING = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: data}
spec: {podSelector: {}}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """A store, the cluster, and a directory with snapshots: data is closed between the first hour and the third."""
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    moments = tmp_path / "snapshots"
    moments.mkdir()
    (moments / "2026-11-18T11-00Z.yaml").write_text(MANIFESTS, encoding="utf-8")
    (moments / "2026-11-18T13-30Z.yaml").write_text(f"{MANIFESTS}---\n{STOPPING}", encoding="utf-8")
    flows = store(
        tmp_path,
        load_snapshot([shop]),
        [
            seen("10.0.0.12", "10.0.1.10", 9999, times=2),
            seen("10.0.0.12", "10.0.1.10", 9999, Outcome.DENIED, times=7, hour=3),
            seen("10.0.0.11", "10.0.1.10", 5432, times=30, hour=1),
            seen("10.0.0.12", "198.51.100.7", 443, times=4, hour=1),
            seen("10.0.0.12", "10.0.1.10", 5432, Outcome.DENIED, times=3, hour=2),  # which today's policy allows
        ],
    )
    return flows, shop, str(moments)


def test_denied_names_the_line_the_change_before_and_the_disagreement(files: tuple[str, str, str]) -> None:
    flows, shop, moments = files
    done = run("flows", "denied", shop, "--store", flows, "--snapshots", moments)
    assert done.exit_code == 0, done.stderr
    assert "2 of 4 connections denied by policies, 10 times." in done.stdout
    assert "shop/Pod/api → data/Pod/db-0  TCP 9999  dropped 7 times" in done.stdout
    assert "ingress: NetworkPolicy data/db isolates the destination, and no rule allows it" in done.stdout
    assert f"{shop}/policy.yaml:1" in done.stdout
    assert "it passed until 2026-11-18 11:" in done.stdout
    assert "NetworkPolicy data/closed is new" in done.stdout
    assert "RF702 Connections to data/Pod/db-0 were denied that the policies of the input allow." in done.stdout
    assert "Evidence: hubble" in done.stdout


@pytest.mark.parametrize(("fail_on", "status"), [("denied", 1), ("disagreement", 1)])
def test_the_exit_status_is_what_fail_on_asks_for(files: tuple[str, str, str], fail_on: str, status: int) -> None:
    flows, shop, _ = files
    assert run("flows", "denied", shop, "--store", flows, "--fail-on", fail_on).exit_code == status


def test_without_a_cluster_only_the_records_speak(files: tuple[str, str, str]) -> None:
    flows, _, _ = files
    done = run("flows", "denied", "--store", flows, "--fail-on", "disagreement")
    assert done.exit_code == 0
    assert "disagree" not in done.stdout


def test_documents_follow_their_schemas(files: tuple[str, str, str]) -> None:
    flows, shop, moments = files
    document = check(run("flows", "denied", shop, "--store", flows, "--snapshots", moments, "-o", "json").stdout)
    assert document["summary"]["dropped"] == 2
    assert document["connections"][0]["changes"][0]["policy"] == "data/NetworkPolicy/closed"
    document = check(run("flows", "timeline", "--store", flows, "--snapshots", moments, "-o", "json").stdout)
    assert [hour["stopped"] for hour in document["hours"]] == [0, 0, 3, 7]
    assert [turn["denied"] for turn in document["turns"]] == [7]
    document = check(run("flows", "top", "--store", flows, "--by", "name", "-o", "json").stdout)
    assert [(row["name"], row["connections"]) for row in document["rows"]] == [("198.51.100.7", 4)]


def test_csv_has_a_row_each(files: tuple[str, str, str]) -> None:
    flows, shop, moments = files
    lines = run("flows", "denied", shop, "--store", flows, "-o", "csv").stdout.splitlines()
    assert lines[1].startswith("dropped,shop/Pod/api,data/Pod/db-0,TCP,9999,7,")
    lines = run("flows", "timeline", "--store", flows, "--snapshots", moments, "-o", "csv").stdout.splitlines()
    assert len(lines) == 5
    lines = run("flows", "top", "--store", flows, "-o", "csv", "--limit", "1").stdout.splitlines()
    assert lines[1].startswith("shop/StatefulSet/web → data/Pod/db-0,30,30,0,30000,300000,1,")


def test_the_timeline_marks_changes_and_turns(files: tuple[str, str, str]) -> None:
    flows, _, moments = files
    text = run("flows", "timeline", "--store", flows, "--snapshots", moments).stdout
    assert "▲ NetworkPolicy data/closed is new" in text
    assert "shop/Pod/api → data/Pod/db-0  TCP 9999  passed until" in text


def test_top_is_in_order_and_limited(files: tuple[str, str, str]) -> None:
    flows, _, _ = files
    text = run("flows", "top", "--store", flows, "--by", "destination", "--limit", "1").stdout
    assert text.splitlines()[1].split() == ["data/Pod/db-0", "42", "10", "42.0", "kB", "420.0", "kB", "2"]
    assert "and 1 more" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--snapshots", "nowhere"), "nowhere is not there"),
        (("--snapshots", "SHOP/cluster.yaml"), "tells no time"),
        (("--snapshots", "SHOP/cluster.yaml@2026-11-18T11:00:00Z"), "a change is between two"),
        (("--since", "2030-01-01"), "has no connection of this choice"),
        (("--since", "yesterday"), "is no time"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_status_2(
    files: tuple[str, str, str], arguments: tuple[str, ...], message: str
) -> None:
    flows, shop, _ = files
    done = run("flows", "denied", "--store", flows, *(each.replace("SHOP", shop) for each in arguments))
    assert done.exit_code == 2
    assert message in done.stderr


def test_the_report_is_one_page_with_everything(files: tuple[str, str, str], tmp_path: Path) -> None:
    flows, shop, moments = files
    page = tmp_path / "flows.html"
    done = run("flows", "report", shop, "--store", flows, "--snapshots", moments, "-f", str(page), "--title", "A & B")
    assert done.exit_code == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert "<title>A &amp; B</title>" in text
    assert "2 of 4 connections denied by policies, 10 times." in text
    assert text.count("<svg") == 2
    assert "<script" not in text
    assert "http://" not in text
    assert "https://" not in text
