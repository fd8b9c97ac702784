"""Checks in the Test Anything Protocol, version 14 (testanything.org/tap-version-14-specification.html)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import click

from ringfence.render.testcase import Status, TestCase

_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
"""What JSON may hold as it is and YAML reads as a line's end, or not at all."""


def render(cases: Iterable[TestCase]) -> str:
    """The whole stream. What is known of a failure follows its line as a YAML block, values quoted as in JSON."""
    every = list(cases)
    lines = ["TAP version 14", f"1..{len(every)}"]
    for number, case in enumerate(every, 1):
        word = "not ok" if case.status is Status.FAILED else "ok"
        line = f"{word} {number} - {_escaped(f'{case.suite}: {case.name}' if case.suite else case.name)}"
        if case.status is Status.SKIPPED:
            line += f" # SKIP {_escaped(case.message)}".rstrip()
        lines.append(line)
        if case.status is Status.FAILED:
            lines.extend(_block(case))
    return "\n".join(lines) + "\n"


def _block(case: TestCase) -> list[str]:
    fields: dict[str, object] = {"message": case.message, "kind": case.kind}
    if case.position.file:
        fields["file"] = case.position.file
    if case.position.line:
        fields["line"] = case.position.line
    fields["details"] = case.details
    shown = [f"  {key}: {_quoted(value)}" for key, value in fields.items() if value]
    return ["  ---", *shown, "  ..."]


def _quoted(value: object) -> str:
    text = json.dumps(click.unstyle(value) if isinstance(value, str) else value, ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(text: str) -> str:
    """A description is one line, in which a hash would begin a directive."""
    return " ".join(click.unstyle(text).split()).replace("\\", "\\\\").replace("#", "\\#")
