"""Fixtures of the tests of checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.repo import Repo


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """The example as a repository, on a branch of its own, and the current directory in it."""
    made = Repo.example(tmp_path / "repo").branch()
    monkeypatch.chdir(made.path)
    return made
