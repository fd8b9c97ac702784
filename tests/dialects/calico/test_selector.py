"""Calico's selector language. Source: Calico reference, selectors; the truth expected is of its table of operators."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ringfence.dialects.calico.selector import SelectorError, parse_selector
from ringfence.model.labels import AllOf, AnyOf, LabelExpr, Negation, Operator, Requirement
from tests.strategies import expressions, label_sets

LABELS = {"app": "web-1", "tier": "", "a/b.c_d-e": "x", "in-use": "yes", "all": "1", ":namespace": "shop"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("all()", True),
        ("!all()", False),
        ("global()", False),
        ("app == 'web-1'", True),
        ('app == "web-1"', True),
        ("app == 'web'", False),
        ("app != 'web'", True),
        ("missing != 'web'", True),
        ("missing == ''", False),
        ("tier == ''", True),
        ("has(app)", True),
        ("!has(app)", False),
        ("! has( missing )", True),
        ("app in {'web-1', 'db'}", True),
        ("app in {}", False),
        ("app not in {'web-1'}", False),
        ("missing not in {'web-1'}", True),
        ("app not   in {'db'}", True),
        ("app contains 'b-'", True),
        ("missing contains ''", False),
        ("app starts with 'web'", True),
        ("app starts  with 'eb'", False),
        ("app ends with '-1'", True),
        ("a/b.c_d-e == 'x'", True),
        ("in-use == 'yes'", True),
        ("all == '1'", True),
        # && binds tighter than ||.
        ("has(app) || has(missing) && has(missing)", True),
        ("(has(app) || has(missing)) && has(missing)", False),
        ("!(has(app) && has(missing))", True),
        ("!!has(app)", True),
        ("has(app)&&has(tier)", True),
    ],
)
def test_what_a_selector_says_of_these_labels(text: str, expected: bool) -> None:
    assert parse_selector(text).matches(LABELS) is expected


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("app = 'web'", 5, "`=` is not of the selector language"),
        ("app == web", 8, "`web` where a text in quotes"),
        ("app == 'web", 8, "no closing quote"),
        ("app", 4, "the end where one of `==`"),
        ("== 'web'", 1, "`==` where a label"),
        ("app == 'a' & b == 'c'", 12, "`&` is not of the selector language"),
        ("app == 'a' b == 'c'", 12, "`b` where `&&`, `||` or the end"),
        ("(app == 'a'", 12, "the end where `)`"),
        ("app in {'a' 'b'}", 13, "where `,`"),
        ("app in {'a',}", 13, "`}` where a text in quotes"),
        ("app in 'a'", 8, "where `{`"),
        ("has()", 4, "`(` where one of"),
        ("has(app) &&", 12, "the end where a label"),
        ("x" * 513 + " == 'a'", 1, "longer than 512"),
    ],
)
def test_a_fault_is_told_with_its_column(text: str, column: int, words: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse_selector(text)
    assert caught.value.column == column
    assert words in str(caught.value)


def test_keys_are_known_by_what_they_stand_for() -> None:
    assert parse_selector("has(a) && b == 'x'", lambda key: f"namespace:{key}") == AllOf(
        (
            Requirement("namespace:a", Operator.EXISTS),
            Requirement("namespace:b", Operator.IN, ("x",)),
        )
    )


def write(expr: LabelExpr) -> str:
    """The expression in Calico's language."""
    match expr:
        case AllOf(()):
            return "all()"
        case AnyOf(()):
            return "!all()"
        case AllOf(parts):
            return " && ".join(f"({write(part)})" for part in parts)
        case AnyOf(parts):
            return " || ".join(f"({write(part)})" for part in parts)
        case Negation(part):
            return f"!({write(part)})"
        case Requirement(key, Operator.EXISTS):
            return f"has({key})"
        case Requirement(key, Operator.DOES_NOT_EXIST):
            return f"!has({key})"
        case Requirement(key, Operator.IN | Operator.NOT_IN as operator, values):
            listed = ", ".join(f"'{value}'" for value in values)
            return f"{key} {'in' if operator is Operator.IN else 'not in'} {{{listed}}}"
        case Requirement(key, operator, values):
            words = {
                Operator.CONTAINS: "contains",
                Operator.STARTS_WITH: "starts with",
                Operator.ENDS_WITH: "ends with",
            }
            return " || ".join(f"{key} {words[operator]} '{value}'" for value in values)


ALPHABET = {"app": ("web", "db"), "tier": ("1", "2")}


@given(expressions(ALPHABET), label_sets(ALPHABET))
def test_a_written_expression_reads_as_it_was(expr: LabelExpr, labels: dict[str, str]) -> None:
    assert parse_selector(write(expr)).matches(labels) is expr.matches(labels)


@given(st.text(alphabet="ab'\"(){}!&|=, inhasolwtr\n", max_size=30))
def test_any_text_is_read_or_refused_with_a_column(text: str) -> None:
    assert 1 <= column_of_fault(text) <= len(text) + 1


def column_of_fault(text: str) -> int:
    """The column, 1 where there is no fault."""
    try:
        parse_selector(text)
    except SelectorError as error:
        return error.column
    return 1
