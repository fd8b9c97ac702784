"""The allowed connections as a ReachReport document, a connection a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import IO

from ringfence.model.finding import Finding
from ringfence.reach.report import Connection, ReachReport, ReachSummary
from ringfence.render.json_values import API_VERSION, Json, findings, ports

_SUMMARY_NAMES = {
    "host_network_pods": "hostNetworkPods",
    "to_external": "toExternal",
    "from_external": "fromExternal",
    "isolated_ingress": "isolatedIngress",
    "isolated_egress": "isolatedEgress",
}


def write(report: ReachReport, found: Iterable[Finding], out: IO[str], *, summary_only: bool = False) -> None:
    """Writes the document; connections are written as soon as they are known, and left out of a summary."""
    head = f'{{"apiVersion": "{API_VERSION}", "kind": "ReachReport", "by": "{report.grouping.value}"'
    out.write(f'{head},\n"summary": {json.dumps(summary(report.summary))}')
    if not summary_only:
        out.write(f',\n"ends": {json.dumps([end.name for end in report.ends], ensure_ascii=False)}')
        out.write(',\n"connections": [')
        separator = "\n"
        for connection in report.connections:
            out.write(separator + json.dumps(_connection(connection), ensure_ascii=False))
            separator = ",\n"
        out.write("\n]")
    out.write(f',\n"findings": {json.dumps(findings([*report.notes, *found]), ensure_ascii=False)}}}\n')


def summary(value: ReachSummary) -> Json:
    """The counts by name."""
    return {_SUMMARY_NAMES.get(name, name): count for name, count in asdict(value).items()}


def _connection(connection: Connection) -> Json:
    fields: Json = {"src": connection.src.name, "dst": connection.dst.name, "ports": ports(connection.ports)}
    if connection.varies:
        fields["always"] = ports(connection.always)
    return fields
