"""Suppressions: what the annotation ``ringfence.dev/ignore`` of an object asks not to be told about that object.

``RF203: reason (owner team-shop, until 2026-12-31); RF401,RF402: reason``. A reason is needed; who answers for it and a
date are optional. From the day after the date on, the suppression counts for nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.model.codes import BAD_SUPPRESSION, CODES, EXPIRED_SUPPRESSION, UNUSED_SUPPRESSION
from ringfence.model.finding import Finding
from ringfence.model.objects import IGNORE_ANNOTATION, RawObject, Snapshot
from ringfence.model.origin import ObjectRef, Origin

_PATH = ("metadata", "annotations", IGNORE_ANNOTATION)
_ENTRY = r"(?P<codes>RF\d{3}(\s*,\s*RF\d{3})*)\s*(:\s*(?P<reason>.*?))?\s*(\((?P<terms>(owner|until)\b[^()]*)\))?"
_TERM = re.compile(r"(?P<word>owner|until)\s+(?P<value>\S.*)")
_KNOWN = frozenset(code.code for code in CODES)
_META = frozenset({BAD_SUPPRESSION, EXPIRED_SUPPRESSION, UNUSED_SUPPRESSION})
_FORM = f'Write {IGNORE_ANNOTATION}: "RF203: why it is meant (owner team-a, until 2026-12-31)".'


@dataclass(frozen=True, slots=True)
class Suppression:
    """One code that is suppressed for one object, with the reason, and the last day that it holds.

    ``owner`` is who answers for it, as written; empty where nobody is named.
    """

    code: str
    reason: str
    until: dt.date | None
    subject: ObjectRef
    origin: Origin
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that is not told, and why."""

    finding: Finding
    suppression: Suppression


def read(snapshot: Snapshot) -> tuple[list[Suppression], list[Finding]]:
    """The suppressions of a snapshot's objects, and what is wrong with those that can't be used."""
    suppressions: list[Suppression] = []
    findings: list[Finding] = []
    for raw in snapshot.policies:
        text = _annotation(raw)
        if text:
            _parse(text, raw.ref, raw.origin(*_PATH), suppressions, findings)
    for note in snapshot.ignores:
        _parse(note.text, note.ref, note.origin, suppressions, findings)
    return suppressions, findings


def apply(
    findings: Iterable[Finding], suppressions: Iterable[Suppression], codes: Iterable[str], today: dt.date
) -> tuple[list[Finding], list[Suppressed]]:
    """What is left to tell, and what is not. ``codes`` are those of the rules that ran.

    A suppression that is expired, or that had nothing to suppress though its rule ran, is told as well.
    """
    ran = frozenset(codes)
    by_key: dict[tuple[str, tuple[str, str, str]], Suppression] = {}
    told: list[Finding] = []
    for suppression in suppressions:
        if suppression.until is not None and suppression.until < today:
            told.append(_expired(suppression))
        else:
            by_key[suppression.code, _identity(suppression.subject)] = suppression
    hidden: list[Suppressed] = []
    used: set[int] = set()
    for finding in findings:
        key = (finding.code.code, _identity(finding.subject)) if finding.subject is not None else None
        match = by_key.get(key) if key is not None and finding.code not in _META else None
        if match is None:
            told.append(finding)
        else:
            used.add(id(match))
            hidden.append(Suppressed(finding, match))
    told += [_unused(each) for each in by_key.values() if id(each) not in used and each.code in ran]
    return told, hidden


def without(text: str, code: str) -> str:
    """The text of an annotation without one code; empty where nothing else is left."""
    entries = []
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        head, colon, rest = entry.partition(":")
        codes = [name.strip() for name in head.split(",")]
        left = [name for name in codes if name != code]
        if len(left) == len(codes):
            entries.append(entry)
        elif left:
            entries.append(f"{', '.join(left)}{colon}{rest}")
    return "; ".join(entries)


def _annotation(raw: RawObject) -> str:
    metadata = raw.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = annotations.get(IGNORE_ANNOTATION) if isinstance(annotations, dict) else None
    return text if isinstance(text, str) else ""


def _parse(
    text: str, subject: ObjectRef, origin: Origin, suppressions: list[Suppression], findings: list[Finding]
) -> None:
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        match = re.fullmatch(_ENTRY, entry, re.DOTALL)
        if match is None:
            findings.append(_bad(f"{entry!r} is no suppression", subject, origin))
            continue
        codes = [code.strip() for code in match["codes"].split(",")]
        unknown = [code for code in codes if code not in _KNOWN]
        terms = _terms(match["terms"] or "")
        until = _date(terms.get("until", ""))
        if unknown:
            findings.append(_bad(f"there is no rule {unknown[0]}", subject, origin))
        elif not match["reason"]:
            findings.append(_bad(f"the suppression of {match['codes']} has no reason", subject, origin))
        elif "" in terms:
            findings.append(_bad(f"{terms['']!r} is neither an owner nor a date", subject, origin))
        elif "until" in terms and until is None:
            findings.append(_bad(f"{terms['until']!r} is no date", subject, origin))
        else:
            owner = terms.get("owner", "")
            suppressions += [Suppression(code, match["reason"], until, subject, origin, owner) for code in codes]


def _terms(text: str) -> dict[str, str]:
    """What stands in parentheses after the reason, by its word; what can't be read, or stands twice, under no word."""
    terms: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _TERM.fullmatch(part)
        word = match["word"] if match is not None and match["word"] not in terms else ""
        terms[word] = match["value"] if match is not None and word else part
    return terms


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        return None


def _bad(what: str, subject: ObjectRef, origin: Origin) -> Finding:
    why = "It suppresses nothing: who reads the manifest later must see why a finding was set aside."
    return Finding(BAD_SUPPRESSION, f"In {subject}, {what}.", origin, subject, why, _FORM)


def _expired(suppression: Suppression) -> Finding:
    what = f"In {suppression.subject}, the suppression of {suppression.code} ended on {suppression.until}."
    return Finding(
        EXPIRED_SUPPRESSION,
        what,
        suppression.origin,
        suppression.subject,
        f"It was set aside for a time: {suppression.reason}.",
        f"Mend what it suppressed, or give it a later date{_ask(suppression)}.",
    )


def _unused(suppression: Suppression) -> Finding:
    what = f"In {suppression.subject}, the suppression of {suppression.code} suppresses nothing."
    why = "It would hide the next fault of this kind."
    return Finding(
        UNUSED_SUPPRESSION, what, suppression.origin, suppression.subject, why, f"Delete it{_ask(suppression)}."
    )


def _ask(suppression: Suppression) -> str:
    """Whom to ask, where somebody is named."""
    return f"; {suppression.owner} answers for it" if suppression.owner else ""


def _identity(ref: ObjectRef) -> tuple[str, str, str]:
    return (ref.kind, ref.namespace, ref.name)
