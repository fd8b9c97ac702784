"""``icmps`` of Cilium's rules: types of ICMP, each with any code, by number or by name.

Source: Cilium documentation, "Layer 4 policies" (limit ICMP/ICMPv6 types); ICMPField in Cilium's pkg/policy/api.
"""

from __future__ import annotations

from ringfence.dialects.fields import Field, describe
from ringfence.model.codes import BAD_FIELD
from ringfence.model.icmp import TYPE_NUMBERS
from ringfence.model.ports import Icmp, IcmpRange

_FAMILIES = {"IPv4": Icmp.ICMP, "IPv6": Icmp.ICMPV6}
_MOST = 255


def read_icmps(rule: Field) -> tuple[IcmpRange, ...] | None:
    """The messages that a rule is for, none where it says nothing of ICMP; None, with findings, where it is refused."""
    field = rule.get("icmps")
    items = field.items() if field is not None else ()
    if field is None or items is None:
        return () if field is None else None
    if items and rule.value.get("toPorts"):
        field.report(BAD_FIELD, f"{rule} has both icmps and toPorts.", hint="Make them two rules.")
        return None
    found: list[IcmpRange] = []
    for item in items:
        fields = item.get("fields") if item.is_mapping() else None
        listed = fields.items() if fields is not None else ()
        if not isinstance(item.value, dict) or listed is None:
            return None
        read = [_read_type(each) for each in listed]
        if any(each is None for each in read):
            return None
        found.extend(each for each in read if each is not None)
    return tuple(found)


def _read_type(item: Field) -> IcmpRange | None:
    if not item.is_mapping():
        return None
    family = item.get("family")
    protocol = Icmp.ICMP if family is None or family.value == "" else _family(family)
    kind = item.get("type")
    if kind is None:
        item.report(BAD_FIELD, f"{item} has no type.", why="Cilium refuses the policy.")
    if kind is None or protocol is None:
        return None
    value = kind.value
    number = value if isinstance(value, int) and not isinstance(value, bool) else _number(value, protocol)
    if number is None or not 0 <= number <= _MOST:
        what = f"{kind} is {value!r}" if isinstance(value, str | int) else f"{kind} is {describe(value)}"
        kind.report(
            BAD_FIELD,
            f"{what}, which is no type of {protocol}.",
            why="Cilium refuses the policy.",
            hint=f"Write a number from 0 to {_MOST}, or a name such as EchoRequest.",
        )
        return None
    return IcmpRange.of(protocol, number, origin=item.origin)


def _family(field: Field) -> Icmp | None:
    family = _FAMILIES.get(field.value) if isinstance(field.value, str) else None
    if family is None:
        field.report(BAD_FIELD, f"{field} is {describe(field.value)}; known are IPv4 and IPv6.")
    return family


def _number(value: object, protocol: Icmp) -> int | None:
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isdecimal() and len(value) <= 3:
        return int(value)
    return TYPE_NUMBERS[protocol].get(value)
