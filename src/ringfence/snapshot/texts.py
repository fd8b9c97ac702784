"""The text of policies that were written in YAML: as it stood, comments included, and on the lines where it stood.

So an answer about the archive names the lines of the original, and a reviewer reads what its author wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ringfence.fix.yaml_documents import EditError
from ringfence.fix.yaml_text import edit_document
from ringfence.model.codes import DUPLICATE_KEY
from ringfence.model.finding import Finding
from ringfence.model.patch import Edit, apply_edits
from ringfence.sources.limits import Limits
from ringfence.sources.positions import YamlSource
from ringfence.sources.yaml_builder import YamlBuilder
from ringfence.sources.yaml_reader import chunks, read_yaml


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it was read, what is taken out of it, and the line of the text on which it begins."""

    body: dict[str, Any]
    edits: tuple[Edit, ...]
    line: int

    @property
    def kept(self) -> dict[str, Any]:
        """What is left of it."""
        return apply_edits(self.body, self.edits)


def policy_text(name: str, text: bytes, policies: Sequence[Policy]) -> bytes | None:
    """The documents of ``text`` that are these policies, in their order, and blank lines in place of all others.

    ``None`` where they can't be kept as text: a policy shares its document with other objects, or what is taken out
    of it can't be taken out of its text.
    """
    kept: list[bytes] = []
    written = line = found = 0
    for chunk in chunks(text):
        length = chunk.count(b"\n")
        last = line + length + (not chunk.endswith(b"\n"))
        if found < len(policies) and policies[found].line <= last:
            document = _document(name, chunk, policies[found])
            if document is None:
                return None
            kept += [b"\n" * (line - written), document]
            written = line + document.count(b"\n")
            found += 1
        line += length
    return b"".join(kept) if found == len(policies) else None


def _document(name: str, chunk: bytes, policy: Policy) -> bytes | None:
    """The text of one policy's document, which is read again to see that it says what it must, and nothing else."""
    if _bodies(name, chunk) != [policy.body]:
        return None
    document = _without(chunk, policy.edits)
    if document is None or (policy.edits and _bodies(name, document) != [policy.kept]):
        return None
    return document if document.endswith(b"\n") else document + b"\n"


def _bodies(name: str, text: bytes) -> list[dict[str, Any]]:
    """The objects that are documents of their own; none where something else is in the text, or can't be read."""
    findings: list[Finding] = []
    items = [item for item in read_yaml(name, text, YamlBuilder(Limits()), findings) if item is not None]
    whole = all(isinstance(item.source, YamlSource) and item.source.node == 0 for item in items)
    return [item.body() for item in items] if whole and all(each.code is DUPLICATE_KEY for each in findings) else []


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
