"""Some tests by name."""

from __future__ import annotations

import pytest

from ringfence.model.errors import QueryError
from ringfence.testing.choosing import only
from ringfence.testing.suite import Case, Connections, Expect, Suite


def suite(name: str, *cases: str) -> Suite:
    return Suite(name, tuple(Case(case, Expect.ALLOWED, Connections()) for case in cases))


SUITES = (suite("a", "DNS works", "the web may ask"), suite("b", "nobody else", "dns"))


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["DNS works"], [["DNS works"]]),
        (["*s"], [["DNS works"], ["dns"]]),
        (["d?s", "the *"], [["the web may ask"], ["dns"]]),
    ],
)
def test_names_and_patterns_choose_tests(patterns: list[str], expected: list[list[str]]) -> None:
    assert [[case.name for case in each.cases] for each in only(SUITES, patterns)] == expected


def test_a_name_that_no_test_has_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(QueryError, match=r"No test is named 'DNS work'\. Did you mean DNS works\?"):
        only(SUITES, ["dns", "DNS work"])
