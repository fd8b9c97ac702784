"""Runs every part of a check that is configured, and says which parts are not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from ringfence.check.baseline import Baseline, read_baseline
from ringfence.check.comparing import compare
from ringfence.check.config import Config, FailOn
from ringfence.check.inputs import Given, read_inputs
from ringfence.check.linting import lint
from ringfence.check.promises import judge_promises
from ringfence.check.replaying import replay_flows
from ringfence.check.report import CheckReport, DiffPart, Failure, FlowsPart, LeftOut, LintPart, Part, State, TestsPart
from ringfence.cluster import Cluster
from ringfence.model.finding import Severity
from ringfence.names import read_names
from ringfence.replay import Fate


def run_check(
    config: Config,
    revision: str,
    given: Given | None = None,
    *,
    baseline: bool = True,
    fixes: bool = False,
    allow_dirty: bool = False,
    today: dt.date | None = None,
) -> CheckReport:
    """The whole check. ``revision`` is the base to compare with, or empty; ``baseline`` reads the baseline file.

    With ``fixes``, what would put each finding right is tried on the cluster. With ``allow_dirty`` files that are not
    committed are compared with the base as they stand.

    Raises:
        InputError: something that is configured can't be read or done. Nothing is skipped silently.
    """
    inputs = read_inputs(config, revision, given, allow_dirty=allow_dirty)
    names = read_names(names_path(config)) if config.resolve is not None else None
    cluster = Cluster(inputs.snapshot, cni=config.cni, names=names)
    before = Cluster(inputs.base_snapshot, cni=config.cni, names=names) if inputs.base_snapshot is not None else None
    found = lint(config, cluster, before, _baseline(config) if baseline else None, fixes=fixes)
    if config.staged:
        # Lint is about what is written; what would be allowed is for the tests and the difference to say.
        cluster, before = _enforcing(cluster), _enforcing(before) if before is not None else None
    diff = compare(config, before, cluster, today or dt.date.today()) if before is not None else None  # noqa: DTZ011
    flows = replay_flows(config, before, cluster) if config.flows is not None else None
    tests = judge_promises(config, inputs.suites, cluster, before) if inputs.suites is not None else None
    return CheckReport(
        config,
        inputs.snapshot,
        inputs.base,
        found,
        tests,
        diff,
        tuple(_left_out(given, found, tests, diff)),
        tuple(_failures(config.fail_on, found, tests, diff, flows)),
        inputs.notes,
        inputs.root,
        flows,
    )


def names_path(config: Config) -> str:
    """The path of the recorded DNS answers; empty where none are configured."""
    return str(Path(config.file).parent / config.resolve.path) if config.resolve is not None else ""


def _enforcing(cluster: Cluster) -> Cluster:
    return Cluster(cluster.snapshot, cni=cluster.cni, staged=True)


def baseline_path(config: Config) -> str:
    """The path of the baseline file; empty where none is configured."""
    return str(Path(config.file).parent / config.baseline.path) if config.baseline is not None else ""


def _baseline(config: Config) -> Baseline | None:
    path = baseline_path(config)
    return read_baseline(path) if path else None


def _left_out(
    given: Given | None, found: LintPart, tests: TestsPart | None, diff: DiffPart | None
) -> Iterator[LeftOut]:
    if diff is None:
        if given is not None and given.policies:
            yield LeftOut(Part.DIFF, "--policies is given, and --base-policies isn't")
        else:
            yield LeftOut(Part.DIFF, "no base is configured (base, or --base)")
    if tests is None:
        yield LeftOut(Part.TESTS, "no suite is configured (tests)")
    if found.idle:
        rules = "1 rule needs" if len(found.idle) == 1 else f"{len(found.idle)} rules need"
        yield LeftOut(Part.LINT, f"{rules} pods, and none are known (cluster)")


def _failures(
    fail_on: FailOn, found: LintPart, tests: TestsPart | None, diff: DiffPart | None, flows: FlowsPart | None
) -> Iterator[Failure]:
    if diff is not None:
        yield from _differences(fail_on, diff)
    if flows is not None:
        yield from _recorded(fail_on, flows)
    if tests is not None and tests.failed and fail_on.tests:
        yield Failure(Part.TESTS, f"{_count(len(tests.failed), 'test')} failed.", "failed")
    # What can't be read or isn't valid is left out of every answer: that fails, whatever lint may pass.
    schema = Severity.ERROR if fail_on.lint is None else fail_on.lint
    least = {Part.SCHEMA: schema, Part.LINT: fail_on.lint}
    for part, severity in least.items():
        counted = [
            each
            for each in found.findings
            if severity is not None and each.part is part and not each.known and each.finding.severity >= severity
        ]
        if counted:
            new = sum(each.state is State.NEW for each in counted)
            known = f", {new:,} of them new" if found.compared and new < len(counted) else ""
            text = f"{_count(len(counted), 'finding')} of severity {severity} or worse{known}."
            yield Failure(part, text, str(severity))


def _recorded(fail_on: FailOn, flows: FlowsPart) -> Iterator[Failure]:
    for fate, what in ((Fate.CUT, "would be cut"), (Fate.UNSURE, "might be cut"), (Fate.OPENED, "would open")):
        number = sum(1 for _ in flows.report.of(fate))
        if number and fate.value in fail_on.flows:
            yield Failure(Part.FLOWS, f"{_count(number, 'recorded connection')} {what}.", fate.value)
    unjudged = sum(each.edges for each in flows.report.unjudged)
    if unjudged and "unjudged" in fail_on.flows:
        yield Failure(Part.FLOWS, f"{_count(unjudged, 'recorded connection')} can't be judged.", "unjudged")


def _differences(fail_on: FailOn, diff: DiffPart) -> Iterator[Failure]:
    report = diff.report
    if "risk" in fail_on.diff and diff.risks:
        yield Failure(Part.DIFF, f"{_count(len(diff.risks), 'risk')} that nobody approved.", "risk")
    if "any" in fail_on.diff and report.differs:
        yield Failure(Part.DIFF, "The change is no pure refactoring: what is allowed differs.", "any")
    if "added" in fail_on.diff and report.opens:
        yield Failure(Part.DIFF, "The change opens connections.", "added")
    if "removed" in fail_on.diff and report.closes:
        yield Failure(Part.DIFF, "The change closes connections.", "removed")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
