"""The page about false alarms is the tables of the tests."""

from __future__ import annotations

from tests.lint.false_alarms_page import PAGE, page


def test_the_page_is_what_the_tests_hold() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.lint.false_alarms_page writes it"
