"""Ports as a test writes them: ``443``, ``53/UDP``, ``8000-8080``, ``metrics``, ``any``; ICMP as ``icmp/8``."""

from __future__ import annotations

import re

from ringfence.dialects.fields import Field, describe
from ringfence.explain.query import parse_message
from ringfence.explain.suggest import did_you_mean
from ringfence.model.codes import BAD_PORT
from ringfence.model.errors import QueryError
from ringfence.model.origin import Origin
from ringfence.model.ports import MAX_PORT, MIN_PORT, Icmp, IcmpRange, NamedPort, PortMatch, PortRange, Protocol
from ringfence.testing.reading_fields import one_or_more

ANY = "any"
"""Every port of every protocol."""

_FORMS = (
    "Write a number (443), a number with its protocol (53/UDP), a range (8000-8080), a port's name, any, or a type of "
    "ICMP (icmp/8)."
)
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")
_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST = 15


def read_ports(field: Field) -> tuple[PortMatch, ...]:
    """One port, or a list of them. The protocol is TCP where a number has none; a name without one may have any."""
    found: list[PortMatch] = []
    for entry in one_or_more(field):
        value = entry.value
        if isinstance(value, bool) or not isinstance(value, int | str):
            entry.report(BAD_PORT, f"{entry} is {describe(value)}, which is no port.", hint=_FORMS)
        else:
            found += _port(entry, str(value).strip())
    return tuple(found)


def _port(field: Field, text: str) -> list[PortMatch]:
    origin = field.origin
    if text == ANY:
        return [PortRange(protocol, origin=origin) for protocol in Protocol]
    name, slash, suffix = text.partition("/")
    if name.upper() in Icmp.__members__:
        return _messages(field, Icmp[name.upper()], suffix)
    protocol = _protocol(field, suffix) if slash else None
    if slash and protocol is None:
        return []
    if numbers := _RANGE.fullmatch(name):
        return _numbers(field, numbers, Protocol.TCP if protocol is None else protocol, origin)
    if len(name) <= _LONGEST and _NAME.fullmatch(name):
        return [NamedPort(name, protocol, origin)]
    if name in Protocol.__members__ and not slash:
        field.report(BAD_PORT, f"{field} is {text!r}, a protocol.", hint=f"For all its ports write 1-65535/{text}.")
    else:
        field.report(BAD_PORT, f"{field} is {text!r}, which is no port.", hint=_FORMS)
    return []


def _messages(field: Field, family: Icmp, suffix: str) -> list[PortMatch]:
    """``icmp`` is the echo request of ping; ``icmp/any`` is every message, ``icmp/5`` a type, ``icmp/5/2`` one code."""
    if suffix == ANY:
        return [IcmpRange(family, origin=field.origin)]
    try:
        number = parse_message(family, suffix)
    except QueryError as error:
        field.report(BAD_PORT, f"{field} is wrong: {error}", hint=f"Or write {str(family).lower()}/any.")
        return []
    kind, code = divmod(number, 256)
    return [IcmpRange.of(family, kind, code if "/" in suffix else None, field.origin)]


def _numbers(field: Field, numbers: re.Match[str], protocol: Protocol, origin: Origin) -> list[PortMatch]:
    low, high = int(numbers[1]), int(numbers[2] or numbers[1])
    for number in (low, high):
        if not MIN_PORT <= number <= MAX_PORT:
            field.report(BAD_PORT, f"{field} names port {number}; a port is from {MIN_PORT} to {MAX_PORT}.")
            return []
    if low > high:
        field.report(BAD_PORT, f"{field} is a range that ends before it begins.", hint=f"Did you mean {high}-{low}?")
        return []
    return [PortRange(protocol, low, high, origin)]


def _protocol(field: Field, text: str) -> Protocol | None:
    found = Protocol.__members__.get(text.upper())
    if found is None:
        hint = did_you_mean(text.upper(), Protocol.__members__).strip() or "Policies know TCP, UDP and SCTP."
        field.report(BAD_PORT, f"{field} has the protocol {text!r}, which is not known.", hint=hint)
    return found
