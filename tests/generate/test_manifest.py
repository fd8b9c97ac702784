"""Manifests as text: what a YAML reader reads back is the body, comments stand beside what they explain."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, strategies as st

from ringfence.generate.manifest import Manifest, text_of

# Annotations and comments carry what people write in requests: any text.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = TEXT | st.integers(-5, 70000) | st.booleans() | st.sampled_from(["yes", "null", "1e3", "0x1f"])
KEYS = TEXT.filter(bool) | st.sampled_from(["port", "protocol", "on", "k8s:app"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def nested_lists(value: Any) -> bool:
    if isinstance(value, dict):
        return any(nested_lists(item) for item in value.values())
    if isinstance(value, list):
        return any(isinstance(item, list) or nested_lists(item) for item in value)
    return False


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4).filter(lambda body: not nested_lists(body)))
def test_what_is_read_back_is_the_body(body: dict[str, Any]) -> None:
    assert yaml.safe_load(Manifest(body).text()) == body


def test_a_comment_stands_above_its_field() -> None:
    body = {"spec": {"rules": [{"to": "a"}, {"to": "b"}], "tier": "Admin"}}
    notes = {("spec", "rules", 1): "second", ("spec", "tier"): "why"}
    assert Manifest(body, ("head",), notes).text().splitlines() == [
        "# head",
        "spec:",
        "  rules:",
        "  - to: a",
        "  # second",
        "  - to: b",
        "  # why",
        "  tier: Admin",
    ]


@given(TEXT)
def test_a_comment_is_never_more_than_a_comment(text: str) -> None:
    manifest = Manifest({"kind": "a", "spec": {"b": 1}}, (text,), {("spec",): text})
    assert yaml.safe_load(manifest.text()) == {"kind": "a", "spec": {"b": 1}}


def test_several_manifests_are_documents_of_one_stream() -> None:
    assert list(yaml.safe_load_all(text_of((Manifest({"a": 1}), Manifest({"b": 2}))))) == [{"a": 1}, {"b": 2}]
