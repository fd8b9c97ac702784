"""What PyYAML writes and what ``json`` writes is read back, and every value is found at its place."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings, strategies as st

from ringfence.sources.json_reader import JsonSource
from ringfence.sources.limits import Limits
from ringfence.sources.positions import Lines, YamlSource
from ringfence.sources.yaml_builder import YamlBuilder

# PyYAML leaves these unquoted or writes them otherwise than kubectl reads them: see test_scalars. U+0085 and its like
# are line breaks to YAML 1.1, a byte order mark is refused inside a text.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="\u2028\u2029\ufeff"),
    max_size=12,
).filter(lambda text: not any(char.isdigit() for char in text))
SCALAR = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | TEXT
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)


def read(text: str) -> tuple[Any, YamlSource]:
    document = next(YamlBuilder(Limits()).documents(text.encode()))
    return document.value, YamlSource("x", Lines(text.encode()), document.table, 0, document.value)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [leaf for key, child in children for leaf in leaves(child, (*path, key))]
    return found or [(path, value)]


@given(VALUE, st.booleans())
@settings(max_examples=300, deadline=None)
def test_yaml_that_pyyaml_writes_is_read_back(value: Any, flow: bool) -> None:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=flow, sort_keys=False)
    assert read(text)[0] == value


@given(VALUE, st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_json_is_yaml_and_every_leaf_is_found_where_it_is_written(value: Any, indent: int) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent or None)
    lines = text.splitlines()
    found, source = read(text)
    assert found == value
    for path, leaf in leaves(value):
        place = source.locate(path)
        written = json.dumps(leaf, ensure_ascii=False)
        assert lines[place.line - 1][place.column - 1 :].startswith(written[:1] if leaf in ({}, []) else written)


@given(st.dictionaries(TEXT, VALUE, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_places_within_json_are_those_of_the_whole_file(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    lines = ["", "", *("  " + line if not number else line for number, line in enumerate(text.splitlines()))]
    source = JsonSource("x", 3, 3, text.encode())
    for key in value:
        place = source.locate((key,), key=True)
        assert lines[place.line - 1][place.column - 1 :].startswith(json.dumps(key, ensure_ascii=False))
