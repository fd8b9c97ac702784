"""``ringfence replay`` with policies on top of those of a cluster, in files or running."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ringfence.model.flow import Outcome
from ringfence.sources import load_snapshot
from tests.cli.running import run, write
from tests.live.apiserver import Store, kubeconfig, serving
from tests.live.conftest import namespace, pod
from tests.replay.stores import seen, store

ISOLATED = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api-only, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: nobody}}}]
"""
"""Cuts what web opens to api; says nothing of namespace data, where today's policy lets api reach db on 5432."""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """Recorded traffic, the cluster of the other command tests, and a policy on top of its own."""
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    flows = store(
        tmp_path,
        load_snapshot([shop]),
        [
            seen("10.0.0.12", "10.0.1.10", 5432, times=5),  # api to db, which today's policy allows
            seen("10.0.0.12", "10.0.1.10", 9999, Outcome.DENIED, times=3),  # and which it denies
            seen("10.0.0.11", "10.0.0.12", 8080, times=2),  # web to api, which nothing limits today
        ],
    )
    extra = tmp_path / "extra.yaml"
    extra.write_text(ISOLATED, encoding="utf-8")
    return flows, shop, str(extra)


def test_what_is_applied_goes_on_top_of_what_is_there(files: tuple[str, str, str]) -> None:
    flows, shop, extra = files
    done = run("replay", "--flows", flows, "--apply", extra, shop)
    assert done.exit_code == 0, done.stderr
    assert "1 of 3 connections would be cut." in done.stdout
    assert "→ shop/Pod/api  TCP 8080   2 times" in done.stdout
    assert f"{extra}:1" in done.stdout


def test_what_is_deleted_is_missing_under_the_proposal(files: tuple[str, str, str]) -> None:
    flows, shop, _ = files
    done = run("replay", "--flows", flows, "--delete", "data/NetworkPolicy/db", shop)
    assert done.exit_code == 0, done.stderr
    assert "None of 3 connections would be cut, 1 would open." in done.stdout
    assert "shop/Pod/api → data/Pod/db-0  TCP 9999" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Name what is proposed"),
        (("--policies", "EXTRA", "--apply", "EXTRA", "SHOP"), "Name what is proposed"),
        (("--apply", "EXTRA"), "change a cluster: name its PATH"),
        (("--apply", "EXTRA", "-"), "the cluster is read twice"),
        (("--apply", "EXTRA", "git:HEAD"), "not of a revision"),
        (("--policies", "EXTRA", "--context", "prod", "SHOP"), "names another input"),
    ],
)
def test_a_proposal_that_is_none_or_two_or_of_nothing_is_wrong_usage(
    files: tuple[str, str, str], arguments: tuple[str, ...], says: str
) -> None:
    flows, shop, extra = files
    given = [{"EXTRA": extra, "SHOP": shop}.get(each, each) for each in arguments]
    done = run("replay", "--flows", flows, *given)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())


def test_a_running_cluster_is_judged_where_it_is_asked_for(tmp_path: Path) -> None:
    cluster = Store()
    cluster.add(
        namespace("shop"), pod("shop", "web", "10.0.0.11", app="web"), pod("shop", "api", "10.0.0.12", app="api")
    )
    extra = tmp_path / "extra.yaml"
    extra.write_text(ISOLATED, encoding="utf-8")
    with serving(cluster) as server:
        config = kubeconfig(tmp_path / "config", server)
        directory = tmp_path / "files"
        directory.mkdir()
        flows = store(directory, load_snapshot([write(directory)]), [seen("10.0.0.11", "10.0.0.12", 8080, times=2)])
        done = run("replay", "--flows", flows, "--apply", str(extra), "--kubeconfig", str(config))
    assert done.exit_code == 0, done.stderr
    assert "1 of 1 connection would be cut." in done.stdout


def test_the_check_that_learn_prints_keeps_what_was_learned_from(tmp_path: Path) -> None:
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    flows = store(tmp_path, load_snapshot([shop]), [seen("10.0.0.11", "10.0.0.12", 8080, times=2)])
    learned = run("learn", "--flows", flows, shop, "-o", "yaml")
    assert learned.exit_code == 0, learned.stderr
    (line,) = (each for each in learned.stderr.splitlines() if each.startswith("check: ringfence "))
    assert line in run("learn", "--flows", flows, shop).stdout.splitlines()
    (tmp_path / "learned.yaml").write_text(learned.stdout, encoding="utf-8")
    command = line.removeprefix("check: ringfence ").replace("learned.yaml", str(tmp_path / "learned.yaml"))
    done = run(*shlex.split(command), "--fail-on", "cut")
    assert done.exit_code == 0, done.stderr
    assert "None of 1 connection would be cut." in done.stdout
