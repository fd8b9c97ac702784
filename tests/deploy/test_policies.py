"""Ringfence's own policies, judged by Ringfence: in each API's form they allow what is meant and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from ringfence.cli import main
from tests.deploy.chart import DEPLOY, ROOT, Object, objects

CLUSTER, SUITE = str(DEPLOY / "tests" / "cluster.yaml"), str(DEPLOY / "tests" / "ringfence.yaml")
MANIFESTS = [str(DEPLOY / "rbac.yaml"), str(DEPLOY / "manifests")]
FLAVOURS = ("kubernetes", "cilium", "calico")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def chart(tmp_path: Path, values: Object) -> list[str]:
    """A file with the chart's objects, and one with the namespace."""
    path = tmp_path / "chart.yaml"
    path.write_text(yaml.safe_dump_all(objects(values)), encoding="utf-8")
    return [str(path), str(DEPLOY / "manifests" / "namespace.yaml")]


def flavour(name: str, **more: object) -> Object:
    return {"networkPolicy": {"flavour": name, **more}}


def test_the_manifests_keep_their_policy_tests() -> None:
    done = run("test", CLUSTER, *MANIFESTS, "--suite", SUITE)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", FLAVOURS)
def test_the_chart_keeps_them_in_every_form(name: str, tmp_path: Path) -> None:
    done = run("test", CLUSTER, *chart(tmp_path, flavour(name)), "--suite", SUITE)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("name", FLAVOURS)
def test_the_linter_finds_nothing_in_them(name: str, tmp_path: Path) -> None:
    paths = chart(tmp_path, flavour(name))
    done = run("lint", CLUSTER, *paths, "-o", "json")
    findings = json.loads(done.stdout)["findings"]
    # What it says of the cluster around, and that it skipped objects that are no part of connectivity, is no finding.
    own = [each for each in findings if each["severity"] != "note" and CLUSTER not in json.dumps(each)]
    assert own == []
    assert findings, "the linter has judged the cluster around"


def test_without_the_policy_the_tests_fail(tmp_path: Path) -> None:
    done = run("test", CLUSTER, *chart(tmp_path, {"networkPolicy": {"enabled": False}}), "--suite", SUITE)
    assert done.exit_code == 1
    assert "shop/web-0" in done.output


@pytest.mark.parametrize("name", FLAVOURS)
def test_with_no_namespace_named_nobody_may_connect(name: str, tmp_path: Path) -> None:
    closed = chart(tmp_path, flavour(name, ingress={"namespaces": []}))
    done = run("why", CLUSTER, *closed, "ingress-nginx/controller-0", "ringfence/Deployment/ringfence:8080")
    assert done.exit_code == 1, done.output
    assert "can NOT reach" in done.output


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("kubernetes", {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}),
        ("cilium", {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop"}}),
        ("calico", {"namespaceSelector": "kubernetes.io/metadata.name == 'shop'"}),
    ],
)
def test_peers_are_in_the_api_s_own_words(name: str, peer: Object, tmp_path: Path) -> None:
    paths = chart(tmp_path, flavour(name, ingress={"peers": [peer]}))
    done = run("why", CLUSTER, *paths, "shop/web-0", "ringfence/Deployment/ringfence:8080")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("kubernetes", {"ipBlock": {"cidr": "10.1.0.4/32"}}),
        ("cilium", {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop", "k8s:app": "web"}}),
        ("calico", {"selector": "app == 'web'", "namespaceSelector": "all()"}),
    ],
)
def test_a_database_may_be_reached_where_the_history_is_in_it(name: str, peer: Object, tmp_path: Path) -> None:
    values = flavour(name, egress={"postgresql": {"peers": [peer]}})
    paths = chart(tmp_path, {"history": {"enabled": True, "postgresql": {"secret": {"name": "url"}}}, **values})
    asked = ["why", CLUSTER, *paths, "ringfence/Deployment/ringfence"]
    assert run(*asked, "shop/web-0:5432").exit_code == 0
    assert run(*asked, "shop/web-0:5433").exit_code == 1
    without = chart(tmp_path, values)
    assert run("why", CLUSTER, *without, "ringfence/Deployment/ringfence", "shop/web-0:5432").exit_code == 1


def test_the_suite_s_own_line_of_how_to_run_it_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    line = Path(SUITE).read_text(encoding="utf-8").splitlines()[0]
    assert run(*line.removeprefix("# ringfence ").split()).exit_code == 0
