"""What a reader of one log format offers. One module a format; ``registry`` lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ringfence.flowlogs.reduction import Reduction
from ringfence.model.origin import Position


class LineReader(Protocol):
    """Reads the lines of one input, in order.

    It may remember earlier lines: a header, a record that the next one completes.
    """

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        """Reads one line, without its newline and unwrapped of CRI, fluent-bit and journald.

        It never raises for what the line says: what can't be read becomes a loss at ``where``.
        """

    def end(self, into: Reduction) -> None:
        """The input has ended, or pauses: what was remembered and isn't complete becomes a loss."""


@runtime_checkable
class BlockReader(LineReader, Protocol):
    """A reader that is faster when it is given many lines at once."""

    def block(self, data: bytes, file: str, first: int, into: Reduction) -> int:
        """Reads lines that stand one after the other, each with its newline, the first at number ``first``.

        Some may be empty. Says how many they are. What they come to may be in ``into`` only once they are settled, by
        the end of the input or by :meth:`settle`.
        """

    def settle(self) -> None:
        """Has all in the reductions that blocks were read into."""


@dataclass(frozen=True, slots=True)
class Format:
    """A log format. ``name`` is what ``--format`` takes and answers print; ``title`` is for people.

    ``recognises`` is given up to 50 unwrapped lines from the beginning of an input that aren't empty, and says which
    share of them (0.0 to 1.0) is certainly of this format; lines of over 64 KiB are cut there. ``whole`` formats are
    one document (a Loki response): their reader is given all of the input as one line. ``independent`` tells that each
    line stands for itself, so that several processes may read parts of one file. ``header`` tells that the first line
    says how to read the others.
    """

    name: str
    title: str
    recognises: Callable[[Sequence[bytes]], float]
    reader: Callable[[], LineReader]
    whole: bool = False
    independent: bool = False
    header: bool = False
