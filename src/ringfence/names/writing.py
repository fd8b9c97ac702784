"""Adds records to a file: what it has is kept, and each address of a name has one line."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ringfence.model.errors import InputError
from ringfence.model.names import NameRecord
from ringfence.names.lines import format_line
from ringfence.names.merging import merge
from ringfence.names.reading import read_records


def add_records(path: str, records: Sequence[NameRecord]) -> tuple[NameRecord, ...]:
    """Merges records into a file, which is made if need be; all that it then has.

    The file is replaced as a whole, so that it is never half written. Its comments go to its top.

    Raises:
        InputError: the file has a line that is no record, or can't be read or written.
    """
    known, comments = _read(path)
    merged = merge(known, records)
    lines = [*comments, *map(format_line, merged)]
    try:
        _replace(Path(path), b"".join(line + b"\n" for line in lines))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.") from None
    return merged


def known_records(path: str) -> tuple[NameRecord, ...]:
    """The records of a file that is to be added to; none where it isn't there yet.

    Raises:
        InputError: the file has a line that is no record, can't be read, is a device or a pipe, or its directory is
            not there.
    """
    parent = Path(path).parent
    if not parent.is_dir():
        raise InputError(f"{path}: There is no directory {parent}.")
    if Path(path).exists() and not Path(path).is_file():  # it is replaced in the end, and a device must not be
        raise InputError(f"{path} is no regular file, so records can't be added to it.")
    return _read(path)[0]


def _read(path: str) -> tuple[tuple[NameRecord, ...], list[bytes]]:
    try:
        with Path(path).open("rb") as stream:
            records = read_records(stream, path)
            stream.seek(0)
            return records, [line.rstrip() for line in stream if line.lstrip().startswith(b"#")]
    except FileNotFoundError:
        return (), []
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.") from None


def _replace(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(data)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
