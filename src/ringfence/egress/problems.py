"""What is wrong with a request: told all at once, and never a manifest that is made of half of it."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.model.errors import InputError
from ringfence.model.finding import Finding


class BadRequestError(InputError):
    """Requests that nothing can be made of. ``findings`` are all the problems; the message has a line for each."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        ordered = sorted(findings, key=_place)
        number = len(ordered)
        head = "There is a problem" if number == 1 else f"There are {number} problems"
        lines = [f"{head} with the egress requests, so none was used:", *(f"  {_line(each)}" for each in ordered)]
        super().__init__("\n".join(lines), tuple(ordered))


def _place(finding: Finding) -> tuple[str, int, int]:
    position = finding.origin.position
    return position.file, position.line, position.column


def _line(finding: Finding) -> str:
    position = finding.origin.position
    place = str(position) if position.line else str(finding.origin)
    text = " ".join(part for part in (finding.what, finding.hint) if part)
    return f"{place}: {text}" if place else text
