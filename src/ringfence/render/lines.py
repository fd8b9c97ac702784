"""Lines of text with a place at the right: ``file:line`` of all lines of a block stand in one column."""

from __future__ import annotations

from dataclasses import dataclass

import click

from ringfence.model.origin import Origin
from ringfence.model.ports import ALL_PORTS, PortSet

_WIDEST = 88
"""A line longer than this takes its place on the same line, two spaces on: one long line shouldn't push all others."""


@dataclass(frozen=True, slots=True)
class Line:
    """``text`` may carry colours; ``place`` is empty where nothing is pointed at."""

    text: str = ""
    place: str = ""


def layout(lines: list[Line]) -> list[str]:
    """The lines with their places aligned."""
    widths = [len(click.unstyle(line.text)) for line in lines]
    column = max(
        (width for width, line in zip(widths, lines, strict=True) if line.place and width <= _WIDEST), default=0
    )
    return [
        f"{line.text}{' ' * max(column - width, 0)}  {click.style(line.place, dim=True)}" if line.place else line.text
        for line, width in zip(lines, widths, strict=True)
    ]


def place(origin: Origin) -> str:
    """``file:line``, or the file and the path in it; empty for a value from nowhere."""
    return str(origin) if origin.position.file else ""


def good(text: str) -> str:
    """In the colour of what is allowed."""
    return click.style(text, fg="green", bold=True)


def bad(text: str) -> str:
    """In the colour of what is denied."""
    return click.style(text, fg="red", bold=True)


def careful(text: str) -> str:
    """In the colour of what needs a second look."""
    return click.style(text, fg="yellow", bold=True)


def bold(text: str) -> str:
    """Emphasised."""
    return click.style(text, bold=True)


def count(number: int, noun: str) -> str:
    """``1 rule``, ``2 rules``, ``2,000 policies``."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun}"


def ports(value: PortSet) -> str:
    """Ports for a table: ``TCP 80, 443; UDP 53``."""
    if value == ALL_PORTS:
        return "all ports"
    return (
        str(value).replace(",", ", ").replace(" UDP ", "; UDP ").replace(" SCTP ", "; SCTP ").replace(" ICMP", "; ICMP")
    )
