"""Paths and patterns of ``ringfence.yaml``: the files that they name, in the work tree and in a commit alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ringfence.check.config import PathEntry
from ringfence.model.errors import InputError
from ringfence.sources.inputs import shown

_PART = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def is_pattern(path: str) -> bool:
    """True where a path stands for any that look like it."""
    return "*" in path or "?" in path


def existing(entries: Iterable[PathEntry], directory: Path) -> list[str]:
    """The files and directories that the entries name, relative to ``directory``.

    Raises:
        InputError: an entry names nothing that is there. A check that silently reads less would pass for no reason.
    """
    found: dict[str, None] = {}
    for entry in entries:
        if is_pattern(entry.path):
            matches = sorted(
                str(path.relative_to(directory))
                for path in directory.glob(entry.path)
                if not any(part.startswith(".") for part in path.relative_to(directory).parts)
            )
            if not matches:
                raise InputError(f"{entry.at}: No file is named like {shown(entry.path)}.")
            found.update(dict.fromkeys(matches))
        elif not (directory / entry.path).exists():
            raise InputError(f"{entry.at}: There is no {shown(entry.path)}.")
        else:
            found[entry.path] = None
    return list(found)


def matches(entries: Iterable[PathEntry], path: str) -> bool:
    """Whether an entry names a file, or a directory that holds it. ``path`` is relative, as the entries are."""
    return any(entry.path == "." or _expression(entry.path).match(path) is not None for entry in entries)


def _expression(pattern: str) -> re.Pattern[str]:
    """A regular expression for a path, and for what is below it."""
    pattern = pattern.removeprefix("./")
    text = "".join(_MEANINGS.get(part) or re.escape(part) for part in _PART.findall(pattern))
    return re.compile(rf"{text}(?:/|\Z)")
