"""Places as a forge shows them: paths from the root of the repository, and only of files that are in the work tree."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ringfence.check.inputs import RENDERED
from ringfence.check.report import CheckReport
from ringfence.diff import Cause
from ringfence.model.origin import Position

NOWHERE = Position("")

_NUMBER = re.compile(r" \(\d+\)$")
"""Behind the name of a rendering, where several have the same."""


class Places:
    """Turns places of one report into those of a forge."""

    def __init__(self, report: CheckReport) -> None:
        self._root = Path(report.root or Path.cwd()).resolve()
        self._config = report.config
        self._rendered = {f"{RENDERED}/{each.name}": each.at for each in reversed(report.config.render)}
        self._known: dict[str, str] = {}

    @property
    def config(self) -> Position:
        """The configuration file: where a tool is pointed to that needs a place and there is none better."""
        return Position(self._path(self._config.file) or self._config.file, 1)

    def of(self, position: Position) -> Position:
        """The place from the root; for what a program printed, the entry that runs it; else :data:`NOWHERE`."""
        path = self._path(position.file)
        if path:
            return Position(path, position.line, position.column)
        printed = self._rendered.get(_NUMBER.sub("", position.file.removesuffix(".yaml")))
        if printed is not None:
            return Position(self._path(printed.file), printed.line, printed.column)
        return NOWHERE

    def of_cause(self, cause: Cause) -> Position:
        """Where a reader of the work tree looks; a policy that is gone stands nowhere in it."""
        return self.of(cause.place.position)

    def _path(self, file: str) -> str:
        """The path from the root, with slashes; empty for what is no file below it."""
        if file not in self._known:
            self._known[file] = self._found(file)
        return self._known[file]

    def _found(self, file: str) -> str:
        if not file or not Path(file).is_file():
            return ""
        path = os.path.relpath(Path(file).resolve(), self._root)
        return "" if path.startswith("..") else Path(path).as_posix()
