"""The linter's findings as text: repetition is left out, evidence is bounded."""

from __future__ import annotations

import click

from ringfence.lint.registry import find
from ringfence.lint.run import LintReport
from ringfence.model.codes import NEAR_MISS_LABELS
from ringfence.model.finding import Finding
from ringfence.model.origin import ObjectRef, Origin, Position
from ringfence.render import lint_text

REF = ObjectRef("NetworkPolicy", "web", "shop")


def finding(line: int, *, why: str = "Because.", evidence: tuple[str, ...] = ()) -> Finding:
    return Finding(NEAR_MISS_LABELS, f"Fault {line}.", Origin(Position("a.yaml", line, 3)), REF, why, "", evidence)


def render(*findings: Finding, every: bool = False) -> list[str]:
    report = LintReport(findings, (), (find("RF203"),))
    return [click.unstyle(line) for line in lint_text.render(report, findings, every=every)]


def test_why_is_said_once_for_findings_that_follow_each_other() -> None:
    lines = render(finding(1), finding(2), finding(3, why="Otherwise."))
    assert lines.count("  Because.") == 1
    assert lines.count("  Otherwise.") == 1


def test_the_object_is_named_where_the_sentence_does_not() -> None:
    assert render(finding(1))[0] == "a.yaml:1:3: RF203 warning: shop/NetworkPolicy/web: Fault 1."


def test_evidence_is_bounded_unless_all_is_asked_for() -> None:
    evidence = tuple(f"shop/web-{number}" for number in range(9))
    assert "  - and 3 more" in render(finding(1, evidence=evidence))
    assert "  - shop/web-8" in render(finding(1, evidence=evidence), every=True)


def test_a_finding_without_a_place_has_none() -> None:
    assert render(Finding(NEAR_MISS_LABELS, "Fault."))[0] == "RF203 warning: Fault."


def test_long_reasons_are_wrapped_and_words_are_kept_whole() -> None:
    lines = render(finding(1, why="word " * 60))
    assert all(len(line) <= 116 for line in lines[1:])
    assert " ".join(line.strip() for line in lines[1:-1]) == ("word " * 60).strip()
