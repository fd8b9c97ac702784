"""Where a value came from: a place in a file, and the object and field it belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an input. ``line`` and ``column`` count from 1; 0 means that the place is not known (JSON)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An API object by kind and name. ``namespace`` is empty for a cluster-scoped object."""

    kind: str
    name: str
    namespace: str = ""
    api_version: str = ""

    def __str__(self) -> str:
        """``namespace/Kind/name``, or ``Kind/name`` for a cluster-scoped object."""
        return f"{self.namespace}/{self.kind}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Origin:
    """The position of a value, and its path inside its object, such as ``spec.ingress[0].from[1]``."""

    position: Position
    path: str = ""

    def __str__(self) -> str:
        """``file:line``; a file without lines (JSON) is followed by the path."""
        if self.position.line:
            return f"{self.position.file}:{self.position.line}"
        return f"{self.position.file} {self.path}".rstrip()


UNKNOWN = Origin(Position(""))
"""For values made by hand, in tests and by the tool itself."""
