"""Puts a diagnosis in the order of what really happens: what is tried and denied most comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ringfence.diagnose.report import Diagnosis, Loss, Problem
from ringfence.diagnose.wording import headline


@dataclass(frozen=True, slots=True)
class SeenUse:
    """What was recorded of a connection that is cut: how often it was opened, and ``text``, a clause that says so."""

    tried: int
    text: str


Uses = Callable[[Loss], SeenUse]
"""What was recorded of a loss."""


def by_use(report: Diagnosis, uses: Uses, evidence: tuple[str, ...] = ()) -> Diagnosis:
    """The diagnosis with what is used most first, among equals of severity, and each loss with what was recorded.

    ``evidence`` are sentences about the records.
    """
    problems = [_problem(problem, uses) for problem in report.problems]
    problems.sort(key=lambda problem: (-problem[1].severity, -problem[0]))
    ordered = tuple(problem for _, problem in problems)
    told = headline(ordered, report.remarks, needs=report.needs, dns=bool(report.dns_servers))
    return replace(report, headline=told, problems=ordered, evidence=evidence)


def _problem(problem: Problem, uses: Uses) -> tuple[int, Problem]:
    found = [(uses(loss), loss) for loss in problem.losses]
    found.sort(key=lambda each: (-each[1].severity, -each[0].tried))
    losses = tuple(replace(loss, seen=use.text) for use, loss in found)
    return sum(use.tried for use, _ in found), replace(problem, losses=losses)
