"""Commands over a running cluster: without a path, and with what is proposed on top."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.live.apiserver import Store, kubeconfig, serving
from tests.live.conftest import namespace, pod, policy

CLOSED = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec: {podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress]}
"""
CONNECTION = ("shop/web", "shop/api:8080")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """shop/web may reach shop/api, shop/job may not; the kubeconfig is that of the environment."""
    store = Store()
    store.add(
        namespace("shop"),
        pod("shop", "web", "10.0.0.1", app="web"),
        pod("shop", "api", "10.0.0.2", app="api"),
        pod("shop", "job", "10.0.0.3", app="job"),
        policy("shop", "api", {"app": "api"}, {"app": "web"}),
    )
    with serving(store) as server:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", server)))
        yield store


@pytest.fixture
def closed(tmp_path: Path) -> str:
    (tmp_path / "closed.yaml").write_text(CLOSED)
    return str(tmp_path / "closed.yaml")


def test_without_a_path_the_running_cluster_is_asked(cluster: Store) -> None:
    assert run("why", *CONNECTION).exit_code == 0
    result = run("why", "shop/job", "shop/api:8080")
    assert result.exit_code == 1
    assert "cluster:shop/NetworkPolicy/api" in result.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("reach",),
        ("diagnose",),
        ("lint", "--fail-on", "never"),
        ("generate", "default-deny", "-n", "shop"),
        ("fix", "shop/job", "shop/api:8080"),
        ("convert", "--to", "cilium"),
    ],
    ids=lambda command: str(command[0]),
)
def test_every_command_that_reads_manifests_does_so(cluster: Store, command: tuple[str, ...]) -> None:
    assert run(*command).exit_code == 0
    assert "/api/v1/pods" in cluster.paths()


def test_a_context_is_asked_by_name_or_as_a_path(cluster: Store) -> None:
    assert run("reach", "--context", "test").stdout == run("reach", "live:test").stdout


def test_files_and_a_context_at_once_are_wrong_usage(cluster: Store, closed: str) -> None:
    result = run("reach", "--context", "test", closed)
    assert result.exit_code == 2
    assert "Leave one out, or write the cluster as a path: live:CONTEXT" in result.stderr


def test_an_unknown_context_names_those_that_there_are(cluster: Store) -> None:
    result = run("reach", "--context", "prod")
    assert result.exit_code == 2
    assert "There is no context 'prod'" in result.stderr
    assert "There are: test." in result.stderr


def test_nothing_to_ask_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    result = run("reach")
    assert result.exit_code == 2
    assert result.stderr.startswith("ringfence: No path is given, and no cluster is configured")


class TestWhatIf:
    """Manifests on top of an input."""

    def test_a_policy_that_is_applied_replaces_the_one_of_its_name(self, cluster: Store, closed: str) -> None:
        result = run("why", *CONNECTION, "--apply", closed)
        assert result.exit_code == 1
        assert "given twice" not in result.stderr

    def test_a_policy_that_is_deleted_is_gone(self, cluster: Store) -> None:
        assert run("why", "shop/job", "shop/api:8080", "--delete", "shop/NetworkPolicy/api").exit_code == 0

    @pytest.mark.parametrize("name", ["shop/NetworkPolicy/nope", "NetworkPolicy/api", "api", ""])
    def test_what_is_not_there_can_t_be_deleted(self, cluster: Store, name: str) -> None:
        result = run("reach", "--delete", name)
        assert result.exit_code == 2
        assert "is not in the input, so it can't be taken out of it" in result.stderr

    def test_diff_compares_with_and_without_and_asks_once(self, cluster: Store, closed: str) -> None:
        result = run("diff", "--apply", closed, "-o", "json")
        changes = json.loads(result.stdout)["changes"]
        assert [(each["change"], each["src"], each["dst"]) for each in changes] == [
            ("removed", "shop/Pod/web", "shop/Pod/api")
        ]
        assert cluster.paths().count("/api/v1/pods") == 1

    def test_files_take_changes_too(self, cluster: Store, closed: str, tmp_path: Path) -> None:
        archive = str(tmp_path / "cluster.tar.gz")
        assert run("snapshot", "--out", archive).exit_code == 0
        assert run("why", archive, *CONNECTION).exit_code == 0
        assert run("why", archive, *CONNECTION, "--apply", closed).exit_code == 1
        assert run("diff", archive, "--apply", closed, "--fail-on", "removed").exit_code == 1

    def test_a_snapshot_of_the_proposal_has_it(self, cluster: Store, closed: str, tmp_path: Path) -> None:
        archive = str(tmp_path / "cluster.tar.gz")
        run("snapshot", "--apply", closed, "--out", archive)
        assert run("why", archive, *CONNECTION).exit_code == 1

    def test_diff_wants_one_thing_to_compare_with(self, cluster: Store, closed: str) -> None:
        assert run("diff").exit_code == 2
        assert run("diff", closed, closed, "--apply", closed).exit_code == 2
        result = run("diff", "git:HEAD", "--apply", closed)
        assert result.exit_code == 2
        assert "not of a revision" in result.stderr

    def test_policy_tests_judge_the_proposal(self, cluster: Store, closed: str, tmp_path: Path) -> None:
        suite = tmp_path / "suite.yaml"
        suite.write_text(
            "apiVersion: ringfence.dev/v1\nkind: PolicyTest\nmetadata: {name: shop}\ntests:\n"
            "- {name: web, from: shop/web, to: shop/api, ports: [8080], expect: allowed}\n"
        )
        assert run("test", "--suite", str(suite)).exit_code == 0
        assert run("test", "--suite", str(suite), "--apply", closed).exit_code == 1
