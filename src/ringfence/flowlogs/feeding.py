"""Gives the lines of one input to the reader of its format."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.flowlogs.detect import Detected
from ringfence.flowlogs.format import BlockReader
from ringfence.flowlogs.lines import MAX_LINE
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.writers import writer_of
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

_BOM = b"\xef\xbb\xbf"


class Feed:
    """Unwraps lines and gives them to a reader, with their places. Each input, or part of one, has its own."""

    def __init__(self, detected: Detected, name: str) -> None:
        self._reader = detected.format.reader()
        self._unwrapper = detected.unwrapper.fresh() if detected.unwrapper is not None else None
        self._blocks = self._reader if self._unwrapper is None and isinstance(self._reader, BlockReader) else None
        self._name = name
        self._writer = writer_of(name)
        self._began: int | None = None

    def block(self, data: bytes, first: int, into: Reduction) -> int:
        """Reads lines, each with its newline, the first of which has the number ``first``; says how many they are.

        Not all may be in ``into`` before :meth:`settle` or :meth:`end`.
        """
        if self._blocks is None:
            lines = data.split(b"\n")
            lines.pop()
            self.lines(lines, first, into)
            return len(lines)
        into.writer = self._writer
        number = self._blocks.block(data.removeprefix(_BOM) if first == 1 else data, self._name, first, into)
        into.lines += number
        return number

    def settle(self) -> None:
        """Has all in the reductions that blocks were read into."""
        if self._blocks is not None:
            self._blocks.settle()

    def lines(self, lines: Sequence[bytes], first: int, into: Reduction) -> None:
        """Reads lines, the first of which has the number ``first``."""
        into.lines += len(lines)
        if first == 1 and lines and lines[0].startswith(_BOM):
            lines = [lines[0].removeprefix(_BOM), *lines[1:]]
        reader, into.writer = self._reader, self._writer
        for number, line in enumerate(lines, first):
            if line.endswith(b"\r"):
                line = line[:-1]
            at = number
            if self._unwrapper is not None:
                inner = self._unwrapper.line(line)
                if inner is None:
                    self._began = self._began or number
                    continue
                line = inner
                at, self._began = self._began or number, None
                into.writer = self._unwrapper.writer or self._writer
            if line:
                reader.line(line, Position(self._name, at), into)

    def last(self, line: bytes, number: int, into: Reduction) -> bool:
        """Reads a last line that has no newline; False if the input ends within it, which is a loss."""
        if not line:
            return True
        attempt = Reduction()
        self.lines([line], number, attempt)
        if attempt.losses and not attempt.flows_read:
            where = Position(self._name, number)
            into.lose(Loss(LossKind.TRUNCATED, "The input ends within a line.", 1, where=where))
            into.lines += 1
            return False
        into.merge(attempt)
        return True

    def whole(self, document: bytes, lines: int, into: Reduction) -> None:
        """Reads an input that is one document."""
        into.lines += lines
        into.writer = self._writer
        if document.strip():
            self._reader.line(document.removeprefix(_BOM), Position(self._name, 1), into)

    def too_long(self, numbers: Sequence[int], into: Reduction) -> None:
        """Notes lines that were skipped for their length."""
        for number in numbers:
            into.unreadable(f"Lines of more than {MAX_LINE >> 20} MiB are not read.", Position(self._name, number))

    def end(self, into: Reduction) -> None:
        """The input has ended."""
        if self._unwrapper is not None and self._unwrapper.pending:
            where = Position(self._name, self._began or 0)
            into.lose(
                Loss(LossKind.TRUNCATED, "The input ends within a line that the runtime has split.", 1, where=where)
            )
        self._reader.end(into)
