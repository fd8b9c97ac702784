"""``icmp`` and ``notICMP`` of Calico's rules: a type, or a type and a code, of ICMP or ICMPv6.

Source: Calico reference, "ICMP"; the checks of its API server, libcalico-go ``validateICMPFields`` and
``validateRule``; "Use ICMP/ping rules in policy".
"""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.dialects.fields import Field
from ringfence.model.codes import BAD_FIELD
from ringfence.model.ports import Icmp, IcmpRange, PortSet

_NAMED = {"ICMP": 4, "ICMPV6": 6}
_MOST = {"type": 254, "code": 255}


def read_icmp(rule: Field, families: Iterable[Icmp]) -> tuple[IcmpRange, ...] | None:
    """The messages of these families that a rule is for; None, with findings, where a field is invalid."""
    families = tuple(families)
    found = PortSet.of(span for family in families for span in _spans(IcmpRange(family)))
    for name in ("icmp", "notICMP"):
        field = rule.get(name)
        if field is None:
            continue
        read = _read_fields(field)
        if read is None:
            return None
        if _protocol(rule) not in _NAMED:
            what = f"{field} stands in a rule whose protocol is neither ICMP nor ICMPv6 by name."
            refused = name == "icmp"
            why = "Calico refuses the policy." if refused else "It is read as ICMP and ICMPv6 without these messages."
            field.report(BAD_FIELD, what, why=why, hint="Write protocol: ICMP or ICMPv6 beside it.")
            if refused:
                return None
        named = PortSet.of(span for family in families for span in _spans(IcmpRange.of(family, *read)))
        found = found & named if name == "icmp" else found - named
    return tuple(IcmpRange(family, lo, hi, rule.origin) for family in families for lo, hi in found.of_protocol(family))


def is_of_its_family(rule: Field) -> bool:
    """False, and a finding, where the version of IP is not that of the rule's ICMP."""
    version = rule.get("ipVersion")
    for name in ("protocol", "notProtocol"):
        field = rule.get(name)
        word = field.value.upper() if field is not None and isinstance(field.value, str) else ""
        if version is not None and version.value in (4, 6) and version.value != _NAMED.get(word, version.value):
            what = f"{version} is {version.value}, and {name} is {word}."
            version.report(BAD_FIELD, what, why="Calico refuses the policy.")
            return False
    return True


def _protocol(rule: Field) -> str:
    field = rule.get("protocol")
    return field.value.upper() if field is not None and isinstance(field.value, str) else ""


def _read_fields(field: Field) -> tuple[int | None, int | None] | None:
    if not field.is_mapping():
        return None
    field.report_unknown(tuple(_MOST), why="Calico ignores the field.")
    numbers: dict[str, int | None] = {}
    for name, most in _MOST.items():
        part = field.get(name)
        number = part.integer(code=BAD_FIELD) if part is not None else None
        if part is not None and number is None:
            return None
        if part is not None and number is not None and not 0 <= number <= most:
            part.report(BAD_FIELD, f"{part} is {number}; it is from 0 to {most}.", why="Calico refuses the policy.")
            return None
        numbers[name] = number
    if numbers["code"] is not None and numbers["type"] is None:
        field.report(BAD_FIELD, f"{field} has a code and no type.", why="Calico refuses the policy.")
        return None
    return numbers["type"], numbers["code"]


def _spans(messages: IcmpRange) -> PortSet:
    return PortSet.range(messages.protocol, messages.lo, messages.hi)
