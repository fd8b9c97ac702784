"""GKE network policy logging: ``policy_action.log`` of a node, or the entries of Cloud Logging around it.

The record is ``PolicyActionLogEntry`` of
https://github.com/skmatti/cilium/blob/main/pkg/gke/networklogging/policylogger/format.go, described in
https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy-logging. An allowed connection is written once,
with its policies; denied ones are put together, with their count and the first one's source port or none, and without
a policy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ringfence.flowlogs import fields
from ringfence.flowlogs.documents import Documents, share
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import (
    Direction,
    EndKind,
    Flow,
    FlowEnd,
    Loss,
    LossKind,
    Opening,
    Outcome,
    RecordedRule,
    Tally,
)
from ringfence.model.origin import Position

_OUTCOMES = {"allow": Outcome.ALLOWED, "deny": Outcome.DENIED}
_DIRECTIONS = {"ingress": Direction.INGRESS, "egress": Direction.EGRESS}


class _Reader:
    def __init__(self) -> None:
        self._documents = Documents("entries")

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        for record in self._documents.records(line, where, into):
            _read(record, where, into)

    def end(self, into: Reduction) -> None:
        self._documents.end(into)


def _read(record: Mapping[str, Any], where: Position, into: Reduction) -> None:
    entry: Mapping[str, Any] = {}
    if "jsonPayload" in record:
        entry, record = record, fields.mapping(record["jsonPayload"])
    if not _mine(record):
        into.lose(Loss(LossKind.FOREIGN, "Records are not of network policy logging.", 1, where=where))
        return
    time = fields.any_time(record.get("timestamp")) or fields.any_time(entry.get("timestamp"))
    flow = _flow(record, fields.mapping(fields.mapping(entry.get("resource")).get("labels")))
    if time is None or flow is None:
        into.unreadable("A record of network policy logging has no time, address or protocol that can be read.", where)
        return
    into.add(flow, Tally(time, time, 1, fields.count(record.get("count"))))


def _flow(record: Mapping[str, Any], resource: Mapping[str, Any]) -> Flow | None:
    connection = fields.mapping(record["connection"])
    cluster = fields.text(resource.get("cluster_name"))
    source = _end(fields.mapping(record.get("src")), fields.address(connection.get("src_ip")), cluster)
    destination = _end(fields.mapping(record.get("dest")), fields.address(connection.get("dest_ip")), cluster)
    protocol = fields.protocol(connection.get("protocol"))
    if not source.address or not destination.address or not protocol:
        return None
    outcome = _OUTCOMES.get(str(record["disposition"]).lower(), Outcome.UNKNOWN)
    allowed = outcome is Outcome.ALLOWED
    opening = Opening.OPENS if allowed else Opening.UNKNOWN
    source_port, port = fields.kept_ports(
        opening, fields.port(connection.get("src_port")), fields.port(connection.get("dest_port"))
    )
    node = fields.text(record.get("node_name")) or fields.text(resource.get("node_name"))
    return Flow(
        source,
        destination,
        protocol,
        port,
        outcome,
        opening,
        source_port,
        _DIRECTIONS.get(str(connection.get("direction")).lower()),
        "policy-action",
        per_connection=allowed,
        policies=tuple(
            RecordedRule(
                fields.text(policy.get("name")),
                fields.text(policy.get("namespace")),
                fields.text(policy.get("kind")),
                action=str(record["disposition"]),
            )
            for policy in map(fields.mapping, fields.sequence(record.get("policies")))
        ),
        node=node,
    )


def _end(workload: Mapping[str, Any], address: str, cluster: str) -> FlowEnd:
    pod, node = fields.text(workload.get("pod_name")), fields.text(workload.get("node_name"))
    kind, name = fields.text(workload.get("workload_kind")), fields.text(workload.get("workload_name"))
    namespace = fields.text(workload.get("pod_namespace")) or fields.text(workload.get("namespace"))
    if pod:
        return FlowEnd(EndKind.POD, address, namespace, pod, f"{kind}/{name}" if kind and name else "", cluster=cluster)
    if node:
        return FlowEnd(EndKind.NODE, address, pod=node, workload=f"Node/{node}", cluster=cluster)
    return FlowEnd(EndKind.UNKNOWN, address, namespace, cluster=cluster)


def _mine(record: Mapping[str, Any]) -> bool:
    connection = record.get("connection")
    return isinstance(connection, dict) and "src_ip" in connection and "disposition" in record and "src" in record


def _recognises(lines: Sequence[bytes]) -> float:
    return share(
        lines,
        lambda record: _mine(fields.mapping(record.get("jsonPayload", record))),
        (b"connection", b"disposition", b"srcip", b"destip"),
    )


FORMAT = Format("gke", "GKE network policy log", _recognises, _Reader)
