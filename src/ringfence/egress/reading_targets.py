"""Destinations and ports as a request writes them."""

from __future__ import annotations

import re

from ringfence.dialects.fields import Field, describe
from ringfence.dialects.scalars import read_cidr
from ringfence.egress.request import Destination, NameTarget, RangeTarget, ServiceTarget, Wild
from ringfence.explain.suggest import did_you_mean
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.codes import BAD_CIDR, BAD_FIELD, BAD_PORT
from ringfence.model.name_patterns import canonical, is_name
from ringfence.model.ports import MAX_PORT, MIN_PORT, PortRange, Protocol

_FORMS = (
    "Write a name (api.example.com), every name one label below (*.example.com) or at any depth (**.example.com), "
    "an address or range (192.0.2.0/24), or a Service (service:namespace/name)."
)
_SERVICE = "service:"
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PORT = re.compile(r"(\d+)(?:-(\d+))?")
_PORTS = "Write a number (443), a number with its protocol (53/UDP) or a range (8000-8080)."


def items(field: Field) -> tuple[Field, ...]:
    """The items of a list, or the value itself where it is none. An empty list is a problem."""
    if not isinstance(field.value, list):
        return (field,)
    if not field.value:
        field.report(BAD_FIELD, f"{field} is an empty list.", hint="List at least one, or leave the key out.")
    return field.items() or ()


def text_of(field: Field | None) -> str:
    """A text that is not empty; the empty text, and a problem, for anything else that is there."""
    text = field.text() if field is not None else ""
    if field is not None and text is not None and not text.strip():
        field.report(BAD_FIELD, f"{field} is empty.", hint="Fill it in, or leave the key out.")
    return (text or "").strip()


def read_destinations(field: Field) -> tuple[Destination, ...]:
    """What ``to`` names."""
    found = []
    for entry in items(field):
        if not isinstance(entry.value, str):
            entry.report(BAD_FIELD, f"{entry} is {describe(entry.value)}, which is no destination.", hint=_FORMS)
        elif (read := _destination(entry, entry.value.strip())) is not None:
            found.append(read)
    return tuple(found)


def _destination(field: Field, text: str) -> Destination | None:
    folded = text.lower()
    if folded.startswith(_SERVICE):
        return _service(field, text[len(_SERVICE) :])
    if _is_address(text):
        return RangeTarget(text, AddressSet.point(parse_address(text)))
    if "/" in text:
        head = text.partition("/")[0]
        if _is_address(head) or ":" in head or head.replace(".", "").isdigit():
            addresses = read_cidr(Field(field.raw, field.path, text, field.sink))
            return RangeTarget(text, addresses) if addresses is not None else None
        return _service(field, text)
    if folded.replace(".", "").isdigit():
        field.report(BAD_CIDR, f"{field} is {text!r}, which is no address.", hint=_FORMS)
        return None
    return _name(field, canonical(text))


def _service(field: Field, text: str) -> ServiceTarget | None:
    namespace, _, name = text.partition("/")
    if _DNS_LABEL.fullmatch(namespace) and _DNS_LABEL.fullmatch(name):
        return ServiceTarget(namespace, name)
    field.report(BAD_FIELD, f"{field} names no Service.", hint="Write service:namespace/name.")
    return None


def _name(field: Field, text: str) -> NameTarget | None:
    wild, base = Wild.NONE, text
    for front, depth in (("**.", Wild.LABELS), ("*.", Wild.ONE_LABEL)):
        if text.startswith(front):
            wild, base = depth, text.removeprefix(front)
            break
    if "*" in base:
        hint = "Stars stand in front of a name: *. is one label, **. one or more. Not every policy API has others."
        field.report(BAD_FIELD, f"{field} is {text!r}, with a star elsewhere than in front.", hint=hint)
        return None
    if not is_name(base) or "." not in base:
        field.report(BAD_FIELD, f"{field} is {text!r}, which is no destination.", hint=_FORMS)
        return None
    return NameTarget(base, wild)


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def read_ports(field: Field, default: Protocol) -> tuple[PortRange, ...]:
    """One port or a list; ``default`` is the protocol of a port that names none."""
    found = []
    for entry in items(field):
        value = entry.value
        if isinstance(value, bool) or not isinstance(value, int | str):
            entry.report(BAD_PORT, f"{entry} is {describe(value)}, which is no port.", hint=_PORTS)
        elif (port := _port(entry, str(value).strip(), default)) is not None:
            found.append(port)
    return tuple(found)


def _port(field: Field, text: str, default: Protocol) -> PortRange | None:
    numbers, slash, suffix = text.partition("/")
    protocol = read_protocol(field, suffix) if slash else default
    if protocol is None:
        return None
    match = _PORT.fullmatch(numbers)
    if match is None:
        field.report(BAD_PORT, f"{field} is {text!r}, which is no port.", hint=_PORTS)
        return None
    low, high = int(match[1]), int(match[2] or match[1])
    for number in (low, high):
        if not MIN_PORT <= number <= MAX_PORT:
            field.report(BAD_PORT, f"{field} names port {number}; a port is from {MIN_PORT} to {MAX_PORT}.")
            return None
    if low > high:
        field.report(BAD_PORT, f"{field} is a range that ends before it begins.", hint=f"Did you mean {high}-{low}?")
        return None
    return PortRange(protocol, low, high, field.origin)


def read_protocol(field: Field, text: str) -> Protocol | None:
    """The protocol that a text names."""
    found = Protocol.__members__.get(text.upper())
    if found is None:
        hint = did_you_mean(text.upper(), Protocol.__members__).strip() or "Policies know TCP, UDP and SCTP."
        field.report(BAD_PORT, f"{field} has the protocol {text!r}, which is not known.", hint=hint)
    return found
