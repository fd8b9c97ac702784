"""The allowed connections as CSV: one row for each source, destination and protocol."""

from __future__ import annotations

import csv
from typing import IO

from ringfence.model.ports import MAX_MESSAGE, AnyProtocol, Icmp, PortSet, Protocol, message_texts
from ringfence.reach.report import ReachReport

COLUMNS = ("src", "dst", "protocol", "ports")


def write(report: ReachReport, out: IO[str]) -> None:
    """Writes the rows in the report's order; a connection is written as soon as it is known."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for connection in report.connections:
        for protocol in (*Protocol, *Icmp):
            ports = spans(connection.ports, protocol)
            if ports:
                writer.writerow((connection.src.name, connection.dst.name, str(protocol), ports))


def spans(ports: PortSet, protocol: AnyProtocol) -> str:
    """Merged intervals ``lo-hi`` joined by ``;``; a single port is written the same way, ``80-80``.

    Messages of ICMP are by type, or type and code: ``8;13-14;5/1``, and ``any``.
    """
    if isinstance(protocol, Icmp):
        found = ports.of_protocol(protocol)
        return (
            "any" if found == ((0, MAX_MESSAGE),) else ";".join(text for span in found for text in message_texts(*span))
        )
    return ";".join(f"{lo}-{hi}" for lo, hi in ports.of_protocol(protocol))
