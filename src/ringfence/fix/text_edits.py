"""A patch as replacements of text in the user's files: what SARIF, editors and review tools take as a fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.fix.writing import FileChange, changes
from ringfence.model.objects import Snapshot
from ringfence.model.patch import Patch

_ROW = re.compile(r"[^\n]*\n|[^\n]+")
"""A line with its end. Not as ``str.splitlines``, which ends lines at characters that YAML and editors don't."""


@dataclass(frozen=True, slots=True)
class TextEdit:
    """The text from the start up to the end of a range in ``file``, the end not included, becomes ``text``.

    Lines and columns count from 1, columns in Unicode code points (SARIF 2.1.0, ``columnKind``), in the file as it
    is before any edit. Where start and end are the same, ``text`` is put in; an empty ``text`` takes the range away.
    A range that ends with a line ends at column 1 of the line after it, which the last line of a file may not have.
    """

    file: str
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    text: str


def text_edits(patches: Iterable[Patch], snapshot: Snapshot) -> tuple[TextEdit, ...]:
    """What writing the patches into the files of ``snapshot`` replaces, in the order of the files.

    Raises:
        WriteError: an object is in no YAML file that can be edited: it was read from JSON, or from standard input.
    """
    return tuple(edit for change in changes(patches, snapshot) for edit in edits_between(change))


def edits_between(change: FileChange) -> Iterator[TextEdit]:
    """The replacements that make the old text of a file the new one: the least of each group of changed lines."""
    old, new = _ROW.findall(change.before), _ROW.findall(change.after)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])  # comparing what is in between is slow
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag != "equal":
            yield _least(change.path, head + first, "".join(old[first:last]), "".join(new[start:end]))


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items two lists have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _least(path: str, line: int, old: str, new: str) -> TextEdit:
    """One replacement without the text that both sides begin and end with. ``line`` counts from 0."""
    lead = 0
    while lead < min(len(old), len(new)) and old[lead] == new[lead]:
        lead += 1
    tail = 0
    while tail < min(len(old), len(new)) - lead and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start = _place(line, old[:lead])
    end = _place(line, old[: len(old) - tail])
    return TextEdit(path, *start, *end, new[lead : len(new) - tail])


def _place(line: int, before: str) -> tuple[int, int]:
    """Line and column after the text ``before``, which begins a line."""
    rows = _ROW.findall(before)
    if not rows:
        return line + 1, 1
    if rows[-1].endswith("\n"):
        return line + len(rows) + 1, 1
    return line + len(rows), len(rows[-1]) + 1


def applied(text: str, edits: Iterable[TextEdit]) -> str:
    """The text of one file after its edits."""
    starts = [0]
    for row in _ROW.findall(text):
        starts.append(starts[-1] + len(row))
    for edit in sorted(edits, key=lambda each: (each.start_line, each.start_column), reverse=True):
        start = starts[edit.start_line - 1] + edit.start_column - 1
        end = starts[edit.end_line - 1] + edit.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return text
