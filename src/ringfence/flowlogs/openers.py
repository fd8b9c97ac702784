"""From the paths that a user names to the bytes of logs: files, directories, stdin; plain, gzip and zstd."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from ringfence.model.errors import InputError

STDIN = "-"

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"

_CHUNK = 1 << 16
_ZSTD_CHUNK = 1 << 12  # four bytes of zstd may stand for 128 KiB, so little is taken at a time


@dataclass(frozen=True, slots=True)
class Input:
    """One log to read. ``name`` is how it is shown; ``named`` tells that the user named it, and no directory of it."""

    name: str
    path: str
    named: bool = True


def find_inputs(paths: Sequence[str | os.PathLike[str]]) -> list[Input]:
    """The logs that paths stand for: each file, the files below each directory in sorted order, ``-`` for stdin.

    Files and directories that begin with a dot are left out of directories; a file that is reached twice is read once.

    Raises:
        InputError: a path doesn't exist or can't be listed, or a directory holds no file.
    """
    found: list[Input] = []
    seen: set[tuple[int, int]] = set()
    for given in paths:
        path = os.fspath(given)
        if path == STDIN:
            found.append(Input("stdin", STDIN))
            continue
        try:
            below = _below(path) if Path(path).is_dir() else [Input(path, path)]
            new = [(entry, Path(entry.path).stat() if entry.named else _status(entry.path)) for entry in below]
        except (OSError, ValueError) as error:
            raise InputError(f"{path} can't be read: {_reason(error)}.") from None
        if not new:
            raise InputError(f"{path} holds no file.")
        for entry, status in new:
            identity = status.st_dev, status.st_ino
            if identity not in seen:
                seen.add(identity)
                found.append(entry)
    return found


def _status(path: str) -> os.stat_result:
    """Of what a path leads to; of the link itself where it leads nowhere."""
    try:
        return Path(path).stat()
    except OSError:
        return Path(path).lstat()


def _below(top: str) -> list[Input]:
    found = []
    for directory, directories, files in os.walk(top, onerror=_raise):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            path = Path(directory, name)
            # A link that leads nowhere is among them: its reader says so.
            if not name.startswith(".") and (path.is_file() or (path.is_symlink() and not path.exists())):
                found.append(Input(str(path), str(path), named=False))
    return found


def _raise(error: OSError) -> None:
    raise error


class Content:
    """The bytes of a log, unpacked. ``fault`` says why they ended before their end, once they have."""

    def __init__(self, stream: BinaryIO) -> None:
        self.fault = ""
        self._head = _read(stream, 4)
        self._stream = stream
        self.packed = self._head.startswith((_GZIP, _ZSTD))
        self._chunks = self._unpacked()
        self._left = b""

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``; fewer or none only at the end."""
        data = self.peek(size)
        self._left = self._left[size:]
        return data

    def peek(self, size: int) -> bytes:
        """What :meth:`read` will give."""
        if len(self._left) >= size:
            return self._left[:size]
        parts = [self._left]
        have = len(self._left)
        while have < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        self._left = b"".join(parts)
        return self._left[:size]

    def _unpacked(self) -> Iterator[bytes]:
        if self._head.startswith(_GZIP):
            return self._inflated(lambda: zlib.decompressobj(wbits=31), _CHUNK, "gzip")
        if self._head.startswith(_ZSTD):
            return self._inflated(_zstd(), _ZSTD_CHUNK, "zstd")
        return self._plain()

    def _plain(self) -> Iterator[bytes]:
        yield self._head
        try:
            while chunk := self._stream.read(1 << 20):
                yield chunk
        except OSError as error:
            self.fault = f"reading failed: {_reason(error)}"

    def _inflated(self, make: Callable[[], _Inflater], size: int, what: str) -> Iterator[bytes]:
        """Unpacks members or frames one after the other; zeros after the last are padding."""
        inflater = make()
        data = self._head
        try:
            while True:
                if inflater.eof:
                    data = (inflater.unused_data or self._stream.read(size)).lstrip(b"\0")
                    if not data:
                        data = self._stream.read(size)
                        if not data:
                            return
                    inflater = make()
                out = inflater.decompress(data)
                if out:
                    yield out
                if not inflater.eof:
                    data = self._stream.read(size)
                    if not data:
                        self.fault = f"the {what} data ends before its end"
                        return
        except OSError as error:
            self.fault = f"reading failed: {_reason(error)}"
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("zlib", "zstandard"):
                raise
            self.fault = f"the {what} data is damaged"


class _Inflater(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _zstd() -> Callable[[], _Inflater]:
    try:
        import zstandard
    except ImportError:
        raise InputError("Reading zstd needs the extra 'flows': pip install 'ringfence[flows]'.") from None
    return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj


def open_input(source: Input, stdin: BinaryIO | None) -> BinaryIO:
    """A stream of an input's bytes as they lie there. A pipe without a writer is empty and isn't waited for.

    Raises:
        InputError: it can't be opened, or stdin is named and not there.
    """
    if source.path == STDIN:
        if stdin is None:
            raise InputError("'-' stands for stdin, and there is none.")
        return stdin
    try:
        descriptor = os.open(source.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise InputError(f"{source.name} can't be read: it is a directory.")
        os.set_blocking(descriptor, True)
        return os.fdopen(descriptor, "rb")
    except (OSError, ValueError) as error:
        raise InputError(f"{source.name} can't be read: {_reason(error)}.") from None


def _read(stream: BinaryIO, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
