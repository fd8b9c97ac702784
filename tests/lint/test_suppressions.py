"""``ringfence.dev/ignore``: a reason is needed, a date ends it, and none is forgotten."""

from __future__ import annotations

import datetime as dt

import pytest

from ringfence.lint.context import Settings
from tests.lint.linting import codes, lint, policy, report

TODAY = Settings(today=dt.date(2026, 6, 15))


def annotated(text: str, *, labels: str = "pod-template-hash: 7d4b9c6f5") -> str:
    """A policy with one finding, RF210, unless other labels are given."""
    return policy(
        "shop/p", f"podSelector: {{matchLabels: {{{labels}}}}}", annotations=f"ringfence.dev/ignore: '{text}'"
    )


def told(text: str, *, labels: str = "pod-template-hash: 7d4b9c6f5") -> list[str]:
    return codes(annotated(text, labels=labels), "RF06", "RF210", "RF103", settings=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "RF210: canary",
        "RF210: canary (until 2026-06-15)",  # the last day counts
        "RF210: canary (until 2026-12-31)",
        "  RF210 :  canary  (until  2026-12-31)  ",
        "RF210: a reason, with commas: and colons",
        "RF210: canary (owner team-shop)",
        "RF210: canary (owner team-shop, until 2026-12-31)",
        "RF210: canary (until 2026-12-31, owner Ann of the shop)",
        "RF210: canary (see NET-12) (owner team-shop)",  # only the last parentheses, and only with these words
    ],
)
def test_a_finding_with_a_reason_is_not_told(text: str) -> None:
    assert told(text) == []


def test_several_entries_are_separated_by_semicolons() -> None:
    assert told("RF210: canary; RF103: the port comes later") == ["RF062"]  # RF103 had nothing to suppress


def test_one_entry_can_name_several_codes() -> None:
    assert told("RF103, RF210: canary") == ["RF062"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("RF210", "no reason"),
        ("RF210:", "an empty reason"),
        ("RF210 (until 2026-12-31)", "a date is no reason"),
        ("canary", "no code"),
        ("RF999: canary", "no such rule"),
        ("RF210: canary (until soon)", "no date"),
        ("RF210: canary (until 2026-13-01)", "no such month"),
        ("RF210: canary (owner team-shop, soon)", "neither an owner nor a date"),
        ("RF210: canary (owner one, owner two)", "two owners"),
        ("RF210: canary (until)", "no date after the word"),
        ("RF210 (owner team-shop)", "an owner is no reason"),
    ],
)
def test_a_suppression_that_cannot_be_used_is_told_and_suppresses_nothing(text: str, why: str) -> None:
    assert sorted(told(text)) == ["RF060", "RF210"], why


def test_a_suppression_ends_the_day_after_its_date() -> None:
    assert sorted(told("RF210: canary (until 2026-06-14)")) == ["RF061", "RF210"]


def test_who_answers_for_a_stale_suppression_is_named() -> None:
    expired, _ = lint(annotated("RF210: canary (owner team-shop, until 2026-06-14)"), "RF061", "RF210", settings=TODAY)
    assert expired.hint == "Mend what it suppressed, or give it a later date; team-shop answers for it."
    (unused,) = lint(annotated("RF210: canary (owner team-shop)", labels="app: web"), "RF062", "RF210")
    assert unused.hint == "Delete it; team-shop answers for it."


def test_a_suppression_that_suppresses_nothing_is_told() -> None:
    assert told("RF210: canary", labels="app: web") == ["RF062"]


def test_it_is_not_told_where_the_rule_did_not_run() -> None:
    assert codes(annotated("RF210: canary", labels="app: web"), "RF062", "RF103") == []


def test_it_suppresses_for_its_own_object_only() -> None:
    other = policy("shop/q", "podSelector: {matchLabels: {pod-template-hash: 7d4b9c6f5}}")
    (finding,) = lint(annotated("RF210: canary") + other, "RF210")
    assert str(finding.subject) == "shop/NetworkPolicy/q"


def test_the_report_says_what_was_suppressed_and_why() -> None:
    text = "RF210: canary (owner team-shop, until 2026-12-31)"
    (suppressed,) = report(annotated(text), ["RF210"], TODAY).suppressed
    assert suppressed.suppression.owner == "team-shop"
    assert suppressed.finding.code.code == "RF210"
    assert (suppressed.suppression.reason, suppressed.suppression.until) == ("canary", dt.date(2026, 12, 31))


def test_findings_about_suppressions_cannot_be_suppressed() -> None:
    assert told("RF062: I know; RF210: canary", labels="app: web") == ["RF062", "RF062"]


@pytest.mark.parametrize("value", ["7", "[RF210]", "null"])
def test_an_annotation_of_another_type_is_none(value: str) -> None:
    manifests = policy(
        "shop/p", "podSelector: {matchLabels: {pod-template-hash: 7d4}}", annotations=f"ringfence.dev/ignore: {value}"
    )
    assert codes(manifests, "RF210", "RF06") == ["RF210"]


def test_a_workload_can_carry_a_suppression() -> None:
    def deployment(name: str, key: str, text: str = "") -> str:
        note = f"annotations: {{ringfence.dev/ignore: '{text}'}}, " if text else ""
        return (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{{note}name: {name}, namespace: shop}}\n"
            f"spec: {{template: {{metadata: {{labels: {{{key}: x}}}}, spec: {{containers: []}}}}}}\n---\n"
        )

    usual = deployment("a", "app") + deployment("b", "app")
    assert codes(usual + deployment("c", "App"), "RF602", "RF06") == ["RF602"]
    assert codes(usual + deployment("c", "App", "RF602: a vendor made it"), "RF602", "RF06") == []
    assert codes(usual + deployment("c", "app", "RF602: a vendor made it"), "RF602", "RF06") == ["RF062"]


def test_a_namespace_can_carry_a_suppression_that_has_no_reason() -> None:
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {ringfence.dev/ignore: RF401}}\n---\n"
    (finding,) = lint(space, "RF06")
    assert finding.code.code == "RF060"
    assert finding.origin.position.line == 3
