"""Checks as JUnit XML, which CI systems collect: GitLab, Jenkins, Azure, CircleCI, GitHub's test reporters.

There is no standard; written is what those have in common: ``testsuites``, ``testsuite`` and ``testcase`` with
``failure`` or ``skipped``, and ``file`` and ``line``, which some show and the others pass over. Times are left out, so
that the same input gives the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

import click

from ringfence.render.testcase import Status, TestCase

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, not even escaped."""


def render(cases: Iterable[TestCase], *, name: str = "ringfence") -> str:
    """The document; suites in the order of their first check."""
    by_suite: dict[str, list[TestCase]] = {}
    for case in cases:
        by_suite.setdefault(case.suite, []).append(case)
    every = [case for members in by_suite.values() for case in members]
    root = ET.Element("testsuites", {"name": _text(name), **_counts(every)})
    for suite, members in by_suite.items():
        element = ET.SubElement(root, "testsuite", {"name": _text(suite), **_counts(members)})
        for case in members:
            _case(element, case)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _counts(cases: list[TestCase]) -> dict[str, str]:
    statuses = [case.status for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(statuses.count(Status.FAILED)),
        "errors": "0",
        "skipped": str(statuses.count(Status.SKIPPED)),
    }


def _case(parent: ET.Element, case: TestCase) -> None:
    attributes = {"classname": _text(case.suite), "name": _text(case.name)}
    if case.position.file:
        attributes["file"] = _text(case.position.file)
        if case.position.line:
            attributes["line"] = str(case.position.line)
    element = ET.SubElement(parent, "testcase", attributes)
    if case.status is Status.PASSED:
        return
    tag = "failure" if case.status is Status.FAILED else "skipped"
    inner = ET.SubElement(element, tag, {"message": _text(case.message)})
    if case.kind:
        inner.set("type", _text(case.kind))
    if case.details:
        inner.text = _text(case.details)


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", click.unstyle(text))
