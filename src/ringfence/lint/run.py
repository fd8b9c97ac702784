"""Runs rules over a cluster, and sets aside what its manifests suppress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.lint import suppressions
from ringfence.lint.context import LintContext
from ringfence.lint.registry import LintRule
from ringfence.lint.suppressions import Suppressed
from ringfence.model.finding import Finding


@dataclass(frozen=True, slots=True)
class LintReport:
    """What the chosen rules found, worst first, then by code and place; and what was suppressed."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    rules: tuple[LintRule, ...]


def run(context: LintContext, rules: Sequence[LintRule]) -> LintReport:
    """The findings of these rules about one cluster."""
    known, bad = suppressions.read(context.snapshot)
    found = [*bad, *(finding for rule in rules for finding in rule.check(context))]
    chosen = {rule.code for rule in rules}
    told, hidden = suppressions.apply(found, known, (code.code for code in chosen), context.settings.today)
    findings = sorted((finding for finding in told if finding.code in chosen), key=_order)
    return LintReport(tuple(findings), tuple(hidden), tuple(rules))


def _order(finding: Finding) -> tuple[int, str, str, int, int, str]:
    position = finding.origin.position
    return (-finding.severity, finding.code.code, position.file, position.line, position.column, finding.what)
