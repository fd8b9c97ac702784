"""The bytes of an archive: the same for the same contents, whoever makes it, wherever and whenever."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from ringfence.snapshot.contents import PolicyFile
from ringfence.snapshot.names import distinct, member_name

ABOUT: Final = "snapshot.json"
OBJECTS: Final = "objects.json"


def members(
    about: Mapping[str, Any], objects: Sequence[Mapping[str, Any]], files: Sequence[PolicyFile], paths: Sequence[str]
) -> list[tuple[str, bytes]]:
    """The files of an archive, in the order in which they must be read: that of the policies counts."""
    names = distinct(member_name(file.name, paths, text=file.text is not None) for file in files)
    return [
        (ABOUT, msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n"),
        *([(OBJECTS, listed(objects))] if objects else []),
        *(
            (name, file.text if file.text is not None else listed(file.bodies))
            for name, file in zip(names, files, strict=True)
        ),
    ]


def listed(bodies: Iterable[Mapping[str, Any]]) -> bytes:
    """Objects as a ``List``, one a line, so that two archives can be compared line by line."""
    lines = b",\n".join(msgspec.json.encode(body) for body in bodies)
    return b'{"apiVersion":"v1","kind":"List","items":[\n' + lines + b"\n]}\n"


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A gzip-compressed tar archive without times, owners or names of its own."""
    raw = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=9, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name, text in files:
            info = tarfile.TarInfo(name)
            info.size = len(text)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(text))
    return raw.getvalue()
