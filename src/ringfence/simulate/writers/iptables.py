"""The kernel's LOG lines, as Calico's ``action: Log`` in front of a deny writes them.

Source: ``nf_log_syslog.c`` in Linux (fields and flags); "FelixConfiguration", ``logPrefix``, in the documentation of
Calico. The time is syslog's (RFC 3164), without a year. Nothing is written of what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.simulate.connection import Connection
from ringfence.simulate.writers.lines import LineWriter, second
from ringfence.simulate.writers.points import Point, packets, points
from ringfence.simulate.writers.writer import Record

_PREFIX = 29
"""Characters that iptables keeps of a prefix."""


class Iptables(LineWriter):
    """Denied packets, at the node whose policy stopped them."""

    def records(self, connection: Connection) -> Iterator[Record]:
        """One line for each packet."""
        for time in packets(connection):
            for point in points(connection):
                if point.denied:
                    yield Record(time, point.node, _prefix(point) + _text(connection), (connection,))

    def line(self, record: Record, number: int) -> str:
        """The line with syslog's beginning, and an id of the packet."""
        stamp = second(int(record.time), "%b %e %H:%M:%S")
        return f"{stamp} {record.node} kernel: {record.body.replace('ID=0 ', f'ID={number % 65536} ', 1)}"


def _prefix(point: Point) -> str:
    """``drop namespace/name: ``, what ``LogPrefix: "drop %p: "`` makes of the policy; cut as iptables cuts it."""
    rules = point.side.rules or point.side.selecting
    if not rules:
        return "drop: "
    name = f"{rules[0].namespace}/{rules[0].name}" if rules[0].namespace else rules[0].name
    return f"drop {name}: "[:_PREFIX]


def _text(one: Connection) -> str:
    head = f"IN=cali{one.number % 0xFFFFFFFFFFF:011x} OUT=eth0 MAC=ee:ee:ee:ee:ee:ee:9a:67:5e:e2:62:83:08:00 "
    ends = f"SRC={one.source.address} DST={one.destination.address} "
    if ":" in one.source.address:
        middle = f"LEN=80 TC=0 HOPLIMIT=63 FLOWLBL=0 PROTO={one.protocol} "
    else:
        middle = f"LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=0 DF PROTO={one.protocol} "
    ports = f"SPT={one.source_port} DPT={one.port} "
    return head + ends + middle + ports + ("WINDOW=64240 RES=0x00 SYN URGP=0" if one.protocol == "TCP" else "LEN=40")
