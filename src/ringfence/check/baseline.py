"""The file of findings that were there before anybody looked: they are shown as known, and fail nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ringfence.check.config import API_VERSION
from ringfence.model.errors import InputError
from ringfence.sources.inputs import reason, shown

KIND = "Baseline"


class BaselineEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One known finding. Only the fingerprint is compared; the rest tells a reader what it is."""

    fingerprint: str
    code: str
    object: str
    what: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    api_version: str
    kind: str
    findings: list[BaselineEntry]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of a baseline file; ``file`` is how its path is shown."""

    file: str
    entries: tuple[BaselineEntry, ...] = ()


def read_baseline(path: str) -> Baseline:
    """The baseline in a file.

    Raises:
        InputError: the file isn't there, or is no baseline.
    """
    try:
        found = msgspec.json.decode(Path(path).read_bytes(), type=_File)
    except OSError as error:
        remedy = " Write it with ringfence check --write-baseline." if isinstance(error, FileNotFoundError) else ""
        raise InputError(f"{shown(path)} can't be read: {reason(error)}.{remedy}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{shown(path)} is no baseline file: {error}.") from None
    if (found.api_version, found.kind) != (API_VERSION, KIND):
        raise InputError(f"{shown(path)} is no baseline file: it is {found.api_version} {found.kind}.")
    return Baseline(shown(path), tuple(found.findings))


def write_baseline(path: str, entries: Iterable[BaselineEntry]) -> None:
    """Writes a baseline, one finding a line, in an order that doesn't change.

    Raises:
        InputError: the file can't be written.
    """
    ordered = sorted(entries, key=lambda entry: (entry.object, entry.code, entry.fingerprint))
    rows = ",\n".join(f"    {json.dumps(msgspec.to_builtins(entry), ensure_ascii=False)}" for entry in ordered)
    text = f'{{\n  "apiVersion": "{API_VERSION}",\n  "kind": "{KIND}",\n  "findings": [\n{rows}\n  ]\n}}\n'
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{shown(path)} can't be written: {reason(error)}.") from None
