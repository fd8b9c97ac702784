"""Workflow commands of GitHub Actions: lines on standard output that become annotations of a pull request.

Source: "Workflow commands for GitHub Actions" in GitHub's documentation, and the escapes of ``@actions/core``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import click

from ringfence.model.finding import Finding, Severity
from ringfence.model.origin import Position

MOST_SHOWN = 10
"""GitHub shows so many annotations of one level for each step; all of them stand in the log."""


class Level(enum.Enum):
    """How an annotation is shown, worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"

    @classmethod
    def of(cls, severity: Severity) -> Level:
        """The level for a finding of this severity."""
        return {Severity.ERROR: cls.ERROR, Severity.WARNING: cls.WARNING, Severity.NOTE: cls.NOTICE}[severity]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation. ``message`` may have several lines; without a file it belongs to the run as a whole.

    ``end_line`` is the last line that it speaks of, 0 for the line of ``position`` alone.
    """

    level: Level
    message: str
    position: Position
    title: str = ""
    end_line: int = 0

    @classmethod
    def of(cls, finding: Finding) -> Annotation:
        """The annotation for a finding: its code as title, what and why as message."""
        text = " ".join(part for part in (finding.what, finding.why, finding.hint) if part)
        title = f"{finding.code.code} {finding.code.slug}"
        return cls(Level.of(finding.severity), text, finding.origin.position, title)


def render(annotations: Iterable[Annotation]) -> str:
    """One line each, worst first: GitHub shows only the first :data:`MOST_SHOWN` of a level."""
    order = list(Level)
    ranked = sorted(annotations, key=lambda each: order.index(each.level))
    return "".join(f"{_line(each)}\n" for each in ranked)


def _line(annotation: Annotation) -> str:
    place = annotation.position
    properties: dict[str, object] = {}
    if place.file:
        properties["file"] = place.file
    if place.file and place.line:
        properties["line"] = place.line
        properties["endLine"] = max(annotation.end_line, place.line)
        if place.column and annotation.end_line <= place.line:
            properties["col"] = place.column
    if annotation.title:
        properties["title"] = annotation.title
    shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    head = f"{annotation.level.value} {shown}" if shown else annotation.level.value
    return f"::{head}::{_data(annotation.message)}"


def _data(text: str) -> str:
    return click.unstyle(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
