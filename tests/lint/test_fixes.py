"""Fixes are tried before they are offered: what changes no connection is safe, and the rest says what it changes."""

from __future__ import annotations

import pytest

from ringfence.lint import pages
from ringfence.lint.fixes import LintFix, lint_fixes, with_fixes
from ringfence.lint.registry import RULES, LintRule
from ringfence.lint.run import run
from ringfence.model.patch import Edit, EditOp
from tests.lint.linting import context, namespace, pod, policy
from tests.lint.test_pages import SETTINGS, SHOWN


def fixes(text: str, *select: str, unsafe: bool = True) -> list[LintFix]:
    """The fixes for the findings of these rules about some manifests."""
    linted = context(text, SETTINGS)
    report = run(linted, [rule for rule in RULES if not select or rule.code.code in select])
    return list(lint_fixes(linted, report.findings, unsafe=unsafe))


def edits(text: str, *select: str) -> list[Edit]:
    """Their edits."""
    return [edit for fix in fixes(text, *select) for edit in fix.patch.edits]


def egress(cidr: str) -> str:
    return policy(
        "shop/p", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}]"
    )


WEB = pod("shop/web-0", "app: web")
DB = pod("data/db-0", "app: db")


# ---- what the pages say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code.code)
def test_a_page_says_first_whether_the_fix_is_safe(rule: LintRule) -> None:
    assert pages.sections(rule)["Fix safety"].startswith(("Safe", "Unsafe: ", "There is no automatic fix"))


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.code.code)
def test_the_fix_of_a_page_s_example_is_what_the_page_says(rule: LintRule) -> None:
    said = pages.sections(rule)["Fix safety"].partition(":")[0]
    found = [fix for fix in fixes(pages.manifests(rule, "Example")) if fix.finding.code == rule.code]
    kinds = {"Safe" if fix.safe else "Unsafe" for fix in found}
    assert kinds <= {said}
    assert bool(found) == (said in ("Safe", "Unsafe")) or rule.code.code in EXAMPLE_WITHOUT_FIX


EXAMPLE_WITHOUT_FIX = {
    "RF102": "a selector lacks its values; only the case of operators is mended",
    "RF103": "which octet was meant, nobody knows; only single addresses are mended",
    "RF106": "a range ends before it begins; only quotes and the case of protocols are mended",
    "RF113": "the right name is there already",
}
"""Rules with a fix, whose page shows a fault that has none."""


# ---- safe ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cidr", "masked"),
    [("10.0.0.7/24", "10.0.0.0/24"), ('"fd00::7/64"', "fd00::/64"), ("10.0.0.7/0", "0.0.0.0/0")],
)
def test_a_range_is_written_as_it_is_read(cidr: str, masked: str) -> None:
    path = ("spec", "egress", 0, "to", 0, "ipBlock", "cidr")
    assert edits(egress(cidr), "RF104") == [Edit(EditOp.REPLACE, path, masked)]


def test_an_exception_is_masked_where_it_stands() -> None:
    (edit,) = edits(egress("10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.9/16]"), "RF104")
    assert (edit.path[-2:], edit.value) == (("except", 1), "10.2.0.0/16")


def test_a_selector_that_is_left_out_is_written() -> None:
    assert edits(policy("shop/p", "policyTypes: [Ingress]"), "RF107") == [Edit(EditOp.ADD, ("spec", "podSelector"), {})]


def test_an_annotation_that_suppresses_nothing_is_taken_away() -> None:
    alone = policy("shop/p", "podSelector: {}", annotations='ringfence.dev/ignore: "RF104: x"')
    assert edits(alone, "RF062", "RF104") == [Edit(EditOp.REMOVE, ("metadata", "annotations"))]
    among = policy("shop/p", "podSelector: {}", annotations='a: b, ringfence.dev/ignore: "RF104: x"')
    assert edits(among, "RF062", "RF104") == [Edit(EditOp.REMOVE, ("metadata", "annotations", "ringfence.dev/ignore"))]


@pytest.mark.parametrize(
    ("text", "left"),
    [("RF104: x; RF210: y", "RF210: y"), ("RF104, RF210: y", "RF210: y"), ("RF210: y; RF104: x", "RF210: y")],
)
def test_of_several_suppressions_the_other_ones_stay(text: str, left: str) -> None:
    spec = "podSelector: {matchLabels: {pod-template-hash: 7d4b9c6f5}}"
    (edit,) = edits(policy("shop/p", spec, annotations=f'ringfence.dev/ignore: "{text}"'), "RF062", "RF104", "RF210")
    assert (edit.op, edit.value) == (EditOp.REPLACE, left)


def test_safe_fixes_do_without_the_engine() -> None:
    linted = context(WEB + policy("shop/p", "policyTypes: [Ingress]"))
    report = run(linted, [rule for rule in RULES if rule.code.code == "RF107"])
    (fix,) = lint_fixes(linted, report.findings, unsafe=False)
    assert fix.safe
    assert "engine" not in vars(linted)


# ---- unsafe ----------------------------------------------------------------------------------------------------------


def test_a_fix_that_changes_connections_is_left_out_where_only_safe_ones_are_asked_for() -> None:
    text = WEB + policy("shop/p", "podSelector: {}, egress: []")
    assert fixes(text, "RF108", unsafe=False) == []
    assert len(fixes(text, "RF108")) == 1


def test_what_a_fix_closes_is_told() -> None:
    (fix,) = fixes(WEB + DB + policy("shop/p", "podSelector: {}, egress: []"), "RF108")
    assert not fix.safe
    assert fix.opens == ()
    assert ("shop/Pod/web-0", "data/Pod/db-0") in {(effect.source, effect.destination) for effect in fix.closes}


def test_what_a_fix_opens_is_told() -> None:
    rule = "{to: [{namespaceSelector: {matchLabels: {name: data}}}]}"
    text = (
        namespace("data") + WEB + DB + policy("shop/p", f"podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]")
    )
    (fix,) = fixes(text, "RF204")
    assert [(effect.source, effect.destination) for effect in fix.opens] == [("shop/Pod/web-0", "data/Pod/db-0")]
    assert fix.closes == ()


def test_findings_are_given_the_patches_that_hold_and_no_others() -> None:
    linted = context(WEB + policy("shop/p", "egress: []"))
    report = run(linted, [rule for rule in RULES if rule.code.code in ("RF107", "RF108", "RF401")])
    found = {finding.code.code: len(finding.patches) for finding in with_fixes(linted, report.findings)}
    assert found == {"RF107": 1, "RF108": 1, "RF401": 0} or found == {"RF107": 1, "RF108": 1}
