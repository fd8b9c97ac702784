"""What editors suppress: kept in a file, and shown as what to write into the repository instead."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringfence.cluster import Cluster
from ringfence.fix.commands import resource
from ringfence.fix.writing import WriteError, changes
from ringfence.lint import suppression_file
from ringfence.lint.run import LintReport
from ringfence.lint.suppression_file import Kept
from ringfence.lint.suppressions import Suppression
from ringfence.model.codes import BAD_SUPPRESSION, EXPIRED_SUPPRESSION, UNUSED_SUPPRESSION
from ringfence.model.errors import InputError, QueryError
from ringfence.model.finding import Finding
from ringfence.model.objects import IGNORE_ANNOTATION, RawObject
from ringfence.model.origin import UNKNOWN, ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.server.who import Who

_LONGEST: Final = 300
_MOST: Final = 10_000
_META: Final = frozenset({BAD_SUPPRESSION, EXPIRED_SUPPRESSION, UNUSED_SUPPRESSION})


@dataclass(frozen=True, slots=True)
class Snippet:
    """What to write into the repository: the annotation, the change of the file that holds the object, a command.

    ``difference`` is empty where the object is in no file that is served.
    """

    annotation: str
    difference: str
    command: str


class Suppressions:
    """The file of suppressions. What others write into it counts from the next question on.

    Raises:
        InputError: it is there, and can't be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._kept: tuple[Kept, ...] = ()
        self.trouble = ""
        """Why the newest text of the file can't be used, and the one before still counts; empty if it can."""
        self._read()
        if self.trouble:
            raise InputError(f"--suppressions {path}: {self.trouble}")

    def kept(self) -> tuple[Kept, ...]:
        """What the file has now."""
        with self._lock:
            self._read()
            return self._kept

    def over(self, report: LintReport) -> LintReport:
        """The report less what is suppressed here."""
        return suppression_file.set_aside(report, self.kept(), today())

    def add(self, one: Suppression, who: Who) -> None:
        """Suppresses; what was said of the same code and object before is replaced.

        Raises:
            InputError: the file can't be written, or is full.
        """
        at = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
        with self._lock:
            rest = self._without(one.code, one.subject)
            if len(rest) >= _MOST:
                raise InputError(f"There are {_MOST:,} suppressions: take some back first.")
            self._write((*rest, Kept(one, who.user, at)))

    def take_back(self, code: str, about: ObjectRef) -> bool:
        """Suppresses no longer. False if it wasn't suppressed here.

        Raises:
            InputError: the file can't be written.
        """
        with self._lock:
            rest = self._without(code, about)
            if len(rest) == len(self._kept):
                return False
            self._write(rest)
            return True

    def _without(self, code: str, about: ObjectRef) -> tuple[Kept, ...]:
        self._read()
        if self.trouble:
            raise InputError(self.trouble)
        wanted = (code, str(about))
        return tuple(each for each in self._kept if (each.suppression.code, str(each.suppression.subject)) != wanted)

    def _read(self) -> None:
        try:
            found = Path(self.path).stat()
        except OSError:
            self._stamp, self._kept, self.trouble = None, (), ""
            return
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._kept, self.trouble = suppression_file.read(self.path), ""
        except InputError as error:
            self.trouble = str(error)

    def _write(self, kept: tuple[Kept, ...]) -> None:
        target = Path(self.path).resolve()
        try:
            number, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.name)
            try:
                with os.fdopen(number, "w", encoding="utf-8") as out:
                    out.write(suppression_file.write(kept))
                    out.flush()
                    os.fsync(out.fileno())
                    os.fchmod(out.fileno(), target.stat().st_mode & 0o7777 if target.exists() else 0o644)
                Path(name).replace(target)
            except OSError:
                with suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise InputError(f"{self.path} can't be written: {error.strerror or error}.") from None
        self._read()


def today() -> dt.date:
    """The day, in UTC."""
    return dt.datetime.now(tz=dt.UTC).date()


def asked(code: str, about: ObjectRef, reason: str, owner: str, until: str) -> Suppression:
    """The suppression that a form asks for, as the annotation could say it.

    Raises:
        QueryError: it can't be said so.
    """
    reason, owner = " ".join(reason.split()), " ".join(owner.split())
    if not reason:
        raise QueryError("Say why it is meant: who reads it later must see why a finding was set aside.")
    for name, text, refused in (("reason", reason, ";"), ("owner", owner, ";,()")):
        if len(text) > _LONGEST or not text.isprintable():
            raise QueryError(f"The {name} must be one line of at most {_LONGEST} characters.")
        if sign := next((each for each in refused if each in text), ""):
            raise QueryError(f"The {name} can't have a {sign!r} in it: it would end there.")
    try:
        last = dt.date.fromisoformat(until) if until else None
    except ValueError:
        raise QueryError(f"{until!r} is no date: write it as 2026-12-31.") from None
    if last is not None and last < today():
        raise QueryError(f"{last} has passed: it would suppress nothing.")
    return Suppression(code, reason, last, about, UNKNOWN, owner)


def can_be_suppressed(finding: Finding) -> bool:
    """Whether an annotation of its object can suppress it."""
    return finding.subject is not None and finding.code not in _META


def snippet(cluster: Cluster, one: Suppression) -> Snippet:
    """What to write into the repository for a suppression."""
    terms = [f"owner {one.owner}"] if one.owner else []
    terms += [f"until {one.until}"] if one.until is not None else []
    entry = f"{one.code}: {one.reason}" + (f" ({', '.join(terms)})" if terms else "")
    raw = _raw(cluster, one.subject)
    earlier = _annotations(raw).get(IGNORE_ANNOTATION, "") if raw is not None else ""
    text = f"{earlier.rstrip('; ')}; {entry}" if isinstance(earlier, str) and earlier.strip() else entry
    ref = raw.ref if raw is not None else one.subject
    where = f" -n {shlex.quote(ref.namespace)}" if ref.namespace else ""
    annotation = shlex.quote(f"{IGNORE_ANNOTATION}={text}")
    command = f"kubectl annotate --overwrite {resource(ref)} {shlex.quote(ref.name)}{where} {annotation}"
    return Snippet(text, _difference(cluster, raw, text) if raw is not None else "", command)


def _difference(cluster: Cluster, raw: RawObject, text: str) -> str:
    metadata = raw.body.get("metadata")
    has_any = isinstance(metadata, dict) and isinstance(metadata.get("annotations"), dict)
    path = ("metadata", "annotations")
    edit = (
        Edit(EditOp.REPLACE if IGNORE_ANNOTATION in _annotations(raw) else EditOp.ADD, (*path, IGNORE_ANNOTATION), text)
        if has_any
        else Edit(EditOp.ADD, path, {IGNORE_ANNOTATION: text})
    )
    try:
        patch = Patch("Suppress it", raw.ref, (edit,), origin=raw.origin("metadata"))
        return "".join(change.difference() for change in changes((patch,), cluster.snapshot))
    except WriteError:
        return ""


def _raw(cluster: Cluster, about: ObjectRef) -> RawObject | None:
    return next((raw for raw in cluster.snapshot.policies if str(raw.ref) == str(about)), None)


def _annotations(raw: RawObject) -> dict[str, Any]:
    metadata = raw.body.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
