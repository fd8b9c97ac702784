"""``icmp`` and ``notICMP`` of the rules that messages of ICMP become: one rule a type, or a type and a code.

Source: Calico reference, "ICMP".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ringfence.dialects.writing.losses import Manifest
from ringfence.model.ports import Icmp, IcmpRange, PortSet, message_parts

_MOST_TYPE = 254


def icmp_fields(messages: Iterable[IcmpRange]) -> Iterator[Manifest]:
    """The protocol and messages of each rule that is needed."""
    meant = PortSet.of(span for each in messages for span in PortSet.range(each.protocol, each.lo, each.hi))
    for family in Icmp:
        whole = PortSet.range(family, 0)
        some = meant & whole
        if not some:
            continue
        parts, missing = (list(_fields(each, family)) for each in (some, whole - some))
        if len(missing) <= 1:
            yield {"protocol": str(family), **({"notICMP": missing[0]} if missing else {})}
            continue
        for part in parts:
            yield {"protocol": str(family), "icmp": part}


def _fields(some: PortSet, family: Icmp) -> Iterator[dict[str, Any]]:
    for lo, hi in some.of_protocol(family):
        for kind, code in message_parts(lo, hi):
            if kind <= _MOST_TYPE:  # the API has no type 255, which is reserved
                yield {"type": kind, **({} if code is None else {"code": code})}
