"""Suppressions in a file of their own: for objects that can't carry the annotation, and those made on a page.

.. code-block:: yaml

    apiVersion: ringfence.dev/v1
    kind: Suppressions
    suppressions:
    - code: RF203
      object: payments/NetworkPolicy/payments
      reason: fixed addresses, see NET-12
      owner: team-net
      until: "2026-12-31"
      by: ada
      at: "2026-11-23T16:00:00+00:00"

``owner``, ``until``, and who suppressed it when, ``by`` and ``at``, are optional. They mean what they mean in the
annotation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ringfence.lint import suppressions
from ringfence.lint.run import LintReport, order
from ringfence.lint.suppressions import Suppression
from ringfence.model.codes import CODES
from ringfence.model.errors import InputError
from ringfence.model.objects import RawObject
from ringfence.model.origin import ObjectRef
from ringfence.sources.documents import read_documents

KIND: Final = "Suppressions"
API_VERSION: Final = "ringfence.dev/v1"

_NEEDED: Final = ("code", "object", "reason")
_FIELDS: Final = (*_NEEDED, "owner", "until", "by", "at")
_KNOWN: Final = frozenset(code.code for code in CODES)
_PARTS: Final = (2, 3)


@dataclass(frozen=True, slots=True)
class Kept:
    """A suppression in a file. ``by`` is who made it, ``at`` when (ISO 8601); empty where that isn't told."""

    suppression: Suppression
    by: str = ""
    at: str = ""


def read(path: str) -> tuple[Kept, ...]:
    """The suppressions in a file.

    Raises:
        InputError: the file can't be read, has no suppressions, or one is wrong.
    """
    found = read_documents((path,), (KIND,))
    if found.problems:
        raise InputError("\n".join(str(each) for each in found.problems), tuple(found.problems))
    documents = [raw for raw in found.objects if (raw.ref.api_version, raw.ref.kind) == (API_VERSION, KIND)]
    if not documents:
        raise InputError(f"There is no {KIND} ({API_VERSION}) in {path}.")
    return tuple(kept for raw in documents for kept in _document(raw))


def write(kept: Iterable[Kept]) -> str:
    """The text of a file."""
    from ringfence.fix.yaml_dump import document  # linting starts without it

    entries = []
    for each in kept:
        one = each.suppression
        until = one.until.isoformat() if one.until is not None else ""
        fields = {"code": one.code, "object": str(one.subject), "reason": one.reason, "owner": one.owner}
        fields |= {"until": until, "by": each.by, "at": each.at}
        entries.append({name: value for name, value in fields.items() if value})
    return document({"apiVersion": API_VERSION, "kind": KIND, "suppressions": entries})


def subject(text: str) -> ObjectRef | None:
    """The object of ``namespace/Kind/name`` or ``Kind/name``; None for another text."""
    parts = text.split("/")
    if len(parts) not in _PARTS or not all(parts):
        return None
    return ObjectRef(parts[-2], parts[-1], parts[0] if len(parts) == max(_PARTS) else "")


def set_aside(report: LintReport, kept: Iterable[Kept], today: dt.date) -> LintReport:
    """The report less what is suppressed. A suppression that is expired, or suppresses nothing, is a finding."""
    ran = {rule.code for rule in report.rules}
    told, hidden = suppressions.apply(
        report.findings, (each.suppression for each in kept), (code.code for code in ran), today
    )
    findings = sorted((each for each in told if each.code in ran), key=order)
    return LintReport(tuple(findings), (*report.suppressed, *hidden), report.rules, report.idle)


def _document(raw: RawObject) -> Iterable[Kept]:
    listed = raw.body.get("suppressions")
    unknown = sorted(set(raw.body) - {"apiVersion", "kind", "metadata", "suppressions"})
    if unknown:
        raise _wrong(raw, (unknown[0],), f"{KIND} have no field {unknown[0]!r}")
    if not isinstance(listed, list):
        raise _wrong(raw, (), f"{KIND} need a list suppressions")
    return [_entry(raw, number, entry) for number, entry in enumerate(listed)]


def _entry(raw: RawObject, number: int, entry: Any) -> Kept:
    at = ("suppressions", number)
    if not isinstance(entry, dict):
        raise _wrong(raw, at, "this is no suppression")
    fields: dict[str, str] = {}
    for name, value in entry.items():
        if name not in _FIELDS:
            raise _wrong(raw, (*at, name), f"a suppression has no field {name!r}")
        if not isinstance(value, str) or not value.strip():
            raise _wrong(raw, (*at, name), f"{name} must be a text")
        fields[name] = value.strip()
    missing = next((name for name in _NEEDED if name not in fields), None)
    if missing is not None:
        raise _wrong(raw, at, f"the suppression has no {missing}")
    if fields["code"] not in _KNOWN:
        raise _wrong(raw, (*at, "code"), f"there is no rule {fields['code']}")
    about = subject(fields["object"])
    if about is None:
        raise _wrong(
            raw, (*at, "object"), f"{fields['object']!r} is no object: write namespace/Kind/name, or Kind/name"
        )
    try:
        until = dt.date.fromisoformat(fields["until"]) if "until" in fields else None
    except ValueError:
        raise _wrong(raw, (*at, "until"), f"{fields['until']!r} is no date") from None
    one = Suppression(fields["code"], fields["reason"], until, about, raw.origin(*at), fields.get("owner", ""))
    return Kept(one, fields.get("by", ""), fields.get("at", ""))


def _wrong(raw: RawObject, path: tuple[str | int, ...], what: str) -> InputError:
    return InputError(f"{raw.origin(*path).position}: {what[0].upper()}{what[1:]}.")
