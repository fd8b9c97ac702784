"""Remarks that an annotation of their objects asks not to be told, by the codes of the lint rules that say the same."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.diagnose.report import Remark
from ringfence.model.finding import Code
from ringfence.model.origin import ObjectRef

Suppressed = frozenset[tuple[str, ObjectRef]]
"""Codes and the objects for which they are suppressed, of suppressions that hold today."""


class Aside:
    """What is set aside in one cluster."""

    def __init__(self, suppressed: Iterable[tuple[str, ObjectRef]] = ()) -> None:
        self._keys = {(code, *_identity(ref)) for code, ref in suppressed}

    def has(self, code: Code | None, ref: ObjectRef) -> bool:
        """True where a code is suppressed for an object, whatever the version of its API."""
        return code is not None and (code.code, *_identity(ref)) in self._keys

    def split(self, remarks: Iterable[Remark]) -> tuple[list[Remark], list[Remark]]:
        """The remarks to tell, and those to set aside."""
        told: list[Remark] = []
        hidden: list[Remark] = []
        for remark in remarks:
            refs = (*remark.objects, *(() if remark.subject is None else (remark.subject,)))
            (hidden if any(self.has(remark.code, ref) for ref in refs) else told).append(remark)
        return told, hidden


def _identity(ref: ObjectRef) -> tuple[str, str, str]:
    return ref.kind, ref.namespace, ref.name
