"""One YAML document as it is handed on, and what is wrong with one that can't be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ringfence.model.codes import NOT_PARSABLE
from ringfence.model.finding import Code
from ringfence.sources.positions import PositionTable


class YamlError(Exception):
    """A document that kubectl would refuse.

    ``offset`` is the place in characters; ``code`` is another than ``NOT_PARSABLE`` where a limit is passed.
    """

    def __init__(self, problem: str, offset: int, code: Code = NOT_PARSABLE) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset
        self.code = code


@dataclass(slots=True)
class Repeat:
    """A key that a mapping has twice, at ``node`` and before at ``earlier``; or that a later merge overwrites."""

    key: str
    node: int
    earlier: int
    by_merge: bool = False


@dataclass(slots=True)
class YamlDocument:
    """One document: its JSON-like value, the places of its nodes (node 0 is the value), and its repeated keys."""

    value: Any
    table: PositionTable
    repeats: list[Repeat] = field(default_factory=list)
