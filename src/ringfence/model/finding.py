"""What is wrong with an input or a policy, said with its place. A wrong policy is a finding, never an exception."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.model.origin import UNKNOWN, ObjectRef, Origin

if TYPE_CHECKING:
    from ringfence.model.patch import Patch


class Severity(enum.IntEnum):
    """How much a finding matters; higher is worse."""

    NOTE = 0
    """Something that the reader of the answer should know; nothing is wrong."""
    WARNING = 1
    """Valid, and probably not what its author meant."""
    ERROR = 2
    """Invalid: something was left out of the analysis, or read in the safest way."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding. ``slug`` is its stable readable name, ``title`` one line for tables."""

    code: str
    slug: str
    severity: Severity
    title: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    ``what`` is one sentence that stands alone; ``why`` one sentence of why it matters, or empty; ``hint`` says what
    to write instead, or is empty. ``subject`` is the object concerned, where there is one. ``evidence`` is what was
    worked out and shows that it is so: pods that are cut, ports that they listen on; one short text each. ``patches``
    are changes that put it right, best first.
    """

    code: Code
    what: str
    origin: Origin = UNKNOWN
    subject: ObjectRef | None = None
    why: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of the finding's code."""
        return self.code.severity

    def __str__(self) -> str:
        """``file:line:column: RF001 error: what hint``."""
        place = str(self.origin.position)
        text = f"{self.code.code} {self.severity}: {self.what}"
        if self.hint:
            text += f" {self.hint}"
        return f"{place}: {text}" if place else text
