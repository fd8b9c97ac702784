"""Puts a diagnosis in the order of what really happens: what is tried and denied most comes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ringfence.diagnose.name_rules import NameRule
from ringfence.diagnose.report import Diagnosis, Loss, LossKind, Problem, Remark
from ringfence.diagnose.wording import consequence, headline

_NEEDED = (LossKind.DEPENDENCY, LossKind.WANTED, LossKind.METRICS)


@dataclass(frozen=True, slots=True)
class SeenUse:
    """What was recorded of a connection that is cut: how often it was opened, and ``text``, a clause that says so.

    ``passes`` tells that it passed when it was last seen: then it isn't cut, whatever the policies say.
    """

    tried: int
    text: str
    passes: bool = False


Uses = Callable[[Loss], SeenUse]
"""What was recorded of a loss."""


Told = Callable[[Sequence[Loss]], Sequence[Remark]]
"""Remarks about needs that the policies deny and that pass all the same."""


def by_use(
    report: Diagnosis, uses: Uses, told: Told, names: Mapping[str, NameRule], evidence: tuple[str, ...] = ()
) -> Diagnosis:
    """The diagnosis with what is used most first, among equals of severity, and each loss with what was recorded.

    What passes is no loss: it becomes a remark that records and policies disagree, by ``told``, which is also asked
    where there is none. ``names`` are the rules with names, by policy; ``evidence`` are sentences about the records.
    """
    passing: dict[Loss, None] = {}
    problems = []
    for problem in report.problems:
        found = [(uses(loss), loss) for loss in problem.losses]
        cut = [(use, loss) for use, loss in found if not use.passes or loss.partial]
        passing |= dict.fromkeys(loss for use, loss in found if use.passes and not loss.partial)
        if cut:
            problems.append(_problem(problem, cut, names if len(cut) < len(found) else None))
    problems.sort(key=lambda problem: (-problem[1].severity, -problem[0]))
    ordered = tuple(problem for _, problem in problems)
    remarks = (*told(list(passing)), *report.remarks)
    met = min(report.needs, report.needs_met + sum(loss.kind in _NEEDED for loss in passing))
    first = headline(ordered, remarks, needs=report.needs, dns=bool(report.dns_servers))
    return replace(report, headline=first, problems=ordered, remarks=remarks, needs_met=met, evidence=evidence)


def _problem(
    problem: Problem, found: list[tuple[SeenUse, Loss]], names: Mapping[str, NameRule] | None
) -> tuple[int, Problem]:
    """``names`` are given where some of the losses were none, so that what it comes to must be said anew."""
    found.sort(key=lambda each: (-each[1].severity, -each[0].tried))
    losses = tuple(replace(loss, seen=use.text) for use, loss in found)
    if names is not None:
        problem = replace(problem, severity=losses[0].severity, what=consequence(losses, names))
    return sum(use.tried for use, _ in found), replace(problem, losses=losses)
