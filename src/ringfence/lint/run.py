"""Runs rules over a cluster, and sets aside what its manifests suppress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.lint import suppressions
from ringfence.lint.context import LintContext
from ringfence.lint.registry import LintRule, Needs
from ringfence.lint.suppressions import Suppressed
from ringfence.model.finding import Finding

_NEED_PODS = (Needs.ENGINE, Needs.SURVEY)


@dataclass(frozen=True, slots=True)
class LintReport:
    """What the chosen rules found, worst first, then by code and place; and what was suppressed.

    ``rules`` are those that ran, ``idle`` those that had nothing to look at: they need pods, and the input has none.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    rules: tuple[LintRule, ...]
    idle: tuple[LintRule, ...] = ()


def run(context: LintContext, rules: Sequence[LintRule]) -> LintReport:
    """The findings of these rules about one cluster."""
    idle = () if context.snapshot.pods else tuple(rule for rule in rules if rule.needs in _NEED_PODS)
    ran = tuple(rule for rule in rules if rule not in idle)
    known, bad = suppressions.read(context.snapshot)
    found = [*bad, *(finding for rule in ran for finding in rule.check(context))]
    chosen = {rule.code for rule in ran}
    told, hidden = suppressions.apply(found, known, (code.code for code in chosen), context.settings.today)
    findings = sorted((finding for finding in told if finding.code in chosen), key=order)
    return LintReport(tuple(findings), tuple(hidden), ran, idle)


def order(finding: Finding) -> tuple[int, str, str, int, int, str]:
    """Worst first, then by code and place."""
    position = finding.origin.position
    return (-finding.severity, finding.code.code, position.file, position.line, position.column, finding.what)
