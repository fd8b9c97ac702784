"""``icmps`` of the rules that messages of ICMP become.

Source: ICMPRule and ICMPField in Cilium's pkg/policy/api: at most 40 fields a list, a type each, and no codes.
"""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.dialects.writing.losses import Manifest
from ringfence.model.ports import Icmp, IcmpRange, PortSet, message_parts

MOST_FIELDS = 40
_FAMILIES = {Icmp.ICMP: "IPv4", Icmp.ICMPV6: "IPv6"}


def icmp_fields(messages: Iterable[IcmpRange]) -> tuple[list[Manifest], PortSet]:
    """The lists of types that these messages hold whole, and the messages that are left."""
    meant = PortSet.of(span for each in messages for span in PortSet.range(each.protocol, each.lo, each.hi))
    fields: list[Manifest] = []
    for family in Icmp:
        for lo, hi in meant.of_protocol(family):
            for kind, code in message_parts(lo, hi):
                if code is None:
                    fields.append({"family": _FAMILIES[family], "type": kind})
                    meant -= PortSet.range(family, kind * 256, kind * 256 + 255)
    return [{"fields": fields[at : at + MOST_FIELDS]} for at in range(0, len(fields), MOST_FIELDS)], meant
