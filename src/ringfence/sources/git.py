"""A revision of a git repository as input: ``git:REV`` or ``git:REV:path``, read without touching the work tree.

Blobs are read from the object store (``git ls-tree``, ``git cat-file``), so that neither a dirty work tree nor export
attributes change the answer, and files that are no manifests are never fetched.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringfence.model.errors import InputError
from ringfence.model.objects import Snapshot
from ringfence.sources import load_snapshot
from ringfence.sources.inputs import ENDINGS, shown
from ringfence.sources.twins import Twins

PREFIX = "git:"

_LINK = "120000"
_FILES = ("100644", "100755", "100664")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or link of a tree; ``path`` is relative to the tree."""

    mode: str
    blob: str
    path: str


def load_revision(text: str, twins: Twins | None = None) -> Snapshot:
    """The manifests of ``git:REV`` or ``git:REV:path`` in the repository of the current directory.

    ``path`` is a file or directory, relative to the root of the repository, or with ``./`` to the current directory.
    ``twins`` as in :func:`ringfence.sources.load_snapshot`.
    Source of the spelling: gitrevisions(7), "<rev>:<path>".

    Raises:
        InputError: there is no such revision or path, this is no repository, or git is missing.
    """
    revision, _, path = text.removeprefix(PREFIX).partition(":")
    if not revision or revision.startswith("-"):
        raise InputError(f"{shown(text)} names no revision: write git:REV or git:REV:path, such as git:main:policies.")
    path = path.rstrip("/")
    commit = _commit(revision)
    tree = f"{commit}:{'./' if path == '.' else path}"
    kind = run("cat-file", "-t", tree, problem=f"There is no {shown(path)} in revision {shown(revision)}")
    name = f"{PREFIX}{revision}:{path}" if path else f"{PREFIX}{revision}"
    if kind.strip() == b"blob":
        content = run("cat-file", "blob", tree, problem=f"{shown(text)} can't be read")
    else:
        found = entries(tree, text)
        if not found:
            raise InputError(f"No manifest was found in {shown(text)}: no file of it ends in {', '.join(ENDINGS)}.")
        content = archive(found, text)
    return load_snapshot(["-"], stdin=io.BytesIO(content), stdin_name=shown(name), twins=twins)


def uncommitted(text: str) -> list[str]:
    """The manifests of the work tree that differ from ``git:REV`` or ``git:REV:path``, where that is checked out.

    None for another revision, and for a repository without a work tree: nobody takes these for the work tree.

    Raises:
        InputError: there is no such revision, this is no repository, or git is missing.
    """
    revision, _, path = text.removeprefix(PREFIX).partition(":")
    if _commit(revision) != _commit("HEAD"):
        return []
    relative = path == "." or path.startswith(("./", "../"))
    place = f":(literal){path}" if relative else f":(top,literal){path}"
    arguments = ("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--")
    try:
        listing = run(*arguments, place, problem=f"{shown(text)} can't be read")
    except InputError:
        return []
    files = (os.fsdecode(record[3:]) for record in listing.split(b"\0") if record)
    return [shown(file) for file in files if file.lower().endswith(ENDINGS)]


def _commit(revision: str) -> str:
    run("rev-parse", "--git-dir", problem=f"git:{shown(revision)} can't be read")
    commit = run(
        "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", problem=f"There is no revision {shown(revision)}"
    )
    return commit.decode().strip()


def entries(tree: str, text: str, *, directory: str | None = None) -> list[Entry]:
    """The manifests of a tree and of those below it; hidden files are left out, as in directories."""
    listing = run(
        "ls-tree", "-r", "-z", "--full-tree", tree, problem=f"{shown(text)} can't be read", directory=directory
    )
    found = []
    for record in filter(None, listing.split(b"\0")):
        head, _, path = os.fsdecode(record).partition("\t")
        mode, _, blob = head.split(" ")
        if (mode == _LINK or mode in _FILES) and path.lower().endswith(ENDINGS):
            found.append(Entry(mode, blob, path))
    return [entry for entry in found if not any(part.startswith(".") for part in entry.path.split("/"))]


def archive(
    files: Iterable[Entry], text: str, *, directory: str | None = None, more: Mapping[str, bytes] | None = None
) -> bytes:
    """The files as a tar archive in memory; links are kept as links, which the reader tells and doesn't follow.

    ``more`` are texts to put behind them, by name.
    """
    files = list(files)
    names = "".join(f"{entry.blob}\n" for entry in files).encode()
    problem = f"{shown(text)} can't be read"
    output = io.BytesIO(run("cat-file", "--batch", stdin=names, problem=problem, directory=directory))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as target:
        for entry in files:
            header = output.readline().split()
            if len(header) != 3:
                raise InputError(f"{shown(text)} can't be read: git has no content of {shown(entry.path)}.")
            content = output.read(int(header[2]))
            output.read(1)
            member = tarfile.TarInfo(entry.path)
            if entry.mode == _LINK:
                member.type, member.linkname = tarfile.SYMTYPE, os.fsdecode(content)
                target.addfile(member)
            else:
                member.size = len(content)
                target.addfile(member, io.BytesIO(content))
        for name, content in (more or {}).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def run(
    *arguments: str,
    problem: str,
    stdin: bytes = b"",
    directory: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """What git prints, in a directory, by default the current one, with more environment variables.

    Raises:
        InputError: git fails, or isn't there; ``problem`` begins the sentence.
    """
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", **(variables or {})}
    try:
        done = subprocess.run(  # noqa: S603 -- a list of arguments, none of which can be an option
            ["git", *arguments],  # noqa: S607 -- the user's own git
            input=stdin,
            capture_output=True,
            env=environment,
            cwd=directory,
            check=False,
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{problem}: git can't be run ({error}).") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[0].removeprefix("fatal: ").rstrip(".") if said else ""
        raise InputError(f"{problem}{f': {shown(reason)}' if reason else ' in this repository'}.")
    return done.stdout
