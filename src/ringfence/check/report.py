"""What a check found: lint, tests and the difference to the base, what was left out, and why it fails."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ringfence.check.baseline import BaselineEntry
from ringfence.check.config import Approval, Config
from ringfence.check.repository import Base
from ringfence.diff import DiffReport, Risk
from ringfence.lint.fixes import LintFix
from ringfence.lint.registry import LintRule
from ringfence.lint.suppressions import Suppression
from ringfence.model.finding import Code, Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.model.origin import Position
from ringfence.replay import ReplayReport
from ringfence.testing.report import Result

_FIRST_LINT_CODE = "RF2"


class Part(enum.Enum):
    """The parts of a check, in the order in which they are told."""

    DIFF = "diff"
    FLOWS = "flows"
    TESTS = "tests"
    SCHEMA = "schema"
    LINT = "lint"

    def __str__(self) -> str:
        return self.value


class State(enum.Enum):
    """How a finding stands to what was there before (SARIF 2.1.0, §3.27.24 baselineState)."""

    NEW = "new"
    """It wasn't there before, or nothing says what was."""
    UNCHANGED = "unchanged"
    """It is in the baseline file, or the base has it, too."""
    FIXED = "absent"
    """The base has it, and the work tree hasn't."""

    def __str__(self) -> str:
        return self.value


def part_of(code: Code) -> Part:
    """Reading and validity (RF0, RF1) are the schema part; what policies do is lint."""
    return Part.SCHEMA if code.code < _FIRST_LINT_CODE else Part.LINT


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding with its lasting name. ``known`` tells that the baseline file lists it: it fails nothing.

    ``fix`` puts it right, where that was asked for and there is one.
    """

    finding: Finding
    fingerprint: str
    state: State = State.NEW
    known: bool = False
    fix: LintFix | None = None

    @property
    def part(self) -> Part:
        """The part of the check that it belongs to."""
        return part_of(self.finding.code)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A finding that an annotation of its object suppresses."""

    finding: Finding
    fingerprint: str
    suppression: Suppression


@dataclass(frozen=True, slots=True)
class LintPart:
    """Schema and lint. ``findings`` are all, worst first; ``severity`` is the least that is shown.

    ``fixed`` are those of the base that are gone. ``stale`` are entries of the baseline file that nothing matches any
    more. ``compared`` tells that a base or a baseline file says what was there before.
    """

    findings: tuple[Checked, ...]
    suppressed: tuple[SetAside, ...]
    fixed: tuple[Checked, ...]
    stale: tuple[BaselineEntry, ...]
    rules: tuple[LintRule, ...]
    idle: tuple[LintRule, ...]
    severity: Severity
    compared: bool

    @property
    def shown(self) -> tuple[Checked, ...]:
        """The findings to show: those that the baseline file doesn't list, of the severity asked for."""
        return tuple(each for each in self.findings if not each.known and each.finding.severity >= self.severity)

    @property
    def known(self) -> tuple[Checked, ...]:
        """The findings that the baseline file lists."""
        return tuple(each for each in self.findings if each.known)


@dataclass(frozen=True, slots=True)
class ApprovedRisk:
    """A risk that the configuration expects."""

    risk: Risk
    approval: Approval


@dataclass(frozen=True, slots=True)
class StaleApproval:
    """An approval that approves nothing; ``why`` is a clause: its day has passed, or there is no such risk."""

    approval: Approval
    why: str


@dataclass(frozen=True, slots=True)
class DiffPart:
    """What the change opens and closes. ``risks`` are those that nobody approved."""

    report: DiffReport
    risks: tuple[Risk, ...]
    approved: tuple[ApprovedRisk, ...] = ()
    stale: tuple[StaleApproval, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowsPart:
    """Recorded traffic under the policies of the work tree."""

    report: ReplayReport


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """One policy test.

    ``passed_before`` is ``None`` where the test passed, where there is no base, or where the base can't be asked.
    """

    __test__ = False  # no test of pytest's

    result: Result
    passed_before: bool | None = None

    @property
    def suite(self) -> str:
        """The name of its suite."""
        return self.result.planned.suite.name

    @property
    def name(self) -> str:
        """What it promises."""
        return self.result.planned.case.name

    @property
    def passed(self) -> bool:
        """True where the promise holds."""
        return self.result.passed

    @property
    def position(self) -> Position:
        """Where it is written."""
        return self.result.planned.case.origin.position

    @property
    def broken(self) -> bool:
        """True where the base kept the promise and the work tree doesn't."""
        return not self.passed and self.passed_before is True


@dataclass(frozen=True, slots=True)
class TestsPart:
    """Every policy test, in the order of the suites."""

    __test__ = False  # no test of pytest's

    outcomes: tuple[TestOutcome, ...]

    @property
    def failed(self) -> tuple[TestOutcome, ...]:
        """Those that failed, the ones that this change breaks first."""
        return tuple(sorted((each for each in self.outcomes if not each.passed), key=lambda each: not each.broken))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A part that was not checked, and why: a clause."""

    part: Part
    why: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the check fails: a sentence. ``kind`` is the word of ``failOn`` behind it, such as ``risk``."""

    part: Part
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The whole answer. ``snapshot`` is what was checked; ``notes`` are sentences about how.

    ``root`` is the directory that a forge shows paths from: the root of the repository, where there is one.
    """

    config: Config
    snapshot: Snapshot
    base: Base | None
    lint: LintPart
    tests: TestsPart | None
    diff: DiffPart | None
    left_out: tuple[LeftOut, ...]
    failures: tuple[Failure, ...]
    notes: tuple[str, ...] = ()
    root: str = ""
    flows: FlowsPart | None = None

    @property
    def failed(self) -> bool:
        """True where the check fails."""
        return bool(self.failures)
