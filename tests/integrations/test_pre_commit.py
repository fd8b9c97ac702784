"""The hooks, run by pre-commit itself on git repositories made here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integrations.repositories import (
    CLUSTER,
    CONFIG,
    OPEN,
    POLICY,
    ROOT,
    commit,
    copy_of_ringfence,
    environment,
    git,
)

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
TYPO = POLICY.replace("podSelector:", "podSelectors:")


def pre_commit(directory: Path, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=directory, env=environment(PRE_COMMIT_HOME=str(home)), capture_output=True, text=True, check=False,
    )  # fmt: skip


def repository(tmp_path: Path, hooks: dict[str, Any]) -> Path:
    """A repository of policies with a configuration of pre-commit, and a clone's idea of its upstream."""
    directory = tmp_path / "policies-repo"
    directory.mkdir()
    git(directory, "init", "--quiet", "--initial-branch=main")
    (directory / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [hooks]}), encoding="utf-8")
    commit(directory, "Begin", cluster=CLUSTER, policies_db=POLICY, ringfence=CONFIG)
    git(directory, "update-ref", "refs/remotes/origin/main", "HEAD")
    return directory


def local(*names: str, **more: Any) -> dict[str, Any]:
    """The hooks as they are, but for the installation: the ``ringfence`` of this environment is used."""
    hooks = [{**hook, "language": "system", **more} for hook in HOOKS if hook["id"] in names]
    return {"repo": "local", "hooks": hooks}


def change(directory: Path, name: str, text: str) -> None:
    (directory / name).write_text(text, encoding="utf-8")
    git(directory, "add", name)


def test_the_hooks_are_valid_for_pre_commit(tmp_path: Path) -> None:
    done = pre_commit(ROOT, "validate-manifest", ".pre-commit-hooks.yaml", home=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_check_hook_stops_a_commit_that_opens_a_database_to_the_world(tmp_path: Path) -> None:
    directory = repository(tmp_path, local("ringfence-check"))
    change(directory, "policies/db.yaml", OPEN)
    done = pre_commit(directory, "run", "ringfence-check", home=tmp_path / "home")
    assert done.returncode == 1
    assert "data/Pod/db" in done.stdout


def test_the_check_hook_lets_a_refactoring_pass(tmp_path: Path) -> None:
    directory = repository(tmp_path, local("ringfence-check"))
    change(directory, "policies/db.yaml", POLICY + "# a comment\n")
    done = pre_commit(directory, "run", "ringfence-check", home=tmp_path / "home")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


@pytest.mark.parametrize("name", ["ringfence-check", "ringfence-lint"])
def test_a_commit_without_yaml_or_json_runs_no_hook(tmp_path: Path, name: str) -> None:
    directory = repository(tmp_path, local(name))
    change(directory, "notes.txt", "x\n")
    done = pre_commit(directory, "run", name, home=tmp_path / "home")
    assert "no files to check" in done.stdout


def test_the_lint_hook_names_the_line_of_a_misspelt_field(tmp_path: Path) -> None:
    directory = repository(tmp_path, local("ringfence-lint", args=["policies"]))
    change(directory, "policies/db.yaml", TYPO)
    done = pre_commit(directory, "run", "ringfence-lint", home=tmp_path / "home")
    assert done.returncode == 1
    assert "policies/db.yaml:5" in done.stdout
    assert "podSelector" in done.stdout


def test_the_lint_hook_without_paths_looks_at_the_whole_repository(tmp_path: Path) -> None:
    directory = repository(tmp_path, local("ringfence-lint"))
    change(directory, "policies/db.yaml", TYPO)
    done = pre_commit(directory, "run", "ringfence-lint", home=tmp_path / "home")
    assert done.returncode == 1
    assert "policies/db.yaml:5" in done.stdout


def test_what_is_not_staged_is_not_judged(tmp_path: Path) -> None:
    directory = repository(tmp_path, local("ringfence-lint", args=["policies", "--select", "RF1"]))
    change(directory, "policies/db.yaml", POLICY + "# a comment\n")
    (directory / "policies" / "db.yaml").write_text(TYPO, encoding="utf-8")
    done = pre_commit(directory, "run", "ringfence-lint", home=tmp_path / "home")
    assert done.returncode == 0, done.stdout
    assert (directory / "policies" / "db.yaml").read_text(encoding="utf-8") == TYPO


@pytest.mark.timeout(300)
def test_both_hooks_are_installed_from_a_repository_and_stop_a_real_commit(tmp_path: Path) -> None:
    source = copy_of_ringfence(tmp_path / "ringfence")
    hooks = [{"id": "ringfence-check"}, {"id": "ringfence-lint", "args": ["policies", "--select", "RF1"]}]
    hooks_from = {"repo": f"file://{source}", "rev": git(source, "rev-parse", "HEAD"), "hooks": hooks}
    directory, home = repository(tmp_path, hooks_from), tmp_path / "home"
    assert pre_commit(directory, "install", home=home).returncode == 0
    change(directory, "policies/db.yaml", OPEN)
    done = subprocess.run(
        ["git", "commit", "--message", "Open the database"],
        cwd=directory, env=environment(PRE_COMMIT_HOME=str(home)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "ringfence check" in done.stderr + done.stdout
    assert "data/Pod/db" in done.stderr + done.stdout
    assert git(directory, "log", "--format=%s") == "Begin"
