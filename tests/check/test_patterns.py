"""Paths and patterns mean the same in the work tree and in a commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.check.config import PathEntry
from ringfence.check.patterns import existing, matches
from ringfence.model.errors import InputError
from ringfence.model.origin import Position

AT = Position("ringfence.yaml", 3, 11)

FILES = (
    "policies/a.yaml",
    "policies/deep/er/b.yaml",
    "policies.old/c.yaml",
    "a.yaml",
    "tests/t1.yaml",
    "tests/t22.yaml",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("a: 1\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("policies", {"policies/a.yaml", "policies/deep/er/b.yaml"}),  # a directory means all that is below it
        ("policies/a.yaml", {"policies/a.yaml"}),
        ("./policies/deep", {"policies/deep/er/b.yaml"}),
        (".", set(FILES)),
        ("*.yaml", {"a.yaml"}),  # an asterisk stays within a name
        ("policies*/*.yaml", {"policies/a.yaml", "policies.old/c.yaml"}),
        ("policies/**/*.yaml", {"policies/a.yaml", "policies/deep/er/b.yaml"}),
        ("tests/t?.yaml", {"tests/t1.yaml"}),
    ],
)
def test_a_pattern_means_these_files_on_either_side(tree: Path, pattern: str, files: set[str]) -> None:
    entry = PathEntry(pattern, AT)
    assert {file for file in FILES if matches([entry], file)} == files
    found: set[str] = set()
    for path in existing([entry], tree):
        below = [file for file in FILES if (tree / file) == tree / path or (tree / path) in (tree / file).parents]
        found |= set(below)
    assert found == files


def test_a_path_that_is_not_there_is_an_error(tree: Path) -> None:
    with pytest.raises(InputError, match=r"^ringfence.yaml:3:11: There is no polices\.$"):
        existing([PathEntry("polices", AT)], tree)


def test_a_pattern_that_names_nothing_is_an_error(tree: Path) -> None:
    with pytest.raises(InputError, match=r"^ringfence.yaml:3:11: No file is named like policies/\*.yml\.$"):
        existing([PathEntry("policies/*.yml", AT)], tree)


def test_what_a_pattern_would_name_twice_is_read_once(tree: Path) -> None:
    assert existing([PathEntry("*.yaml", AT), PathEntry("a.yaml", AT)], tree) == ["a.yaml"]
