"""Ringfence's own documents, such as policy tests: found among manifests, or in files of their own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import BinaryIO, Final

from ringfence.model.codes import DUPLICATE_KEY
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.sources.decode import plain_body
from ringfence.sources.inputs import find_sources
from ringfence.sources.items import Item
from ringfence.sources.kinds import group_of
from ringfence.sources.limits import Limits
from ringfence.sources.load import load
from ringfence.sources.policy_kinds import OWN_GROUP
from ringfence.sources.reader import Reader

_LIMITS: Final = Limits()


class Documents:
    """Collects documents of the group, or of one of the kinds whatever their group, as they are read.

    ``problems`` are about files that hold such a document, or may hold one where they can't be read: a document that is
    left out must be told of. A key that is given twice is a problem, too.
    """

    def __init__(self, kinds: Sequence[str]) -> None:
        self.objects: list[RawObject] = []
        self.problems: list[Finding] = []
        self._kinds = frozenset(kinds)
        self._marks = (OWN_GROUP.encode(), *(kind.encode() for kind in kinds))
        self._files: set[str] = set()
        self._others: set[str] = set()

    def begin(self, name: str, text: bytes) -> None:
        """A text begins; one that doesn't name the group or a kind holds no such document."""
        if any(mark in text for mark in self._marks):
            self._files.add(name)
        else:
            self._others.add(name)

    def take(self, item: Item) -> None:
        """Keeps the object if it is one that is looked for."""
        if item.kind not in self._kinds and group_of(item.api_version) != OWN_GROUP:
            return
        body = plain_body(item, self.problems)
        if body is None:
            return
        metadata = body.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        ref = ObjectRef(item.kind, name if isinstance(name, str) else "", "", item.api_version)
        self.objects.append(RawObject(ref, body, item.source))

    def heed(self, findings: Sequence[Finding], *, unread: bool = False) -> None:
        """Keeps the findings about the files of interest; with ``unread``, also those about files not read at all."""
        for finding in findings:
            file = finding.origin.position.file
            if finding.subject is not None or not (finding.severity is Severity.ERROR or finding.code is DUPLICATE_KEY):
                continue
            if file in self._files or (unread and file not in self._others):
                self.problems.append(finding)


def load_with_documents(
    paths: Sequence[str], kinds: Sequence[str], *, stdin: BinaryIO | None = None, stdin_name: str = "<stdin>"
) -> tuple[Snapshot, Documents]:
    """What :func:`ringfence.sources.load_snapshot` reads, and the documents among it, in one reading.

    Raises:
        InputError: as :func:`ringfence.sources.load_snapshot`.
    """
    documents = Documents(kinds)
    snapshot = load(paths, stdin, stdin_name, _LIMITS, documents)
    documents.heed(snapshot.findings)
    return snapshot, documents


def read_documents(
    paths: Sequence[str], kinds: Sequence[str], *, stdin: BinaryIO | None = None, stdin_name: str = "<stdin>"
) -> Documents:
    """The documents in these files and directories; other objects that lie there are passed over.

    Everything that was named and can't be read is among the problems.
    """
    documents = Documents(kinds)
    findings: list[Finding] = []
    reader = Reader(_LIMITS, findings, documents.take, documents.begin)
    stream = sys.stdin.buffer if stdin is None else stdin
    for sources in find_sources(list(paths), findings, stdin_name):
        for source in sources:
            before = len(findings)
            if not reader.read(source, stream) and source.named:
                documents.problems += findings[before:]
                del findings[before:]
    documents.heed(findings, unread=True)
    return documents
