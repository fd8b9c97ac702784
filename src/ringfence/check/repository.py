"""The git repository of a check: the commit to compare with, what is not committed, and a copy of a commit."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ringfence.model.errors import InputError
from ringfence.sources import git
from ringfence.sources.inputs import shown

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Base:
    """What the check compares with: ``commit`` is where the work forked off from ``revision``, as it was named.

    Without a commit, ``revision`` is the path of manifests.
    """

    revision: str
    commit: str = ""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How places in it are shown: ``git:origin/main``."""
        return f"{git.PREFIX}{shown(self.revision)}" if self.commit else shown(self.revision)

    @property
    def short(self) -> str:
        """The beginning of the commit's name."""
        return self.commit[:_SHORT]


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree; ``directory`` is the one that paths are relative to, ``prefix`` its path from the root (``ci/``)."""

    directory: str
    root: str
    prefix: str

    @classmethod
    def of(cls, directory: str) -> Repository:
        """The repository that holds a directory.

        Raises:
            InputError: none does, or git is missing.
        """
        problem = f"{shown(directory) or '.'} can't be compared with a revision"
        root = git.run("rev-parse", "--show-toplevel", problem=problem, directory=directory or None)
        prefix = git.run("rev-parse", "--show-prefix", problem=problem, directory=directory or None)
        return cls(directory, os.fsdecode(root).rstrip("\n"), os.fsdecode(prefix).rstrip("\n"))

    def base(self, revision: str) -> Base:
        """The commit to compare with: the last one that the work tree's history and the revision have in common.

        What others did on the base branch since is no part of the change, as in a pull request's own difference.

        Raises:
            InputError: there is no such revision here; in a shallow clone the message says how to fetch more.
        """
        name = shown(revision)
        try:
            commit = self._line("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except InputError:
            raise InputError(f"There is no revision {name} in this repository.{self._remedy(revision)}") from None
        try:
            return Base(revision, self._line("merge-base", "HEAD", commit))
        except InputError:
            pass
        if self._is_shallow():
            raise InputError(
                f"HEAD and {name} have no commit in common here, because the clone is shallow.{self._remedy(revision)}"
            )
        return Base(revision, commit, (f"HEAD and {name} have no commit in common: compared with {name} itself.",))

    def _is_shallow(self) -> bool:
        return self._line("rev-parse", "--is-shallow-repository") == "true"

    def _remedy(self, revision: str) -> str:
        if self._is_shallow():
            return (
                " Fetch the whole history first: `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` in GitLab CI, or"
                " `git fetch --unshallow`."
            )
        remote, slash, branch = revision.partition("/")
        return f" Is it fetched? `git fetch {shown(remote)} {shown(branch)}`." if slash else ""

    def uncommitted(self, paths: Iterable[str]) -> list[str]:
        """The files at or below these paths that differ from HEAD, or that git doesn't know."""
        arguments = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--")
        listing = self._run(*arguments, *(f":(glob){path}" if "*" in path else f":(literal){path}" for path in paths))
        return [os.fsdecode(record[3:]) for record in listing.split(b"\0") if record]

    def entries(self, base: Base) -> list[git.Entry]:
        """The manifests of the base below the directory, with paths relative to it; none where it isn't there."""
        tree = f"{base.commit}:{self.prefix.rstrip('/')}"
        try:
            self._run("cat-file", "-e", tree)
        except InputError:
            return []
        return git.entries(tree, base.name, directory=self.directory or None)

    def file(self, base: Base, name: str) -> bytes | None:
        """The content of a file of the base, in the directory; ``None`` where it isn't there."""
        try:
            return self._run("cat-file", "blob", f"{base.commit}:{self.prefix}{name}")
        except InputError:
            return None

    @contextmanager
    def checked_out(self, base: Base) -> Iterator[Path]:
        """A copy of the base's files in a temporary directory: the place of :attr:`directory` in it.

        The user's index, work tree and list of work trees stay as they are.

        Raises:
            InputError: git fails.
        """
        with tempfile.TemporaryDirectory(prefix="ringfence-") as temporary:
            tree = Path(temporary, "tree")
            tree.mkdir()
            variables = {"GIT_INDEX_FILE": str(Path(temporary, "index"))}
            problem = f"The files of {base.name} can't be checked out"
            git.run("read-tree", base.commit, problem=problem, directory=self.root, variables=variables)
            arguments = ("checkout-index", "--all", f"--prefix={tree}/")
            git.run(*arguments, problem=problem, directory=self.root, variables=variables)
            yield tree / self.prefix

    def _run(self, *arguments: str) -> bytes:
        return git.run(*arguments, problem="git can't be asked", directory=self.directory or None)

    def _line(self, *arguments: str) -> str:
        return os.fsdecode(self._run(*arguments)).strip()
