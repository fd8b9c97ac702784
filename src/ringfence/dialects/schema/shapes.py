"""What the value of a field may be. The tables of APIs are made of these.

They are msgspec's structs, which are made in C: every run that reads a policy starts with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field


class Anything(Struct, frozen=True):
    """Any value at all."""


ANYTHING = Anything()
READ = ANYTHING
"""A part that the dialect's reader checks."""


class Text(Struct, frozen=True):
    """A string: one of ``words``, where there are any; of ``pattern``, which ``what`` says in words."""

    words: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    what: str = ""
    longest: int = 0
    least: int = 0


class Number(Struct, frozen=True):
    """A number from ``least`` to ``most``; without a fraction where it is ``whole``."""

    least: float | None = None
    most: float | None = None
    whole: bool = True


class Flag(Struct, frozen=True):
    """True or false."""


class NumberOrName(Struct, frozen=True):
    """A whole number from ``least`` to ``most``, or a name: of a port, or of a protocol."""

    least: int = 1
    most: int = 65535


class Selector(Struct, frozen=True):
    """A label selector of Kubernetes."""


class Range(Struct, frozen=True):
    """An address range; also a plain address, where ``bare`` is true."""

    bare: bool = False


class Items(Struct, frozen=True):
    """A list of ``least`` to ``most`` items, without a limit where ``most`` is 0."""

    of: Shape
    most: int = 0
    least: int = 0


class Table(Struct, frozen=True):
    """A mapping with keys of the author's own, such as labels."""

    of: Shape


class Fields(Struct, frozen=True):
    """A mapping with these members and no others.

    ``required`` must be there. Of each group of ``one_of`` exactly one must be there, of ``at_most_one`` one or none.
    """

    members: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    at_most_one: tuple[tuple[str, ...], ...] = ()


class Within(Struct, frozen=True):
    """A mapping, or a list of mappings, that the reader checks, but for what lies in these members."""

    members: Mapping[str, Shape] = field(default_factory=dict)


Shape = Anything | Text | Number | Flag | NumberOrName | Selector | Range | Items | Table | Fields | Within

TEXT = Text()
FLAG = Flag()
PORT = Number(1, 65535)
PORT_OR_NAME = NumberOrName()
SELECTOR = Selector()
RANGE = Range()
TEXTS = Items(TEXT)
LABELS = Table(TEXT)


class Schema(Struct, frozen=True):
    """A kind: the versions that its API has had, and what the object holds besides ``metadata`` and ``status``."""

    versions: tuple[str, ...]
    members: Mapping[str, Shape]
    required: tuple[str, ...] = ("spec",)
    name: str = ""
    """The only name that an object of the kind may have, where there is one."""
