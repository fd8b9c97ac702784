"""JUnit XML as readers of it see it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from ringfence.model.origin import Position
from ringfence.render.junit import render
from ringfence.render.testcase import Status, TestCase

PASSED = TestCase("shop", "web reaches cart", Status.PASSED, position=Position("t.yaml", 4, 3))
FAILED = TestCase("shop", "dns", Status.FAILED, "cut", "line 1\nline 2", "denied", Position("t.yaml", 9))
SKIPPED = TestCase("data", "later", Status.SKIPPED, "no cluster")


def test_counts_are_those_of_each_suite_and_of_all() -> None:
    root = ET.fromstring(render([PASSED, FAILED, SKIPPED]))
    assert root.tag == "testsuites"
    assert root.attrib == {"name": "ringfence", "tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    counts = [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root]
    assert counts == [("shop", "2", "1", "0"), ("data", "1", "0", "1")]


def test_a_failure_has_its_message_kind_text_and_place() -> None:
    root = ET.fromstring(render([FAILED]))
    case = root.find("testsuite/testcase")
    assert case is not None
    assert case.attrib == {"classname": "shop", "name": "dns", "file": "t.yaml", "line": "9"}
    failure = case.find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.get("type"), failure.text) == ("cut", "denied", "line 1\nline 2")


def test_a_check_that_passed_is_empty() -> None:
    case = ET.fromstring(render([PASSED])).find("testsuite/testcase")
    assert case is not None
    assert list(case) == []


def test_a_skipped_check_says_why() -> None:
    skipped = ET.fromstring(render([SKIPPED])).find("testsuite/testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == "no cluster"


def test_any_text_makes_a_document_that_can_be_read() -> None:
    """XML has no way to write most control characters; colours are taken out."""
    odd = TestCase("<a&b>", 'quote " and \x00\x1b[1mbold\x1b[0m', Status.FAILED, "m\ufffe", "]]>\x08")
    case = ET.fromstring(render([odd])).find("testsuite/testcase")
    assert case is not None
    assert (case.get("classname"), case.get("name")) == ("<a&b>", 'quote " and \ufffdbold')


def test_no_check_is_a_document_too() -> None:
    assert ET.fromstring(render([])).get("tests") == "0"
