"""From paths to an archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from ringfence.model.errors import InputError
from ringfence.model.finding import Finding
from ringfence.snapshot.archive import members, packed
from ringfence.snapshot.contents import Contents
from ringfence.snapshot.faithful import read_back
from ringfence.snapshot.references import records
from ringfence.sources.limits import Limits
from ringfence.sources.load import load
from ringfence.sources.references import RECORDED

FORMAT = 1
"""Raised when an older Ringfence could read an archive and get another answer."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that has been read back. ``about`` is what it says of itself, ``files`` the names of what it holds.

    ``texts`` counts the policies that are kept as they were written, ``findings`` are those of the reading.
    """

    data: bytes
    about: dict[str, Any]
    files: tuple[str, ...]
    texts: int
    findings: tuple[Finding, ...]


def make(paths: Sequence[str], *, version: str, annotations: bool = False, stdin: BinaryIO | None = None) -> Archive:
    """The archive of what ``paths`` name, read as :func:`ringfence.sources.load_snapshot` reads them.

    ``version`` is Ringfence's own. The archive depends on nothing but these and what is read: no time, no place, no
    user.

    Raises:
        InputError: nothing can be read, or nothing of it plays a part in network policy.
        UnfaithfulError: the archive would not answer as its input does; that is a bug.
    """
    contents = Contents(annotations=annotations)
    snapshot = load(paths, stdin, "<stdin>", Limits(), contents)
    contents.finish()
    kept, files = contents.kept, contents.policy_files()
    if not kept:
        raise InputError("Nothing in the input plays a part in network policy, so no archive is written.")
    kind, api_version = RECORDED
    about = {
        "apiVersion": api_version,
        "kind": kind,
        "format": FORMAT,
        "ringfence": version,
        "annotations": "kept" if annotations else "left out",
        "contents": dict(sorted(contents.counts().items())),
        "leftOut": {
            "objects": dict(sorted(contents.left_out.items())),
            "annotations": sum(each.annotations for each in kept),
        },
        "references": list(records(snapshot)),
    }
    written = members(about, contents.objects(), files, paths)
    data = packed(written)
    read_back(data, snapshot, annotations=annotations)
    texts = sum(len(file.bodies) for file in files if file.text is not None)
    return Archive(data, about, tuple(name for name, _ in written), texts, snapshot.findings)
