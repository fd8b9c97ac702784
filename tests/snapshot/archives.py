"""Makes archives and looks into them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from ringfence.model.objects import Snapshot
from ringfence.snapshot import Archive, make
from ringfence.sources import load_snapshot

SECRET = "hunter2"
"""Stands wherever a test has something that must not be kept."""


def archive_of(text: str | bytes, *, annotations: bool = False) -> Archive:
    """The archive of one input on standard input."""
    data = text.encode() if isinstance(text, str) else text
    return make(["-"], version="1.2.3", annotations=annotations, stdin=io.BytesIO(data))


def files(archive: Archive) -> dict[str, str]:
    """The files of an archive, by name, in their order."""
    with tarfile.open(fileobj=io.BytesIO(archive.data)) as tar:
        return {member.name: _text(tar, member) for member in tar}


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    stream = tar.extractfile(member)
    assert stream is not None
    return stream.read().decode()


def objects(archive: Archive) -> list[dict[str, Any]]:
    """The objects that are no policies."""
    found: list[dict[str, Any]] = json.loads(files(archive)["objects.json"])["items"]
    return found


def texts(archive: Archive) -> list[str]:
    """What the archive's records say in place of texts."""
    return [record["text"] for record in archive.about["references"]]


def loaded(archive: Archive) -> Snapshot:
    """What other commands see in the archive."""
    return load_snapshot(["-"], stdin=io.BytesIO(archive.data), stdin_name="a.tar.gz")


def write(directory: Path, **named: str) -> str:
    """Writes files, and returns the directory as an argument."""
    for name, text in named.items():
        path = directory / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(directory)
