"""Annotations of GitHub Actions: the runner undoes five escapes, and reads ``:`` and ``,`` in properties as syntax."""

from __future__ import annotations

import pytest

from ringfence.model.codes import BAD_CIDR, DUPLICATE_KEY
from ringfence.model.finding import Finding
from ringfence.model.origin import Origin, Position
from ringfence.render.github import Annotation, Level, render


def test_an_annotation_names_file_line_and_title() -> None:
    annotation = Annotation(Level.ERROR, "No.", Position("p.yaml", 3, 5), "a title")
    assert render([annotation]) == "::error file=p.yaml,line=3,endLine=3,col=5,title=a title::No.\n"


def test_a_range_of_lines_has_no_column() -> None:
    """GitHub refuses a column where first and last line differ."""
    annotation = Annotation(Level.WARNING, "m", Position("p.yaml", 3, 5), end_line=7)
    assert render([annotation]) == "::warning file=p.yaml,line=3,endLine=7::m\n"


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("two\nlines", "two%0Alines"),
        ("carriage\rreturn", "carriage%0Dreturn"),
        ("100% sure: yes, so", "100%25 sure: yes, so"),
        ("%0A is no line end", "%250A is no line end"),
        ("a::b", "a::b"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_a_message_is_escaped(message: str, written: str) -> None:
    assert render([Annotation(Level.NOTICE, message, Position(""))]) == f"::notice::{written}\n"


def test_properties_escape_colons_and_commas_too() -> None:
    annotation = Annotation(Level.ERROR, "m", Position("C:\\a,b.yaml", 1), "x: 1, y\n%")
    line = render([annotation])
    assert line == "::error file=C%3A\\a%2Cb.yaml,line=1,endLine=1,title=x%3A 1%2C y%0A%25::m\n"


def test_a_file_without_lines_has_none() -> None:
    assert render([Annotation(Level.ERROR, "m", Position("c.json"))]) == "::error file=c.json::m\n"


def test_the_worst_come_first_and_equals_keep_their_order() -> None:
    levels = (Level.NOTICE, Level.ERROR, Level.WARNING, Level.ERROR)
    lines = render(Annotation(level, str(number), Position("")) for number, level in enumerate(levels)).splitlines()
    assert lines == ["::error::1", "::error::3", "::warning::2", "::notice::0"]


def test_a_finding_becomes_an_annotation() -> None:
    error = Finding(BAD_CIDR, "What.", Origin(Position("p.yaml", 2, 1)), why="Why.", hint="Hint.")
    assert render([Annotation.of(error)]) == (
        "::error file=p.yaml,line=2,endLine=2,col=1,title=RF103 bad-cidr::What. Why. Hint.\n"
    )
    assert Annotation.of(Finding(DUPLICATE_KEY, "What.")).level is Level.WARNING
