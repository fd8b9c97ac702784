"""From one file or stream to texts: bounded reading, decompression, and archives that are never unpacked to disk."""

from __future__ import annotations

import io
import os
import stat
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

from ringfence.model.codes import NOT_PARSABLE, TOO_LARGE, UNREADABLE
from ringfence.model.finding import Code, Finding
from ringfence.model.origin import Origin, Position
from ringfence.sources.inputs import ENDINGS, shown
from ringfence.sources.limits import Limits

if TYPE_CHECKING:  # costs more to start than a few manifests to read
    import tarfile

_HEAD: Final = 1 << 16
_CHUNK: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BROKEN: Final = (OSError, EOFError, zlib.error, ValueError, RecursionError)
"""What the standard library raises for damaged archives, besides ``tarfile.TarError``; a chain of extended headers
exhausts the stack."""


class Stream(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes; all that is left by default."""


class ContentError(Exception):
    """A text can't be had; ``code`` says why."""

    def __init__(self, what: str, code: Code) -> None:
        super().__init__(what)
        self.what = what
        self.code = code

    def finding(self, name: str) -> Finding:
        """The finding that says so."""
        return Finding(self.code, self.what, Origin(Position(name)))


class _UnpackedError(ContentError):
    """An archive unpacks to more than is read."""


class _Counted(io.BufferedIOBase):
    """A stream that refuses to give more than ``limit`` bytes."""

    def __init__(self, inner: Stream, name: str, limit: int) -> None:
        self._inner = inner
        self._left = limit
        self._name = name
        self._limit = limit

    def read(self, size: int | None = -1, /) -> bytes:
        size = -1 if size is None else size
        data = self._inner.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            what = f"{self._name} unpacks to more than {_size(self._limit)}; the rest is not read."
            raise _UnpackedError(what, TOO_LARGE)
        return data


class _Rejoined(io.BufferedIOBase):
    """A stream of which the beginning has been read already."""

    def __init__(self, head: bytes, inner: Stream) -> None:
        self._head = head
        self._inner = inner

    def read(self, size: int | None = -1, /) -> bytes:
        size = -1 if size is None else size
        if not self._head:
            return self._inner.read(size)
        if size < 0:
            data, self._head = self._head + self._inner.read(), b""
            return data
        data, self._head = self._head[:size], self._head[size:]
        return data


def texts(stream: Stream, name: str, limits: Limits, findings: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """Name and text of what a stream holds: one, or each manifest of an archive. UTF-8, without a byte order mark.

    What an archive holds and can't be read becomes a finding.

    Raises:
        ContentError: the stream itself can't be read.
    """
    try:
        head = _head(stream)
        if head.startswith(_GZIP):
            import gzip

            packed = gzip.GzipFile(fileobj=_Rejoined(head, stream))
            head = _head(packed)
            if _is_tar(head):
                yield from _archive(head, packed, name, limits, findings)
                return
            yield name, _text(head, _Rejoined(head, packed), name, None, limits)
        elif _is_tar(head):
            yield from _archive(head, stream, name, limits, findings)
        else:
            yield name, _text(head, _again(head, stream), name, _regular_size(stream), limits)
    except _BROKEN as error:
        detail = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
        raise ContentError(f"{name} can't be read: {detail or 'it is damaged'}.", UNREADABLE) from None


def _head(stream: Stream) -> bytes:
    head = b""
    while len(head) < _HEAD:
        data = stream.read(_HEAD - len(head))
        if not data:
            break
        head += data
    return head


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _regular_size(stream: Stream) -> int | None:
    """How long a regular file says it is; ``None`` for anything else."""
    if not isinstance(stream, io.IOBase):
        return None
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # a stream in memory has no descriptor
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _again(head: bytes, stream: Stream) -> Stream:
    """The stream from where it began, after ``head`` was read from it."""
    if isinstance(stream, io.IOBase) and stream.seekable():
        stream.seek(-len(head), os.SEEK_CUR)
        return stream
    return _Rejoined(head, stream)


def _text(head: bytes, stream: Stream, name: str, size: int | None, limits: Limits) -> bytes:
    """All of ``stream``, a text that begins with ``head``; ``size`` is how long it says it is, where it says so."""
    if head.startswith(_UTF16):
        raise ContentError(f"{name} is UTF-16 text; save it as UTF-8.", NOT_PARSABLE)
    if b"\0" in head:
        raise ContentError(f"{name} is not text.", NOT_PARSABLE)
    json = head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith((b"{", b"["))
    limit = limits.json_bytes if json else limits.yaml_bytes
    too_large = ContentError(f"{name} is larger than {_size(limit)}, the most that is read of one file.", TOO_LARGE)
    if size is not None and size > limit:
        raise too_large
    parts = []
    length = 0
    while True:
        data = stream.read(size or _CHUNK)  # in one piece where the size is known: joining needs the memory twice
        if not data:
            break
        parts.append(data)
        length += len(data)
        if length > limit:
            raise too_large
    return b"".join(parts).removeprefix(_BYTE_ORDER_MARK)


def _archive(
    head: bytes, stream: Stream, name: str, limits: Limits, findings: list[Finding]
) -> Iterator[tuple[str, bytes]]:
    """The manifests of a tar archive. Member names are only shown: nothing is written, and links aren't followed."""
    import tarfile

    counted = _Counted(_Rejoined(head, stream), name, limits.archive_bytes)
    found = False
    try:
        with tarfile.open(fileobj=counted, mode="r|") as archive:
            for number, member in enumerate(archive):
                if number >= limits.archive_members:
                    what = f"{name} holds more than {limits.archive_members} files; the rest is not read."
                    problem = ContentError(what, TOO_LARGE)
                    break
                if not _is_manifest(member.name) or member.isdir():
                    continue
                label = f"{name}/{shown(member.name)}"
                text = _member(archive, member, label, limits, findings)
                if text is not None:
                    found = True
                    yield label, text
            else:
                return
    except ContentError as error:
        problem = error
    except (tarfile.TarError, *_BROKEN) as error:
        problem = ContentError(f"{name} is a damaged archive: {str(error) or 'it ends too early'}.", UNREADABLE)
    if not found:
        raise problem
    findings.append(problem.finding(name))


def _member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, label: str, limits: Limits, findings: list[Finding]
) -> bytes | None:
    """The text of one member, or ``None`` and a finding.

    Raises:
        _UnpackedError: the whole archive is too large.
    """
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        what = f"{label} is a link or a special file, and is not followed."
        findings.append(ContentError(what, UNREADABLE).finding(label))
        return None
    try:
        head = _head(content)
        return _text(head, _Rejoined(head, content), label, None, limits)
    except _UnpackedError:
        raise
    except ContentError as error:
        findings.append(error.finding(label))
        return None


def _is_manifest(member: str) -> bool:
    parts = member.split("/")
    return member.lower().endswith(ENDINGS) and not any(
        part.startswith(".") and part not in (".", "..") for part in parts
    )


def _size(limit: int) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if limit >= unit and limit % unit == 0:
            return f"{limit // unit} {name}"
    return f"{limit} bytes"
