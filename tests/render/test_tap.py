"""The Test Anything Protocol, version 14."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, strategies as st

from ringfence.model.origin import Position
from ringfence.render.tap import render
from ringfence.render.testcase import Status, TestCase


def test_passed_failed_and_skipped_checks() -> None:
    text = render(
        [
            TestCase("shop", "web reaches cart", Status.PASSED),
            TestCase("shop", "dns", Status.FAILED, "cut", "a\nb", "denied", Position("t.yaml", 9, 3)),
            TestCase("", "later", Status.SKIPPED, "no cluster"),
        ]
    )
    assert text == (
        "TAP version 14\n"
        "1..3\n"
        "ok 1 - shop: web reaches cart\n"
        "not ok 2 - shop: dns\n"
        "  ---\n"
        '  message: "cut"\n'
        '  kind: "denied"\n'
        '  file: "t.yaml"\n'
        "  line: 9\n"
        '  details: "a\\nb"\n'
        "  ...\n"
        "ok 3 - later # SKIP no cluster\n"
    )


def test_a_name_can_not_become_a_directive() -> None:
    text = render([TestCase("", "a # TODO b\\c\nnot ok", Status.PASSED)])
    assert text.splitlines()[2] == r"ok 1 - a \# TODO b\\c not ok"


def test_a_stream_without_checks_has_a_plan() -> None:
    assert render([]) == "TAP version 14\n1..0\n"


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "\x1b" not in text))
def test_the_block_of_a_failure_is_yaml(details: str) -> None:
    lines = render([TestCase("", "x", Status.FAILED, "m", details)]).split("\n")
    block: Any = yaml.safe_load("\n".join(lines[lines.index("  ---") + 1 : lines.index("  ...")]))
    assert block["message"] == "m"
    assert block.get("details", "") == details
