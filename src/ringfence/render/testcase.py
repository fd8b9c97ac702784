"""One check and what came of it, as the formats for test results (:mod:`junit`, :mod:`tap`) take it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ringfence.model.origin import UNKNOWN, Position


class Status(enum.Enum):
    """What a check came to."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class TestCase:
    """One check. ``suite`` groups checks; ``name`` is unique in its suite.

    ``message`` says in one line why it failed or was skipped; ``details`` is the whole explanation, of any number of
    lines; ``kind`` a short word for tools to count by. All three are empty for a check that passed. ``position`` is
    where the check, or what it found, is written.
    """

    __test__ = False  # no test of pytest's

    suite: str
    name: str
    status: Status
    message: str = ""
    details: str = ""
    kind: str = ""
    position: Position = UNKNOWN.position
