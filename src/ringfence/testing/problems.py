"""What is wrong with a suite: told all at once, and never a test that passes."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.model.errors import InputError
from ringfence.model.finding import Finding


class BadSuiteError(InputError):
    """Tests that can't be run: a document that can't be read, or an end that names nothing in the cluster.

    ``findings`` are all the problems; the message has a line for each, ``file:line:column: what``.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        ordered = sorted(findings, key=_place)
        number = len(ordered)
        head = "There is a problem" if number == 1 else f"There are {number} problems"
        lines = [f"{head} with the policy tests, so none was run:", *(f"  {_line(finding)}" for finding in ordered)]
        super().__init__("\n".join(lines), tuple(ordered))


def _place(finding: Finding) -> tuple[str, int, int]:
    position = finding.origin.position
    return position.file, position.line, position.column


def _line(finding: Finding) -> str:
    position = finding.origin.position
    place = str(position) if position.line else str(finding.origin)
    text = " ".join(part for part in (finding.what, finding.hint) if part)
    return f"{place}: {text}" if place else text
