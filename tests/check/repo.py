"""A git repository made for one test: ``examples/ci-repo`` on a branch ``main``, to which pull requests are made."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "ci-repo"

_IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(directory: Path, *arguments: str) -> str:
    """What git prints in a directory."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env={**os.environ, **_IDENTITY},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@dataclass(frozen=True)
class Repo:
    """A work tree."""

    path: Path

    @classmethod
    def example(cls, path: Path) -> Repo:
        """The example, committed on ``main``, and the base called ``main`` as there is no remote."""
        shutil.copytree(EXAMPLE, path)
        repo = cls(path)
        repo.edit("ringfence.yaml", "base: origin/main", "base: main")
        git(path, "init", "-q", "-b", "main", ".")
        repo.commit("base")
        return repo

    def branch(self, name: str = "change") -> Repo:
        """Goes to a new branch."""
        git(self.path, "checkout", "-q", "-b", name)
        return self

    def commit(self, message: str = "change") -> Repo:
        """Commits everything."""
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "-m", message)
        return self

    def read(self, file: str) -> str:
        """The text of a file."""
        return (self.path / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> Repo:
        """Writes a file, with the directories that it needs."""
        (self.path / file).parent.mkdir(parents=True, exist_ok=True)
        (self.path / file).write_text(text, encoding="utf-8")
        return self

    def edit(self, file: str, old: str, new: str) -> Repo:
        """Replaces a text, which must be there."""
        text = self.read(file)
        assert old in text, old
        return self.write(file, text.replace(old, new))

    def line(self, file: str, text: str) -> int:
        """The number of the first line that holds a text."""
        return next(number for number, line in enumerate(self.read(file).splitlines(), 1) if text in line)
