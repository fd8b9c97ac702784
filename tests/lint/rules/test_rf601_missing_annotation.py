"""RF601: a policy lacks an annotation that is asked for."""

from __future__ import annotations

from ringfence.lint.context import Settings
from tests.lint.linting import codes, lint, policy

OWNED = policy("shop/p", "podSelector: {}", annotations="example.com/owner: team-shop, example.com/reason: NET-12")
BARE = policy("shop/p", "podSelector: {}")
EMPTY = policy("shop/p", "podSelector: {}", annotations='example.com/owner: ""')
ASKED = Settings(annotations=("example.com/owner", "example.com/reason"))


def test_it_says_nothing_where_nothing_is_asked_for() -> None:
    assert codes(BARE, "RF601") == []


def test_it_names_every_annotation_that_is_missing() -> None:
    (finding,) = lint(BARE, "RF601", settings=ASKED)
    assert "example.com/owner and example.com/reason" in finding.what


def test_a_policy_with_all_of_them_is_fine() -> None:
    assert codes(OWNED, "RF601", settings=ASKED) == []


def test_an_empty_value_is_none() -> None:
    assert codes(EMPTY, "RF601", settings=Settings(annotations=("example.com/owner",))) == ["RF601"]
