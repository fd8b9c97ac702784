"""The allowed connections as CSV: one row for each source, destination and protocol."""

from __future__ import annotations

import csv
from typing import IO

from ringfence.model.ports import PortSet, Protocol
from ringfence.reach.report import ReachReport

COLUMNS = ("src", "dst", "protocol", "ports")


def write(report: ReachReport, out: IO[str]) -> None:
    """Writes the rows in the report's order; a connection is written as soon as it is known."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for connection in report.connections:
        for protocol in Protocol:
            ports = spans(connection.ports, protocol)
            if ports:
                writer.writerow((connection.src.name, connection.dst.name, str(protocol), ports))


def spans(ports: PortSet, protocol: Protocol) -> str:
    """Merged intervals ``lo-hi`` joined by ``;``; a single port is written the same way, ``80-80``."""
    return ";".join(f"{lo}-{hi}" for lo, hi in ports.of_protocol(protocol))
