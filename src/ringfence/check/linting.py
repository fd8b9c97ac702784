"""The lint and schema part: findings with lasting names, compared with those of the base and the baseline file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ringfence.check.baseline import Baseline, BaselineEntry
from ringfence.check.config import Config, LintConfig
from ringfence.check.fingerprints import fingerprints
from ringfence.check.report import Checked, LintPart, Part, SetAside, State, part_of
from ringfence.cluster import Cluster
from ringfence.lint.context import LintContext, Settings
from ringfence.lint.fixes import lint_fixes
from ringfence.lint.registry import LintRule, choose
from ringfence.lint.run import LintReport, run
from ringfence.model.finding import Finding

_MOST_FIXES = 200
"""Fixes are tried on the cluster for so many findings, the worst first: each costs an update of the engine."""


def rules_of(config: LintConfig) -> tuple[LintRule, ...]:
    """The rules that run: those of the schema part always, the others as they are chosen.

    Raises:
        QueryError: a name fits no rule.
    """
    chosen = set(choose(config.select, config.ignore))
    always = {rule for rule in choose((), config.ignore) if part_of(rule.code) is Part.SCHEMA}
    return tuple(rule for rule in choose() if rule in chosen or rule in always)


def lint(
    config: Config, cluster: Cluster, before: Cluster | None, baseline: Baseline | None, *, fixes: bool = False
) -> LintPart:
    """What the rules find in the work tree, and what of it was there before; with ``fixes``, what puts it right."""
    rules = rules_of(config.lint)
    context = _context(config, cluster)
    report = run(context, rules)
    told, aside = _named(report, cluster)
    earlier: dict[str, Finding] = {}
    if before is not None:
        there, also_aside = _named(run(_context(config, before), rules), before)
        earlier = dict(there)
        earlier_names = earlier.keys() | {name for name, _ in also_aside}
    else:
        earlier_names = set()
    listed = {entry.fingerprint: entry for entry in baseline.entries} if baseline is not None else {}
    present = {name for name, _ in told} | {name for name, _ in aside}
    ran = {rule.code.code for rule in report.rules}
    fails = config.fail_on.lint
    severity = config.lint.severity if fails is None else min(config.lint.severity, fails)  # what fails is shown
    wanted = [finding for name, finding in told if name not in listed and finding.severity >= severity]
    tried = lint_fixes(context, wanted[:_MOST_FIXES], cni=config.cni) if fixes else ()
    by_finding = {id(fix.finding): fix for fix in tried}
    return LintPart(
        findings=tuple(
            Checked(finding, name, _state(name, earlier_names, listed), name in listed, by_finding.get(id(finding)))
            for name, finding in told
        ),
        suppressed=tuple(
            SetAside(each.finding, name, each.suppression)
            for (name, _), each in zip(aside, report.suppressed, strict=True)
        ),
        fixed=tuple(Checked(finding, name, State.FIXED) for name, finding in earlier.items() if name not in present),
        stale=tuple(entry for name, entry in listed.items() if name not in present and entry.code in ran),
        rules=report.rules,
        idle=report.idle,
        severity=severity,
        compared=before is not None or baseline is not None,
    )


def entries_of(part: LintPart) -> list[BaselineEntry]:
    """What a baseline file of these findings lists: all that could ever fail a check, which notes can if asked to."""
    return [
        BaselineEntry(
            each.fingerprint,
            each.finding.code.code,
            str(each.finding.subject) if each.finding.subject is not None else "",
            each.finding.what,
        )
        for each in part.findings
        if each.finding.severity >= part.severity
    ]


def counted(findings: Sequence[Checked]) -> Counter[str]:
    """How many findings there are of each severity."""
    return Counter(str(each.finding.severity) for each in findings)


def _state(name: str, earlier: set[str], listed: dict[str, BaselineEntry]) -> State:
    return State.UNCHANGED if name in earlier or name in listed else State.NEW


def _context(config: Config, cluster: Cluster) -> LintContext:
    settings = Settings(annotations=config.lint.annotations, owner_label=config.owner_label)
    return LintContext(cluster.snapshot, cluster.policies, cluster.findings, settings, engine=lambda: cluster.engine)


def _named(report: LintReport, cluster: Cluster) -> tuple[list[tuple[str, Finding]], list[tuple[str, Finding]]]:
    """The findings told and those suppressed, each with its name; numbered together, so that either keeps its own."""
    aside = [each.finding for each in report.suppressed]
    every = [*report.findings, *aside]
    named = list(zip(fingerprints(every, cluster.snapshot), every, strict=True))
    return named[: len(report.findings)], named[len(report.findings) :]
