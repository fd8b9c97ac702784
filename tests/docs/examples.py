"""Examples in the documents: what a ``console`` block says is typed and printed.

A block is a terminal session in the repository's root. A line that begins with ``$ `` is typed, and goes on in the
next line after a backslash; the lines that follow are what it prints on standard output. A line of three dots stands
for any lines, three dots in a line for anything. ``$ echo $?`` shows the exit status of the command before it, and is
needed after a command that ends with a status other than 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.paths import ROOT, pages, shell

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL)
STATUS = "echo $?"


@dataclass(frozen=True, slots=True)
class Step:
    """One command and the lines that it prints."""

    command: str
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A session in a page. ``line`` is that of its fence, 1 for the first."""

    path: Path
    line: int
    steps: tuple[Step, ...] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def parse_steps(body: str) -> tuple[Step, ...]:
    """The commands of a block.

    Raises:
        ValueError: the block begins with output.
    """
    steps: list[Step] = []
    lines = iter(body.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line.removeprefix("$ ")
            while command.endswith("\\"):
                command = command.removesuffix("\\") + next(lines).lstrip()
            steps.append(Step(command, ()))
        elif not steps:
            raise ValueError(f"a console block begins with a command, not with {line!r}")
        else:
            steps[-1] = Step(steps[-1].command, (*steps[-1].output, line.rstrip()))
    return tuple(steps)


def examples() -> Iterator[Example]:
    """Every ``console`` block of every page."""
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match["language"] == "console":
                indent = match["indent"]
                body = "\n".join(line.removeprefix(indent) for line in match["body"].splitlines())
                yield Example(path, text.count("\n", 0, match.start()) + 1, parse_steps(body))


def matches(expected: tuple[str, ...], printed: str) -> bool:
    """Whether the text that was printed is the one that the page shows, dots standing for what they stand for."""
    pattern = ""
    for line in trim(expected):
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("...")) + "\n"
    actual = "".join(line + "\n" for line in trim(tuple(line.rstrip() for line in printed.splitlines())))
    return re.fullmatch(pattern, actual) is not None


def trim(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines without empty ones at either end."""
    kept = list(lines)
    while kept and not kept[0]:
        del kept[0]
    while kept and not kept[-1]:
        del kept[-1]
    return tuple(kept)


def rewrite(path: Path) -> None:
    """Put what the commands print today into a page, where it differs from what the page shows.

    What comes out must be read and checked by hand: it is what the tool says, not what is right.
    """

    def renewed(match: re.Match[str]) -> str:
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["body"].splitlines(keepends=True))
        if match["language"] != "console":
            return match[0]
        status = 0
        for step in parse_steps(body):
            if step.command == STATUS:
                printed = f"{status}\n"
            else:
                result = shell(step.command)
                status, printed = result.returncode, "\n".join(trim(tuple(result.stdout.splitlines()))) + "\n"
            if not matches(step.output, printed):
                head, command, rest = _at_command(body, step)
                body = head + command + printed + rest
        fence, end = match[0].split("\n", 1)[0], f"{indent}```"
        return fence + "\n" + "".join(indent + line for line in body.splitlines(keepends=True)) + end

    path.write_text(FENCE.sub(renewed, path.read_text(encoding="utf-8")), encoding="utf-8")


def _at_command(body: str, step: Step) -> tuple[str, str, str]:
    """A block's text before a command, the command's lines, and the text after its output."""
    lines = body.splitlines(keepends=True)
    start = 0
    while parse_steps("".join(lines[start:]))[0] != step:
        start = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("$ "))
    stop = start + 1
    while lines[stop - 1].rstrip("\n").endswith("\\"):
        stop += 1
    after = next((i for i in range(stop, len(lines)) if lines[i].startswith("$ ")), len(lines))
    return "".join(lines[:start]), "".join(lines[start:stop]), "".join(lines[after:])


if __name__ == "__main__":
    for page in pages():
        rewrite(page)
