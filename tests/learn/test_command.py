"""``ringfence learn`` on the command line, over a store in a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from ringfence.egress.reading import read
from ringfence.model.flow import Loss, LossKind, Outcome
from ringfence.sources import load_snapshot
from ringfence.sources.documents import read_documents
from tests.cli.running import run, write
from tests.cli.test_schemas import check
from tests.replay.stores import seen, store
from tests.replay.worlds import START

WEB, DB, OUTSIDE = "10.0.0.1", "10.0.0.2", "198.51.100.7"
CLUSTER = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, labels: {app: db}}
spec: {containers: [{name: c, ports: [{containerPort: 5432}]}]}
status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A store, and the cluster that it is of."""
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text(CLUSTER, encoding="utf-8")
    flows = [
        seen(WEB, DB, 5432, times=9),
        seen(WEB, DB, 5432, times=3, hour=9),
        seen(WEB, OUTSIDE, 443, times=2, hour=9),
        seen(DB, WEB, 8080, Outcome.DENIED, times=4),
    ]
    lost = [Loss(LossKind.LOST_EVENTS, "5 events lost on n1", 5)]
    return store(tmp_path, load_snapshot([str(cluster)]), flows, lost), str(cluster)


@pytest.mark.parametrize("dialect", ["networkpolicy", "cilium", "calico", "calico-enterprise", "cnp", "gke"])
def test_a_learn_report_follows_its_schema(files: tuple[str, str], dialect: str) -> None:
    flows, cluster = files
    result = run("learn", "--flows", flows, cluster, "--for", dialect, "-o", "json", "--holdout", "20%")
    report = check(result.stdout)
    assert report["kind"] == "LearnReport"
    assert report["keepsEverything"] is (result.exit_code == 0)
    assert report["window"]["lost"] == 5


def test_yaml_goes_to_standard_output_alone_and_can_be_applied(files: tuple[str, str]) -> None:
    flows, cluster = files
    result = run("learn", "--flows", flows, cluster, "-o", "yaml")
    assert result.exit_code == 0
    bodies = list(yaml.safe_load_all(result.stdout))
    assert [(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"]) for body in bodies] == [
        ("NetworkPolicy", "data", "learned-db"),
        ("NetworkPolicy", "shop", "learned-web"),
    ]
    day = f"{dt.datetime.fromtimestamp(START, tz=dt.UTC):%Y-%m-%d}"
    assert f"# shop/Pod/web: 12 connections, {day}, hubble." in result.stdout
    assert "kept: all 2 kinds of connections that were seen pass." in result.stderr


def test_the_text_says_what_was_seen_and_what_was_lost(files: tuple[str, str]) -> None:
    result = run("learn", "--flows", files[0], files[1])
    assert "5 known to be lost" in result.stdout
    assert "shop/Pod/web" in result.stdout
    assert "ingress left open: nothing was seen" in result.stdout
    assert "denied, since nothing allowed it" in result.stdout


def test_the_denied_are_learned_from_only_when_asked(files: tuple[str, str]) -> None:
    assert "TCP 8080" not in run("learn", "--flows", files[0], files[1], "-o", "md").stdout.partition("###")[2]
    assert "TCP 8080" in run("learn", "--flows", files[0], files[1], "-o", "md", "--include-denied").stdout


def test_the_test_on_the_rest_of_the_window_tells_what_came_new(files: tuple[str, str]) -> None:
    """The connection outside was seen in the last hour only."""
    result = run("learn", "--flows", files[0], files[1], "--holdout", "20%")
    assert "loses 2 of 5 connections" in result.stdout
    assert f"shop/Pod/web → {OUTSIDE} TCP 443" in result.stdout
    assert "lost by who calls: shop/Pod/web 2" in result.stdout
    report = check(run("learn", "--flows", files[0], files[1], "--holdout", "20%", "-o", "json").stdout)
    assert report["holdout"]["lostBySource"] == [{"source": "shop/Pod/web", "connections": 2}]
    whole, first = result.stdout.split("Learned on the first part of the window alone")
    assert f"{OUTSIDE}" in whole.partition("held out:")[0]
    assert f"{OUTSIDE}" not in first
    written = run("learn", "--flows", files[0], files[1], "--holdout", "20%", "-o", "yaml")
    assert written.stdout == run("learn", "--flows", files[0], files[1], "-o", "yaml").stdout


def test_requests_for_egress_are_read_by_the_command_that_writes_them(files: tuple[str, str], tmp_path: Path) -> None:
    result = run("learn", "--flows", files[0], files[1], "-o", "egress-requests")
    file = tmp_path / "requests.yaml"
    file.write_text(result.stdout, encoding="utf-8")
    (request,) = read(read_documents([str(file)], ("EgressRequest",)).objects)
    assert (request.namespace, request.labels) == ("shop", {"app": "web"})
    assert [str(each) for each in request.destinations] == [f"{OUTSIDE}/32"]


def test_policies_are_written_for_the_namespaces_asked_for(files: tuple[str, str]) -> None:
    result = run("learn", "--flows", files[0], files[1], "-o", "yaml", "-n", "data")
    assert [body["metadata"]["name"] for body in yaml.safe_load_all(result.stdout)] == ["learned-db"]


def test_a_learned_policy_is_written_anew_and_never_twice(files: tuple[str, str], tmp_path: Path) -> None:
    first = run("learn", "--flows", files[0], files[1], "-o", "yaml")
    applied = tmp_path / "applied.yaml"
    applied.write_text(first.stdout, encoding="utf-8")
    second = run("learn", "--flows", files[0], files[1], str(applied), "-o", "yaml")
    assert second.stdout == first.stdout
    assert "written anew: data/NetworkPolicy/learned-db, shop/NetworkPolicy/learned-web" in second.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-n", "nowhere"], "There is no namespace nowhere in the input."),
        (["--holdout", "120%"], "'120%' is no share of the window."),
        (["--holdout", "most"], "'most' is no share of the window."),
        (["--holdout", "1%"], "too short to hold a part of it out"),
        (["--budget-ranges", "0"], "0 is not in the range x>=1"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_status_2(files: tuple[str, str], options: list[str], says: str) -> None:
    result = run("learn", "--flows", files[0], files[1], *options)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_store_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    result = run("learn", "--flows", str(tmp_path / "none.duckdb"), write(tmp_path))
    assert result.exit_code == 2
    assert "none.duckdb" in result.stderr
