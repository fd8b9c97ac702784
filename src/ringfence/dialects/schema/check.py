"""Compares objects with the tables of their APIs: unknown and misspelt fields, wrong types, limits that are passed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from ringfence.dialects.fields import Field, describe, nearest
from ringfence.dialects.scalars import read_cidr
from ringfence.dialects.schema.shapes import (
    ANYTHING,
    TEXT,
    Fields,
    Flag,
    Items,
    Number,
    NumberOrName,
    Range,
    Schema,
    Selector,
    Shape,
    Table,
    Text,
    Within,
)
from ringfence.dialects.schema.tables import schema_of
from ringfence.dialects.selectors import read_selector
from ringfence.model.addresses import parse_address
from ringfence.model.codes import (
    BAD_CIDR,
    BAD_FIELD,
    BAD_PORT,
    BAD_SELECTOR,
    EXCEPT_OUTSIDE,
    HOST_BITS,
    TOO_MANY_RULES,
    UNKNOWN_FIELD,
    UNKNOWN_PEER,
    UNSUPPORTED_VERSION,
)
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import RawObject

_METADATA = (
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
    "clusterName",
)
"""ObjectMeta in the Kubernetes API reference; the last two were in it, and old exports have them."""

_EVERYWHERE = ("apiVersion", "kind", "metadata", "status")
_METADATA_NAMES = frozenset(_METADATA)
# A name ends up in the path of a URL: a DNS subdomain (Kubernetes documentation, "Object Names and IDs").
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 253

_ABOUT_FORM = frozenset(
    (
        BAD_FIELD,
        BAD_SELECTOR,
        BAD_CIDR,
        HOST_BITS,
        EXCEPT_OUTSIDE,
        BAD_PORT,
        TOO_MANY_RULES,
        UNKNOWN_PEER,
        UNKNOWN_FIELD,
        UNSUPPORTED_VERSION,
    )
)
"""What a reader says of the form of a field, and a table would only repeat."""


def check_schema(raw: RawObject, group: str, told: Sequence[Finding] = ()) -> list[Finding]:
    """What is wrong with an object of a known kind by the tables, but for fields that ``told`` speaks of already."""
    schema = schema_of(group, raw.ref.kind)
    if schema is None:
        return []
    found: list[Finding] = []
    body = Field(raw, (), raw.body, found)
    _check_object(body, schema)
    metadata = body.get("metadata")
    if metadata is not None:
        _check_metadata(metadata, schema)
    if not found:
        return found
    paths = {finding.origin.path for finding in told if finding.subject == raw.ref and finding.code in _ABOUT_FORM}
    return [finding for finding in found if finding.origin.path not in paths]


def refused(raw: RawObject, group: str) -> bool:
    """True where an object is not of the form that its table asks for, so that no API server takes it."""
    return any(finding.severity is Severity.ERROR for finding in check_schema(raw, group))


def _check_object(body: Field, schema: Schema) -> None:
    if any(key not in schema.members and key not in _EVERYWHERE for key in body.value):
        body.report_unknown((*_EVERYWHERE, *schema.members))
    version = str(body.value.get("apiVersion")).rpartition("/")[2]
    if version not in schema.versions:
        body.at("apiVersion").report(
            BAD_FIELD,
            f"{body.raw.ref.kind} has no version {version}.",
            hint=f"Known: {', '.join(schema.versions)}.",
        )
    _check_members(body, schema.members, schema.required)


def _check_metadata(metadata: Field, schema: Schema) -> None:
    if not metadata.is_mapping():
        return
    if not metadata.value.keys() <= _METADATA_NAMES:
        metadata.report_unknown(_METADATA)
    for key in ("labels", "annotations"):
        field = metadata.get(key)
        if field is not None and not _all_text(field.value):
            _check(field, Table(TEXT))
    name = metadata.get("name")
    if name is None or (not schema.name and _is_name(name.value)):
        return
    if not isinstance(name.value, str):
        name.text()
    elif not _is_name(name.value):
        why = f"A name has at most {_LONGEST_NAME} lower-case letters, digits, - and dots."
        name.report(BAD_FIELD, f"{name} is {describe(name.value)}, which can't be the name of an object.", why=why)
    elif schema.name and name.value != schema.name:
        what = f"{name} is {name.value}; an object of this kind must be named {schema.name}."
        name.report(BAD_FIELD, what, why="Others are refused, or have no effect.")


def _is_name(text: object) -> bool:
    return isinstance(text, str) and len(text) <= _LONGEST_NAME and bool(_NAME.fullmatch(text))


def _all_text(value: object) -> bool:
    """Most labels and annotations are fine: that is found out without making a field of each."""
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _check(field: Field, shape: Shape) -> None:
    match shape:
        case Within(members):
            _check_within(field, members)
        case Fields():
            _check_fields(field, shape)
        case Items():
            _check_items(field, shape)
        case Table(of):
            if field.is_mapping():
                for key in field.value:
                    member = field.get(key)
                    if member is not None:
                        _check(member, of)
        case Text():
            _check_text(field, shape)
        case Number():
            _check_number(field, shape)
        case Flag():
            if not isinstance(field.value, bool):
                field.report(BAD_FIELD, f"{field} must be true or false, not {describe(field.value)}.")
        case NumberOrName(least, most):
            if not isinstance(field.value, str):
                _check_number(field, Number(least, most))
        case Selector():
            read_selector(field)
        case Range(bare):
            if not bare or not _is_address(field.value):
                read_cidr(field)


def _check_within(field: Field, members: Mapping[str, Shape]) -> None:
    """Looks into a part whose own form the reader has checked."""
    if isinstance(field.value, list):
        for item in field.items() or ():
            _check_within(item, members)
    elif isinstance(field.value, dict):
        for name, shape in members.items():
            member = field.get(name)
            if member is not None:
                _check(member, shape)


def _check_fields(field: Field, shape: Fields) -> None:
    if not field.is_mapping():
        return
    field.report_unknown(tuple(shape.members))
    for group in shape.one_of:
        present = field.present(group)
        if len(present) != 1:
            has = " and ".join(present) if present else f"none of {', '.join(group)}"
            field.report(BAD_FIELD, f"{field} has {has}; exactly one must be set.")
    for group in shape.at_most_one:
        present = field.present(group)
        if len(present) > 1:
            field.report(BAD_FIELD, f"{field} has {' and '.join(present)}; only one may be set.")
    _check_members(field, shape.members, shape.required)


def _check_members(field: Field, members: Mapping[str, Shape], required: Sequence[str]) -> None:
    missing = [name for name in required if field.value.get(name) is None]
    if missing:
        owner = str(field) or str(field.raw.ref)
        unknown = [str(key) for key in field.value if key not in members]
        instead = [(name, nearest(name, unknown)) for name in missing]
        hint = next((f"Did you mean {name} where {wrong} is written?" for name, wrong in instead if wrong), "")
        field.report(BAD_FIELD, f"{owner} has no {' and no '.join(missing)}.", why="It is required.", hint=hint)
    for name, shape in members.items():
        member = field.get(name) if shape is not ANYTHING else None
        if member is not None:
            _check(member, shape)


def _check_items(field: Field, shape: Items) -> None:
    items = field.items()
    if items is None:
        return
    if shape.most and len(items) > shape.most:
        field.report(TOO_MANY_RULES, f"{field} has {len(items)} items; the API allows {shape.most}.")
    if len(items) < shape.least:
        field.report(BAD_FIELD, f"{field} has {len(items) or 'no'} items; the API wants at least {shape.least}.")
    for item in islice(items, shape.most or None):
        _check(item, shape.of)


def _check_text(field: Field, shape: Text) -> None:
    text = field.text()
    if text is None:
        return
    if shape.words and text not in shape.words:
        right = nearest(text, shape.words)
        hint = f"Did you mean {right}?" if right else f"Known: {', '.join(shape.words)}."
        field.report(BAD_FIELD, f"{field} is {describe(text)}, which the API doesn't know.", hint=hint)
    elif shape.longest and len(text) > shape.longest:
        field.report(BAD_FIELD, f"{field} has {len(text)} characters; the API allows {shape.longest}.")
    elif len(text) < shape.least:
        field.report(BAD_FIELD, f"{field} is empty.")
    elif shape.pattern is not None and not shape.pattern.fullmatch(text):
        field.report(BAD_FIELD, f"{field} is {describe(text)}, which is no {shape.what}.")


def _check_number(field: Field, shape: Number) -> None:
    value = field.value
    number: float | None
    if shape.whole:
        number = field.integer()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    else:
        field.report(BAD_FIELD, f"{field} must be a number, not {describe(value)}.")
        return
    if number is None:
        return
    if shape.least is not None and number < shape.least:
        field.report(BAD_FIELD, f"{field} is {number:g}; the least that the API takes is {shape.least:g}.")
    elif shape.most is not None and number > shape.most:
        field.report(BAD_FIELD, f"{field} is {number:g}; the most that the API takes is {shape.most:g}.")


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parse_address(value)
    except ValueError:
        return False
    return True
