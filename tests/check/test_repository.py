"""The base to compare with, in real repositories: forks, shallow clones, what is not committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.check.repository import Repository
from ringfence.model.errors import InputError
from tests.check.repo import Repo, git


def here() -> Repository:
    return Repository.of(".")


def test_the_base_is_where_the_branch_forked_off(repo: Repo) -> None:
    fork = git(repo.path, "rev-parse", "HEAD").strip()
    repo.write("policies/mine.yaml", "a: 1\n").commit()
    git(repo.path, "checkout", "-q", "main")
    repo.write("policies/theirs.yaml", "a: 1\n").commit()
    git(repo.path, "checkout", "-q", "change")
    base = here().base("main")
    assert base.commit == fork
    assert "policies/theirs.yaml" not in {entry.path for entry in here().entries(base)}


def test_a_tag_and_a_commit_are_revisions_too(repo: Repo) -> None:
    git(repo.path, "tag", "v1")
    commit = git(repo.path, "rev-parse", "HEAD").strip()
    repo.write("new.yaml", "a: 1\n").commit()
    assert here().base("v1").commit == here().base(commit).commit == commit
    assert here().base("HEAD~1").commit == commit


def test_an_unknown_revision_says_how_to_fetch_it(repo: Repo) -> None:
    with pytest.raises(InputError) as error:
        here().base("origin/main")
    assert str(error.value) == (
        "There is no revision origin/main in this repository. Is it fetched? `git fetch origin main`."
    )


def test_a_shallow_clone_says_how_to_fetch_the_history(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("new.yaml", "a: 1\n").commit()
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "change", f"file://{repo.path}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(InputError, match=r"There is no revision origin/main in this repository.*`fetch-depth: 0`"):
        here().base("origin/main")
    git(tmp_path / "shallow", "fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(InputError, match=r"no commit in common here, because the clone is shallow.*`fetch-depth: 0`"):
        here().base("origin/main")


def test_histories_without_a_common_commit_are_compared_directly(repo: Repo) -> None:
    git(repo.path, "checkout", "-q", "--orphan", "other")
    repo.commit("a new beginning")
    base = here().base("main")
    assert base.commit == git(repo.path, "rev-parse", "main").strip()
    assert base.notes == ("HEAD and main have no commit in common: compared with main itself.",)


def test_outside_a_repository_there_is_no_base(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"can't be compared with a revision.*not a git repository"):
        Repository.of(str(tmp_path))


def test_what_is_not_committed_is_told_below_the_paths_asked_for(repo: Repo) -> None:
    repo.edit("policies/shop.yaml", "7070", "7071").write("policies/new file.yaml", "a: 1\n").write("README.md", "x")
    assert here().uncommitted(["policies"]) == ["policies/shop.yaml", "policies/new file.yaml"]
    assert here().uncommitted(["policies/*.yaml"]) == ["policies/shop.yaml", "policies/new file.yaml"]
    assert here().uncommitted(["tests"]) == []


def test_a_configuration_in_a_directory_has_paths_below_it(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("ci/policies/a.yaml", "a: 1\n").commit()
    monkeypatch.chdir(repo.path / "ci")
    found = here()
    assert found.prefix == "ci/"
    assert [entry.path for entry in found.entries(found.base("HEAD"))] == ["policies/a.yaml"]
    assert found.entries(found.base("main")) == []  # the directory is new


def test_a_copy_of_the_base_leaves_index_and_work_tree_alone(repo: Repo) -> None:
    base = here().base("main")
    repo.edit("policies/shop.yaml", "7070", "7071").write("staged.yaml", "a: 1\n")
    git(repo.path, "add", "staged.yaml")
    before = git(repo.path, "status", "--porcelain")
    with here().checked_out(base) as directory:
        assert "7070" in (directory / "policies" / "shop.yaml").read_text(encoding="utf-8")
        assert not (directory / "staged.yaml").exists()
    assert not directory.exists()
    assert git(repo.path, "status", "--porcelain") == before
    assert git(repo.path, "worktree", "list").count("\n") == 1
