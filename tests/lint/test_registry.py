"""Choosing rules by code, by the beginning of a code, and by name."""

from __future__ import annotations

import pytest

from ringfence.lint.registry import RULES, choose, find
from ringfence.model.errors import QueryError


def codes(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[str]:
    return [rule.code.code for rule in choose(select, ignore)]


def test_without_a_choice_every_rule_runs() -> None:
    assert choose() == RULES


def test_a_code_chooses_one_rule() -> None:
    assert codes(("RF203",)) == ["RF203"]
    assert codes(("rf203",)) == ["RF203"]


def test_the_beginning_of_a_code_chooses_a_block() -> None:
    assert codes(("RF2",))
    assert all(code.startswith("RF2") for code in codes(("RF2",)))


def test_a_name_chooses_a_rule() -> None:
    assert codes(("near-miss-labels",)) == ["RF203"]


def test_what_is_ignored_does_not_run_even_if_it_is_selected() -> None:
    assert "RF203" not in codes(("RF2",), ("RF203",))
    assert codes(("RF203",), ("RF2",)) == []


@pytest.mark.parametrize("name", ["RF999", "nonsense", "", "203"])
def test_a_name_that_fits_no_rule_is_wrong_usage(name: str) -> None:
    with pytest.raises(QueryError, match="--list"):
        choose((name,))
    with pytest.raises(QueryError, match="--list"):
        find(name)


def test_find_takes_a_code_or_a_name() -> None:
    assert find("RF203") == find("near-miss-labels") == find("rf203")
