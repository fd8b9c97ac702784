"""What ``--fix`` writes leaves every policy as it is read."""

from __future__ import annotations

import pytest

from ringfence.lint.fixes import FIXES, path_of, safe_fixes
from ringfence.lint.registry import choose
from ringfence.lint.run import run
from ringfence.model.patch import Edit, EditOp
from tests.lint.linting import context, policy


def edits(text: str) -> list[Edit]:
    linted = context(text)
    report = run(linted, choose(tuple(code.code for code in FIXES)))
    return [edit for fix in safe_fixes(linted.snapshot, report.findings) for edit in fix.patch.edits]


def egress(cidr: str) -> str:
    return policy(
        "shop/p", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}]"
    )


@pytest.mark.parametrize(
    ("cidr", "masked"),
    [("10.0.0.7/24", "10.0.0.0/24"), ('"fd00::7/64"', "fd00::/64"), ("10.0.0.7/0", "0.0.0.0/0")],
)
def test_a_range_is_written_as_it_is_read(cidr: str, masked: str) -> None:
    path = ("spec", "egress", 0, "to", 0, "ipBlock", "cidr")
    assert edits(egress(cidr)) == [Edit(EditOp.REPLACE, path, masked)]


def test_an_exception_is_masked_where_it_stands() -> None:
    (edit,) = edits(egress("10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.9/16]"))
    assert (edit.path[-2:], edit.value) == (("except", 1), "10.2.0.0/16")


def test_a_selector_that_is_left_out_is_written() -> None:
    assert edits(policy("shop/p", "policyTypes: [Ingress]")) == [Edit(EditOp.ADD, ("spec", "podSelector"), {})]


def test_an_annotation_that_suppresses_nothing_is_taken_away() -> None:
    alone = policy("shop/p", "podSelector: {}", annotations='ringfence.dev/ignore: "RF104: x"')
    assert edits(alone) == [Edit(EditOp.REMOVE, ("metadata", "annotations"))]
    among = policy("shop/p", "podSelector: {}", annotations='a: b, ringfence.dev/ignore: "RF104: x"')
    assert edits(among) == [Edit(EditOp.REMOVE, ("metadata", "annotations", "ringfence.dev/ignore"))]


def test_an_annotation_with_more_entries_is_left_to_people() -> None:
    assert edits(policy("shop/p", "podSelector: {}", annotations='ringfence.dev/ignore: "RF104: x; RF107: y"')) == []


def test_a_finding_without_a_fix_has_none() -> None:
    assert edits(egress("503.0.0.0/8")) == []


def test_a_path_is_taken_apart() -> None:
    assert path_of("spec.egress[0].to[12].ipBlock.except[1]") == ("spec", "egress", 0, "to", 12, "ipBlock", "except", 1)
