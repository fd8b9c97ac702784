"""Callers in an AuthorizationPolicy: by identity where they are in the mesh, or by address.

Source: Istio reference, "AuthorizationPolicy", Source.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ringfence.dialects.writing.blocks import cidrs
from ringfence.dialects.writing.bodies import Clause
from ringfence.dialects.writing.losses import Manifest
from ringfence.dialects.writing.ranges import Note, check_ranges, outside_of
from ringfence.dialects.writing.terms import Literal, Term
from ringfence.model import derived
from ringfence.model.labels import Operator

_PATTERNS = {Operator.STARTS_WITH: "{}*", Operator.ENDS_WITH: "*{}"}


def sources_of(clause: Clause, note: Note) -> Iterator[Manifest]:
    """The sources of a rule."""
    for term in clause.region.pods:
        if not term.literals and term.addresses is not None:
            continue  # by address: below
        source = _identity(term)
        if source is None:
            note(
                "Callers that the rule selects are left out.",
                "Callers are known by namespace or account, not by label.",
            )
            continue
        if not _is_of_mesh(term):
            note("Callers outside the mesh are left out.", "They have no identity.")
        yield source
    outside = outside_of(clause, note)
    check_ranges(replace(clause.region, outside=outside), outside, note)
    if outside:
        yield {"ipBlocks": cidrs(outside)}


def _is_of_mesh(term: Term) -> bool:
    return any(literal.requirement.key in (derived.MESH, derived.PRINCIPAL) for literal in term.literals)


def _identity(term: Term) -> Manifest | None:
    """The source that means the pods of a term that are in the mesh; None where labels are asked for."""
    found: Manifest = {}
    account: tuple[str, ...] = ()
    for literal in term.literals:
        asked = literal.requirement
        if not literal.holds:
            return None
        if asked.key == derived.MESH and asked.operator is Operator.EXISTS:
            continue
        if asked.key == derived.SERVICE_ACCOUNT and asked.operator is Operator.IN:
            account = asked.values
            continue
        if asked.key not in _LISTS or (values := _values(literal)) is None:
            return None
        name = _LISTS[asked.key]
        found[f"not{name[0].upper()}{name[1:]}" if asked.operator is Operator.NOT_IN else name] = values
    if account:
        if "namespaces" not in found or len(found) > 1:
            return None
        return {"principals": [derived.principal(space, name) for space in found["namespaces"] for name in account]}
    if "notNamespaces" in found and len(found) == 1:
        found = {"principals": ["*"], **found}  # a caller without an identity is in no namespace
    return _with_anyone(found) if term.addresses is None else {**_with_anyone(found), "ipBlocks": cidrs(term.addresses)}


def _with_anyone(found: Manifest) -> Manifest:
    return found or {"principals": ["*"]}


def _values(literal: Literal) -> list[str] | None:
    asked = literal.requirement
    if asked.operator in (Operator.IN, Operator.NOT_IN):
        return list(asked.values)
    if asked.operator is Operator.EXISTS:
        return ["*"]
    pattern = _PATTERNS.get(asked.operator)
    return None if pattern is None else [pattern.format(value) for value in asked.values]


_LISTS = {derived.NAMESPACE: "namespaces", derived.PRINCIPAL: "principals"}
