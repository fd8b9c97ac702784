"""Documents of kind ``EgressRequest`` into requests. What is wrong is collected, with its place, and told at once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping

from ringfence.dialects.fields import Field, describe
from ringfence.dialects.selectors import key_problem, value_problem
from ringfence.egress.problems import BadRequestError
from ringfence.egress.reading_targets import read_destinations, read_ports, read_protocol, text_of
from ringfence.egress.request import API_VERSION, KIND, EgressRequest, Entry, ServiceTarget
from ringfence.model.codes import BAD_FIELD, BAD_SELECTOR
from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject
from ringfence.model.ports import Protocol

_ROOT = ("apiVersion", "kind", "metadata", "spec")
_METADATA = ("name", "namespace", "labels", "annotations")
_SPEC = ("app", "tier", "selector", "egress", "reason", "owner", "ticket", "expires")
_ENTRY = ("to", "ports", "protocol", "reason")
_OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,46}[a-z0-9])?")
"""A DNS label, short enough for what is put before and behind it."""


def read(objects: Iterable[RawObject], problems: Iterable[Finding] = ()) -> tuple[EgressRequest, ...]:
    """The requests among these documents; objects of other kinds are passed over.

    Raises:
        BadRequestError: anything is wrong with one of them, or there are ``problems`` already.
    """
    sink: list[Finding] = list(problems)
    found: dict[tuple[str, str], EgressRequest] = {}
    for raw in objects:
        if raw.ref.kind != KIND:
            if raw.ref.kind.casefold().replace("-", "").rstrip("s") == KIND.casefold():
                _at(raw, sink, "kind").report(
                    BAD_FIELD, f"There is no kind {raw.ref.kind}.", hint=f"Did you mean {KIND}?"
                )
            continue
        if raw.ref.api_version != API_VERSION:
            hint = f"Write apiVersion: {API_VERSION}."
            _at(raw, sink, "apiVersion").report(
                BAD_FIELD, f"There is no {KIND} of {raw.ref.api_version or 'no apiVersion'}.", hint=hint
            )
            continue
        request = _request(Field(raw, (), raw.body, sink))
        earlier = found.setdefault((request.namespace, request.name), request)
        if earlier is not request and request.name:
            text = f"There is another request named {request.name} in {request.namespace} at {earlier.origin}."
            _at(raw, sink, "metadata", "name").report(BAD_FIELD, text)
    if sink:
        raise BadRequestError(sink)
    return tuple(found.values())


def _at(raw: RawObject, sink: list[Finding], *path: str) -> Field:
    return Field(raw, path, None, sink)


def _request(root: Field) -> EgressRequest:
    _known(root, _ROOT)
    name, namespace = _name(root)
    spec = root.get("spec")
    if spec is None or not spec.is_mapping():
        if spec is None:
            root.report(BAD_FIELD, f"This {KIND} has no spec.", hint=f"Known there: {', '.join(_SPEC)}.")
        return EgressRequest(name, namespace, ())
    _known(spec, _SPEC)
    app, labels = text_of(spec.get("app")), _labels(spec.get("selector"))
    if app and labels:
        spec.at("selector").report(BAD_FIELD, "A request names its pods by app or by selector, not by both.")
    if not app and not labels and spec.get("selector") is None:
        spec.report(
            BAD_FIELD, "This request doesn't say for which pods.", hint="Write app: NAME, or selector: {key: value}."
        )
    return EgressRequest(
        name,
        namespace,
        tuple(_entries(spec)),
        app,
        text_of(spec.get("tier")),
        labels,
        text_of(spec.get("reason")),
        text_of(spec.get("owner")),
        text_of(spec.get("ticket")),
        _date(spec.get("expires")),
        root.origin,
    )


def _known(field: Field, names: tuple[str, ...]) -> None:
    """Every unknown member is a problem, and so is one that is there and empty: it would mean something else."""
    field.report_unknown(names, why="")
    for name in names:
        if name in field.value and field.value[name] is None:
            empty = field.at(name)
            empty.report(BAD_FIELD, f"{empty} is empty.", hint="Fill it in, or leave the key out.")


def _name(root: Field) -> tuple[str, str]:
    metadata = root.get("metadata")
    if metadata is None or not metadata.is_mapping():
        if metadata is None:
            root.report(BAD_FIELD, f"This {KIND} has no metadata.name and no metadata.namespace.")
        return "", ""
    _known(metadata, _METADATA)
    found = []
    for key in ("name", "namespace"):
        field = metadata.get(key)
        if field is None:
            metadata.report(BAD_FIELD, f"This {KIND} has no metadata.{key}.")
        text = text_of(field)
        if field is not None and text and not _OBJECT_NAME.fullmatch(text):
            hint = "Use up to 48 lower-case letters, digits and hyphens."
            field.report(BAD_FIELD, f"{field} is {text!r}, which is no name of an object.", hint=hint)
        found.append(text)
    return found[0], found[1]


def _labels(field: Field | None) -> Mapping[str, str]:
    if field is None or not field.is_mapping(code=BAD_SELECTOR):
        return {}
    if not field.value:
        field.report(BAD_SELECTOR, f"{field} is empty, and would mean every pod.", hint="Name labels of the pods.")
    found: dict[str, str] = {}
    for key, value in field.value.items():
        member = Field(field.raw, (*field.path, key), value, field.sink)
        text = member.text(code=BAD_SELECTOR)
        problem = key_problem(str(key)) or (value_problem(text) if text is not None else "")
        if problem:
            member.report(BAD_SELECTOR, f"The label {key} of {field} {problem}.")
        elif text is not None:
            found[str(key)] = text
    return found


def _date(field: Field | None) -> dt.date | None:
    if field is None:
        return None
    value = field.value
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        field.report(BAD_FIELD, f"{field} is {describe(value)}, which is no date.", hint="Write it as 2027-03-31.")
        return None


def _entries(spec: Field) -> Iterable[Entry]:
    field = spec.get("egress")
    members = field.items() if field is not None else ()
    if members == ():
        (field or spec).report(BAD_FIELD, "This request asks for nothing.", hint="List what is needed under egress.")
    for item in members or ():
        if not item.is_mapping():
            continue
        _known(item, _ENTRY)
        to, ports, protocol = (item.get(key) for key in ("to", "ports", "protocol"))
        if to is None and "to" not in item.value:
            item.report(BAD_FIELD, f"{item} has no to.", hint="Name the destination.")
        default = Protocol.TCP
        if protocol is not None:
            default = read_protocol(protocol, text_of(protocol)) or default
        destinations = read_destinations(to) if to is not None else ()
        told = all(isinstance(each, ServiceTarget) for each in destinations)
        if ports is None and "ports" not in item.value and not told:
            item.report(BAD_FIELD, f"{item} has no ports.", hint="Only a Service says them itself.")
        read_entry = read_ports(ports, default) if ports is not None else ()
        yield Entry(destinations, read_entry, text_of(item.get("reason")), item.origin)
