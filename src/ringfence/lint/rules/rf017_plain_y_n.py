"""A plain `y` or `n` in a policy is a boolean to kubectl.

## What it does

Finds values and keys of policies that are written `y`, `Y`, `n` or `N` without quotes. It looks into the files of the
input; of what comes from standard input, an archive or a cluster it says nothing, since that was written by a program.

## Why it matters

kubectl reads YAML 1.1, where these words are booleans. As a value the API server then refuses the policy, for it wants
a string; as a key it becomes `true` or `false`, and the selector asks for another label without a word of warning.
Ringfence reads the letter that is written.

## Example

```text
podSelector:
  matchLabels:
    critical: y
```

## Use instead

```text
podSelector:
  matchLabels:
    critical: "y"
```

## Fix safety

Safe: `--fix` puts a value in quotes, which is what Ringfence reads already. There is no automatic fix for a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import edited
from ringfence.model import patch as patches_of
from ringfence.model.codes import PLAIN_Y_N
from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject
from ringfence.model.origin import Position
from ringfence.model.patch import Edit, EditOp

_WORDS = {"y": "true", "Y": "true", "n": "false", "N": "false"}


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a word."""
    files: dict[str, list[str]] = {}
    for raw in context.snapshot.policies:
        for path, is_key in _words(raw.body, ()):
            origin = raw.origin(*path, key=is_key)
            if not _is_plain(origin.position, files):
                continue
            word = str(path[-1]) if is_key else str(_at(raw, path))
            as_key = f"it asks for the key {_WORDS[word]!r}, and not {word!r}"
            yield Finding(
                PLAIN_Y_N,
                f"{raw.ref} has a plain `{word}` as a {'key' if is_key else 'value'}, which kubectl reads as "
                f"{_WORDS[word]}.",
                origin,
                raw.ref,
                f"Applied, {as_key}." if is_key else "The API server wants a string there, and refuses the policy.",
                f'Write "{word}".',
                patches=() if is_key else (edited("Put it in quotes", raw.ref, origin, _same(path, word)),),
            )


def _same(path: patches_of.Path, word: str) -> Edit:
    """The edit that writes the same value: with quotes, as values are written that YAML would misread."""
    return Edit(EditOp.REPLACE, path, word)


def _words(node: Any, path: patches_of.Path) -> Iterator[tuple[patches_of.Path, bool]]:
    """Where one of the words stands, and whether it is a key."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _WORDS:
                yield (*path, key), True
            yield from _words(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _words(value, (*path, index))
    elif isinstance(node, str) and node in _WORDS:
        yield path, False


def _at(raw: RawObject, path: patches_of.Path) -> Any:
    value: Any = raw.body
    for step in path:
        value = value[step]
    return value


def _is_plain(position: Position, files: dict[str, list[str]]) -> bool:
    """True where the word stands at its place without quotes, in a YAML file on disk. ``files`` keeps what was read."""
    if position.file not in files:
        files[position.file] = _lines(position.file) if position.file.endswith((".yaml", ".yml")) else []
    lines = files[position.file]
    if not 0 < position.line <= len(lines) or not position.column:
        return False
    return lines[position.line - 1][position.column - 1 : position.column] in _WORDS


def _lines(file: str) -> list[str]:
    from pathlib import Path

    try:
        return Path(file).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return []
