"""Runs rules over a cluster, and sets aside what its manifests suppress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.lint.context import LintContext
from ringfence.lint.registry import LintRule
from ringfence.model.finding import Finding


@dataclass(frozen=True, slots=True)
class LintReport:
    """What the chosen rules found, worst first, then by place."""

    findings: tuple[Finding, ...]
    rules: tuple[LintRule, ...]


def run(context: LintContext, rules: Sequence[LintRule]) -> LintReport:
    """The findings of these rules about one cluster."""
    found = [finding for rule in rules for finding in rule.check(context)]
    return LintReport(tuple(sorted(found, key=_order)), tuple(rules))


def _order(finding: Finding) -> tuple[int, str, str, int, int]:
    position = finding.origin.position
    return (-finding.severity, finding.code.code, position.file, position.line, position.column)
