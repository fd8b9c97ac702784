"""Findings about the input, compact."""

from __future__ import annotations

import click

from ringfence.model import codes
from ringfence.model.finding import Code, Finding
from ringfence.model.origin import ObjectRef, Origin, Position
from ringfence.render.findings_text import left_out, render

PLACE = Origin(Position("a.yaml", 7, 3))
WEB = ObjectRef("NetworkPolicy", "web", "shop")


def finding(code: Code, what: str = "It is wrong.", subject: ObjectRef | None = WEB) -> Finding:
    return Finding(code, what, PLACE, subject, hint="Write it so.")


def lines(*findings: Finding, notes: bool = True, every: bool = False) -> list[str]:
    return [click.unstyle(line) for line in render(findings, notes=notes, every=every)]


def test_a_finding_is_one_line_with_its_object_hint_code_and_place() -> None:
    assert lines(finding(codes.BAD_PORT)) == [
        "error: shop/NetworkPolicy/web: It is wrong. Write it so. [RF106] a.yaml:7"
    ]


def test_an_object_that_the_sentence_names_is_not_named_twice() -> None:
    (line,) = lines(finding(codes.BAD_PORT, "shop/NetworkPolicy/web is wrong."))
    assert line.startswith("error: shop/NetworkPolicy/web is wrong.")


def test_the_worst_come_first_and_the_rest_are_counted() -> None:
    found = [*[finding(codes.NO_ADDRESS)] * 3, *[finding(codes.HOST_BITS)] * 6, *[finding(codes.BAD_PORT)] * 3]
    shown = lines(*found)
    assert [line.partition(":")[0] for line in shown[:8]] == ["error"] * 3 + ["warning"] * 5
    assert shown[8:] == ["and 4 more (1 warning, 3 notes); -v shows all"]
    assert len(lines(*found, every=True)) == 12


def test_notes_can_be_left_out() -> None:
    assert lines(finding(codes.NO_ADDRESS), notes=False) == []


def test_what_was_left_out_is_named_once_however_many_errors_it_has() -> None:
    other = ObjectRef("NetworkPolicy", "api", "shop")
    found = [finding(codes.BAD_PORT), finding(codes.BAD_CIDR), finding(codes.BAD_PORT, subject=other)]
    assert left_out(found) == (
        "2 objects with errors were left out or read in the safest way: shop/NetworkPolicy/web, shop/NetworkPolicy/api."
    )
    assert left_out([finding(codes.BAD_PORT)]).startswith("1 object with errors was left out")
    assert left_out([finding(codes.HOST_BITS)]) == ""


def test_a_file_without_objects_is_named_by_its_place() -> None:
    assert "a.yaml:7." in left_out([finding(codes.NOT_PARSABLE, subject=None)])
