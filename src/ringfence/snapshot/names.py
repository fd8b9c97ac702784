"""What the files of an archive are called: by where they stood below the path that was given, and nothing above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from ringfence.sources.inputs import ENDINGS, STDIN, shown

POLICIES: Final = "policies"
"""The directory of the archive that holds the policies."""


def member_name(name: str, paths: Sequence[str], *, text: bool) -> str:
    """The name for the policies of the file that answers call ``name``; ``text`` says that they are kept as YAML.

    The directories above a given path are left out: they tell of the machine, and the archive must not depend on where
    its input lies. A file of another archive keeps the name that it has there.
    """
    path = next((path for path in paths if _below(name, shown(path))), "")  # what two paths hold is read by the first
    given = shown(path)
    base, rest = given.rstrip("/").rpartition("/")[2], name[len(given) :]
    inside = bool(rest) and not Path(path).is_dir()
    parts = [part.lstrip(".") for part in (rest if inside else f"{base}/{rest}").split("/")]
    parts = [part for part in parts if part and part != "<stdin>"] or ["stdin"]
    if parts[0] == POLICIES and len(parts) > 1:
        parts = parts[1:]
    stem = next((parts[-1][: -len(end)] for end in ENDINGS if parts[-1].lower().endswith(end)), parts[-1])
    return "/".join([POLICIES, *parts[:-1], (stem or "unnamed") + (".yaml" if text else ".json")])


def distinct(names: Iterable[str]) -> list[str]:
    """The names, each once: one that is taken gets a number."""
    taken: set[str] = set()
    found = []
    for name in names:
        stem, _, ending = name.rpartition(".")
        free, number = name, 2
        while free.lower() in taken:
            free, number = f"{stem}-{number}.{ending}", number + 1
        taken.add(free.lower())
        found.append(free)
    return found


def _below(name: str, path: str) -> bool:
    if path == STDIN:
        return False
    return name == path or name.startswith(path if path.endswith("/") else f"{path}/")
