"""From the paths that a user names to texts: files, directories, streams and archives."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ringfence.model.codes import LINK_LOOP, UNREADABLE
from ringfence.model.finding import Finding
from ringfence.model.origin import Origin, Position
from ringfence.sources.printable import printable

ENDINGS = (".yaml", ".yml", ".json", ".jsonl")
STDIN = "-"
LIVE = "live:"
"""Begins a path that means a running cluster; see :mod:`ringfence.live.target`."""
APPLY = "apply:"
"""Begins a path whose objects replace what came before, as ``kubectl apply`` would."""
DELETE = "delete:"
"""Begins the name of an object to leave out of what came before."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file or stream to read. ``name`` is how it is shown; ``named`` tells that the user named it."""

    name: str
    path: str
    named: bool


@dataclass(slots=True)
class _Walk:
    """One reading of paths; a file that is reached twice is read once."""

    findings: list[Finding]
    files: set[tuple[int, int]]
    directories: set[tuple[int, int]]


def find_sources(paths: list[str], findings: list[Finding], stdin_name: str) -> Iterator[list[Source]]:
    """For each path, the files to read, in sorted order; one that doesn't exist is among them, and fails to open."""
    walk = _Walk(findings, set(), set())
    for path in paths:
        if path == STDIN:
            yield [Source(stdin_name, path, named=True)]
            continue
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            status = None
        if status is not None and stat.S_ISDIR(status.st_mode) and _may_list(path):
            yield _directory(path, walk)
        elif status is not None and stat.S_ISREG(status.st_mode) and _known(status, walk.files):
            yield []
        else:
            yield [Source(shown(path), path, named=True)]


def _known(status: os.stat_result, seen: set[tuple[int, int]]) -> bool:
    identity = status.st_dev, status.st_ino
    if identity in seen:
        return True
    seen.add(identity)
    return False


def _may_list(directory: str) -> bool:
    try:
        os.scandir(directory).close()
    except OSError:
        return False
    return True


def _directory(top: str, walk: _Walk) -> list[Source]:
    """The manifests below a directory. A link is followed after everything that is really there."""
    found: list[Source] = []
    linked_directories: list[str] = []
    pending = [top]
    while pending:
        linked_files: list[str] = []
        while pending:
            directory = pending.pop()
            if _enter(directory, walk):
                _scan(directory, walk, found, pending, linked_directories, linked_files)
        found += [
            Source(shown(path), path, named=False) for path in linked_files if not _known(os.stat(path), walk.files)
        ]
        if linked_directories:
            pending.append(linked_directories.pop(0))
    return sorted(found, key=lambda source: source.name.split("/"))


def _scan(
    directory: str,
    walk: _Walk,
    found: list[Source],
    directories: list[str],
    linked_directories: list[str],
    linked_files: list[str],
) -> None:
    """Sort what one directory holds into the lists."""
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name, reverse=True)
    except OSError as error:
        walk.findings.append(unreadable(directory, error))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            link = entry.is_symlink()
            status = entry.stat()
        except OSError as error:
            if error.errno == errno.ELOOP or _ends_as_manifest(entry.name):
                walk.findings.append(unreadable(entry.path, error))
            continue
        if stat.S_ISDIR(status.st_mode):
            (linked_directories if link else directories).append(entry.path)
        elif not _ends_as_manifest(entry.name):
            continue
        elif not stat.S_ISREG(status.st_mode):
            what = f"{shown(entry.path)} is not a regular file, and is not read."
            walk.findings.append(Finding(UNREADABLE, what, _at(entry.path)))
        elif link:
            linked_files.append(entry.path)
        elif not _known(status, walk.files):
            found.append(Source(shown(entry.path), entry.path, named=False))


def _enter(directory: str, walk: _Walk) -> bool:
    try:
        status = os.stat(directory)
    except OSError as error:
        walk.findings.append(unreadable(directory, error))
        return False
    if not _known(status, walk.directories):
        return True
    if os.path.islink(directory):
        what = f"{shown(directory)} is a link to a directory that is read already, and is not followed."
        walk.findings.append(Finding(LINK_LOOP, what, _at(directory)))
    return False


def _ends_as_manifest(name: str) -> bool:
    return name.lower().endswith(ENDINGS)


def shown(path: str) -> str:
    """A path that can be printed: bytes that are no UTF-8 and control characters are escaped."""
    return printable(os.fsencode(path).decode("utf-8", "backslashreplace"))


def unreadable(path: str, error: OSError | ValueError) -> Finding:
    """A file or directory can't be read."""
    code = LINK_LOOP if isinstance(error, OSError) and error.errno == errno.ELOOP else UNREADABLE
    return Finding(code, f"{shown(path)} can't be read: {reason(error)}.", _at(path))


def reason(error: OSError | ValueError) -> str:
    """The reason of a failure in a few words, in lower case."""
    if isinstance(error, OSError):
        if error.errno == errno.ELOOP:
            return "symbolic links lead back to themselves"
        return (error.strerror or str(error)).lower()
    return str(error)


def _at(path: str) -> Origin:
    return Origin(Position(shown(path)))


def open_source(source: Source, stdin: BinaryIO) -> BinaryIO:
    """A stream of the source's bytes.

    A pipe without a writer is empty and doesn't wait for one: nothing that lies in the file system can make
    reading hang.

    Raises:
        OSError, ValueError: it can't be opened.
    """
    if source.path == STDIN:
        return stdin
    descriptor = os.open(source.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.set_blocking(descriptor, True)
        return io.BufferedReader(io.FileIO(descriptor, "rb"))
    except OSError:
        os.close(descriptor)
        raise
