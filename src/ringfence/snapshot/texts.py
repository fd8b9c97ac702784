"""The text of policies that were written in YAML: as it stood, comments included, and on the lines where it stood.

So an answer about the archive names the lines of the original, and a reviewer reads what its author wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringfence.fix.yaml_documents import EditError
from ringfence.fix.yaml_text import edit_document
from ringfence.model.patch import Edit, apply_edits
from ringfence.sources.items import PlainItem
from ringfence.sources.kinds import group_of
from ringfence.sources.limits import Limits
from ringfence.sources.policy_kinds import is_policy
from ringfence.sources.yaml_builder import YamlBuilder
from ringfence.sources.yaml_reader import chunks, read_yaml

Policy = tuple[dict[str, Any], tuple[Edit, ...]]
"""A policy as it was read, and what is taken out of it."""


def policy_text(name: str, text: bytes, policies: Sequence[Policy]) -> bytes | None:
    """The documents of ``text`` that are these policies, blank lines in place of all others.

    ``None`` where they can't be kept as text: a policy shares its document with other objects, the documents aren't
    these policies in this order, or what is taken out can't be taken out of the text.
    """
    kept = b""
    lines = line = found = 0
    for chunk in chunks(text):
        items = _items(name, chunk)
        if any(is_policy(group_of(item.api_version), item.kind) for item in items):
            if len(items) != 1 or found == len(policies):
                return None
            body, edits = policies[found]
            document = _without(chunk, edits) if items[0].body() == body else None
            if document is None or [item.body() for item in _items(name, document)] != [apply_edits(body, edits)]:
                return None
            if not document.endswith(b"\n"):
                document += b"\n"
            kept += b"\n" * (line - lines) + document
            lines = line + document.count(b"\n")
            found += 1
        line += chunk.count(b"\n")
    return kept if found == len(policies) else None


def _items(name: str, text: bytes) -> list[PlainItem]:
    return [item for item in read_yaml(name, text, YamlBuilder(Limits()), []) if item is not None]


def _without(chunk: bytes, edits: tuple[Edit, ...]) -> bytes | None:
    """A document after the edits, which take whole lines; what they take leaves blank lines."""
    if not edits:
        return chunk
    try:
        text = chunk.decode()
        edited = edit_document(text, 0, (), edits)
    except (EditError, UnicodeDecodeError):
        return None
    left = edited.splitlines(keepends=True)
    aligned: list[str] = []
    for line in text.splitlines(keepends=True):
        if left and left[0] == line:
            aligned.append(left.pop(0))
        else:
            aligned.append("\n")
    return None if left else "".join(aligned).encode()
