"""Names for findings that stay when lines move, rules change places, or pods come and go.

A fingerprint is made of the code, the object, the field without its indexes, and the text of the field's value, so that
a rule that is moved keeps it and a rule that is edited is looked at again. Neither lines nor sentences are part of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.model.origin import ObjectRef

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_INDEX = re.compile(r"\[\d+\]")
_NUMBER = re.compile(r"\d+")
_PLACE = re.compile(r"\S+:\d+(?::\d+)?")
_LENGTH = 24


def fingerprints(findings: Sequence[Finding], snapshot: Snapshot) -> tuple[str, ...]:
    """One name for each finding, in their order. Of findings that are alike in all this, each has its number."""
    bodies = {raw.ref: raw.body for raw in snapshot.policies}
    keys = [_key(finding, bodies) for finding in findings]
    numbers: Counter[str] = Counter()
    names = [""] * len(keys)
    for index in sorted(range(len(keys)), key=lambda number: (keys[number], findings[number].what)):
        key = keys[index]
        names[index] = hashlib.sha256(f"{key}\0{numbers[key]}".encode()).hexdigest()[:_LENGTH]
        numbers[key] += 1
    return tuple(names)


def _key(finding: Finding, bodies: Mapping[ObjectRef, Mapping[str, Any]]) -> str:
    subject = finding.subject
    if subject is None:
        # Said of the input as a whole: a note is made once; of others the sentence without numbers and places remains.
        words = "" if finding.severity is Severity.NOTE else _NUMBER.sub("#", _PLACE.sub("", finding.what))
        return json.dumps([finding.code.code, words])
    path = finding.origin.path
    value = _at(bodies.get(subject), path) if path else None
    group = subject.api_version.rpartition("/")[0]
    name = [group, subject.kind, subject.namespace, subject.name]
    return json.dumps([finding.code.code, *name, _INDEX.sub("[]", path), value], sort_keys=True, default=str)


def _at(body: Any, path: str) -> Any:
    """The value at a path such as ``spec.egress[0].to``; ``None`` where there is none."""
    for name, index in _STEP.findall(path):
        try:
            body = body[int(index)] if index else body[name]
        except (KeyError, IndexError, TypeError):
            return None
    return body
