"""Values that several policy APIs share: address ranges, port numbers and names, protocols."""

from __future__ import annotations

import re

from ringfence.dialects.fields import Field, describe
from ringfence.model.addresses import AddressSet, format_address, parse_cidr
from ringfence.model.codes import BAD_CIDR, BAD_PORT, HOST_BITS
from ringfence.model.ports import MAX_PORT, MIN_PORT, Protocol

_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
_MAX_PORT_NAME = 15


def read_cidr(field: Field) -> AddressSet | None:
    """The addresses of a CIDR, host bits masked and reported; None, and a finding, for an invalid one.

    Source: the API server masks nothing but warns of host bits since Kubernetes 1.33 (KEP-4858); enforcers mask them.
    """
    text = field.text(code=BAD_CIDR)
    if text is None:
        return None
    try:
        interval, host_bits = parse_cidr(text)
    except ValueError as error:
        hint = f"For one address write {text}/{128 if ':' in text else 32}." if "/" not in text else ""
        field.report(BAD_CIDR, f"{field} is no address range: {error}.", hint=hint)
        return None
    if host_bits:
        masked = f"{format_address(interval[0])}/{text.rpartition('/')[2]}"
        field.report(
            HOST_BITS, f"{field} is {text}, which has host bits set.", hint=f"It is read as {masked}; write that."
        )
    return AddressSet((interval,))


def read_port_number(field: Field) -> int | None:
    """A port from 1 to 65535; None, and a finding, for anything else."""
    number = field.integer(code=BAD_PORT)
    if number is not None and not MIN_PORT <= number <= MAX_PORT:
        field.report(BAD_PORT, f"{field} is {number}; a port is from {MIN_PORT} to {MAX_PORT}.")
        return None
    return number


def read_port_name(field: Field) -> str | None:
    """A container port's name; None, and a finding, for a string that can't be one.

    Source: IANA service names as the API server checks them: at most 15 lower-case letters, digits and single inner
    hyphens, with a letter among them.
    """
    name = field.text(code=BAD_PORT)
    if name is None:
        return None
    if len(name) > _MAX_PORT_NAME or not _PORT_NAME.fullmatch(name):
        hint = "Leave out the quotes." if name.isdecimal() else ""
        field.report(BAD_PORT, f"{field} is {name!r}, which can't be the name of a port.", hint=hint)
        return None
    return name


def read_protocol(field: Field | None) -> Protocol | None:
    """A protocol, TCP where it is left out; None, and a finding, for one that policy doesn't know."""
    if field is None:
        return Protocol.TCP
    value = field.value
    if isinstance(value, str) and value in Protocol.__members__:
        return Protocol[value]
    right = str(value).upper()
    hint = f"Write {right}." if right in Protocol.__members__ else f"Known: {', '.join(Protocol.__members__)}."
    field.report(BAD_PORT, f"{field} is {describe(value)}, which is no protocol of network policy.", hint=hint)
    return None
