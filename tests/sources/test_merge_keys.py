from __future__ import annotations

from typing import Any

from tests.sources.loading import codes, load_text, of_code

POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: a}\n"


def spec(text: str) -> Any:
    return load_text(POLICY + text).policies[0].body["spec"]


def test_own_keys_after_a_merge_win() -> None:
    assert spec("base: &b {k: 1, other: 2}\nspec:\n  <<: *b\n  k: 3\n") == {"k": 3, "other": 2}


def test_a_merge_after_own_keys_replaces_them_as_kubectl_does_and_is_a_finding() -> None:
    snapshot = load_text(POLICY + "base: &b {k: 1, other: 2}\nspec:\n  k: 3\n  <<: *b\n")
    assert snapshot.policies[0].body["spec"] == {"k": 1, "other": 2}
    (finding,) = of_code(snapshot, "RF007")
    assert "`k`" in finding.what
    assert "<stdin>:6:3" in finding.what
    assert str(finding.origin.position) == "<stdin>:7:7"


def test_of_a_list_of_merged_mappings_the_first_wins() -> None:
    assert spec("a: &a {k: 1}\nb: &b {k: 2, l: 3}\nspec:\n  <<: [*a, *b]\n") == {"k": 1, "l": 3}


def test_a_merge_within_a_merged_mapping_is_followed() -> None:
    assert spec("a: &a {k: 1}\nb: &b {<<: *a, l: 3}\nspec:\n  <<: *b\n") == {"k": 1, "l": 3}


def test_a_merged_field_is_located_where_it_is_written() -> None:
    text = POLICY + "a: &a {k: {deep: 1}}\nb: &b\n  l: 3\nspec:\n  own: 1\n  <<: [*a, *b]\n  last: 2\n"
    source = load_text(text).policies[0].source
    assert str(source.locate(("spec", "k"), key=True)) == "<stdin>:4:8"
    assert str(source.locate(("spec", "k", "deep"))) == "<stdin>:4:18"
    assert str(source.locate(("spec", "l"))) == "<stdin>:6:6"
    assert str(source.locate(("spec", "last"), key=True)) == "<stdin>:10:3"
    assert str(source.locate(("spec", "own"))) == "<stdin>:8:8"


def test_a_merge_that_repeats_the_same_value_is_no_finding() -> None:
    assert codes(load_text(POLICY + "base: &b {k: 1}\nspec:\n  k: 1\n  <<: *b\n")) == []
