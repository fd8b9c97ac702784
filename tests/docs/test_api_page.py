"""The page on the Python API names every public name, and its session runs."""

from __future__ import annotations

import doctest

import pytest

import ringfence
from tests.docs.paths import DOCS, ROOT

PAGE = DOCS / "api.md"


@pytest.mark.parametrize("name", ringfence.__all__)
def test_every_public_name_is_described(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## Names")[2]
    assert f"`{name}" in text


def test_the_session_prints_what_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    # The closing fence is no output: doctest ends an example's output at an empty line.
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 5
    assert failed == 0
