"""Manifests as text: plain words stay plain, and words that kubectl would read as something else are quoted."""

from __future__ import annotations

import pytest

from ringfence.fix.yaml_dump import document


def test_words_have_no_quotes() -> None:
    assert document({"name": "nginx", "namespace": "yard"}) == "name: nginx\nnamespace: yard\n"


@pytest.mark.parametrize("word", ["y", "N", "no", "true", "1", "0x1f", "null", "~"])
def test_a_text_that_reads_as_another_kind_of_value_is_quoted(word: str) -> None:
    """YAML 1.1, as kubectl reads it: y and n are booleans."""
    assert document({"a": word}) == f"a: '{word}'\n"
