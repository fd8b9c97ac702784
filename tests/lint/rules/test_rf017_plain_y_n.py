"""RF017: a plain y or n in a policy is a boolean to kubectl."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.dialects import read_policies
from ringfence.fix.text_edits import applied
from ringfence.lint.context import LintContext
from ringfence.lint.fixes import lint_fixes
from ringfence.lint.registry import choose
from ringfence.lint.run import run
from ringfence.lint.text_fixes import replacements
from ringfence.model.finding import Finding
from ringfence.sources import load_snapshot
from tests.lint.linting import codes

HEAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector:
    matchLabels:
"""


def linted(directory: Path, label: str, name: str = "p.yaml") -> tuple[LintContext, list[Finding]]:
    (directory / name).write_text(f"{HEAD}      {label}\n", encoding="utf-8")
    snapshot = load_snapshot([str(directory)])
    policies, findings = read_policies(snapshot)
    context = LintContext(snapshot, policies, (*snapshot.findings, *findings))
    return context, list(run(context, choose(["RF017"])).findings)


@pytest.mark.parametrize("word", ["y", "Y", "n", "N"])
def test_a_plain_word_is_told_with_its_place(tmp_path: Path, word: str) -> None:
    _, (finding,) = linted(tmp_path, f"critical: {word}")
    assert (finding.origin.position.line, finding.origin.position.column) == (7, 17)
    assert "a plain" in finding.what


def test_a_key_is_told_by_what_it_becomes(tmp_path: Path) -> None:
    _, (finding,) = linted(tmp_path, "n: x")
    assert "as a key, which kubectl reads as false" in finding.what


@pytest.mark.parametrize("label", ["critical: 'y'", 'critical: "n"', "'y': x", "critical: yes-and-no", "critical: ny"])
def test_what_has_quotes_or_is_another_word_is_left_alone(tmp_path: Path, label: str) -> None:
    assert linted(tmp_path, label)[1] == []


def test_what_a_program_writes_to_standard_input_is_left_alone() -> None:
    assert codes(f"{HEAD}      critical: y\n", "RF017") == []


def test_the_fix_puts_it_in_quotes(tmp_path: Path) -> None:
    context, findings = linted(tmp_path, "critical: y  # paid for")
    (fix,) = lint_fixes(context, findings)
    assert fix.safe
    after = applied(f"{HEAD}      critical: y  # paid for\n", replacements(fix, context.snapshot))
    assert after == f"{HEAD}      critical: 'y'  # paid for\n"
    assert linted(tmp_path, "critical: 'y'  # paid for")[1] == []
