"""Calico Enterprise and Calico Cloud: ``/var/log/calico/flowlogs/flows.log``, also as Elasticsearch gives it out.

Fields: https://docs.tigera.io/calico-enterprise/latest/observability/elastic/flow/datatypes. A record is an interval of
one end's view (``reporter``) of all connections that are alike after aggregation: pods of a workload are one, with a
name that ends in ``*``, and clients' ports are left out; ``num_flows_started`` are the connections that began.
``bytes_in`` go into the reporter's end (``MetricUpdateIngressConn`` and ``MetricUpdateEgressConn`` of
https://github.com/projectcalico/calico/blob/master/felix/collector/data.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ringfence.flowlogs import calico_names, fields
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

MERGED = "Calico merged pods by the beginning of their names, or left their addresses out, before it wrote records."

_DIRECTIONS = {"src": Direction.EGRESS, "dst": Direction.INGRESS}


class _Reader:
    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        record = fields.record(line)
        if record is None:
            into.unreadable("Lines are no JSON.", where)
            return
        record = _plain(record)
        if not _mine(record):
            into.lose(Loss(LossKind.FOREIGN, "Records are no flows of Calico.", 1, where=where))
            return
        flow = _flow(record)
        first = fields.any_time(record["start_time"])
        last = fields.any_time(record["end_time"])
        if flow is None or first is None or last is None:
            into.unreadable("A flow of Calico has no time, protocol or reporter that can be read.", where)
            return
        back, forth = fields.count(record.get("bytes_in")), fields.count(record.get("bytes_out"))
        if flow.direction is Direction.INGRESS:
            back, forth = forth, back
        started = fields.count(record.get("num_flows_started"))
        into.add(flow, Tally(first, max(first, last), 1, started, forth, back))
        if _merged(flow.source) or _merged(flow.destination):
            into.lose(Loss(LossKind.AGGREGATED, MERGED, 1, where=where))

    def end(self, into: Reduction) -> None:
        """Each line stands for itself."""


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without what Elasticsearch puts around it, and with one spelling of its times."""
    plain = fields.mapping(record.get("_source", record))
    for given, name in (("startTime", "start_time"), ("endTime", "end_time")):
        if given in plain:
            plain.setdefault(name, plain[given])
    return plain


def _merged(end: FlowEnd) -> bool:
    return (end.kind is EndKind.POD and end.pod.endswith("*")) or not end.address


def _flow(record: Mapping[str, Any]) -> Flow | None:
    reporter = str(record.get("reporter", "")).lower()
    protocol = fields.protocol(record.get("proto"))
    if reporter not in _DIRECTIONS or not protocol:
        return None
    policies, pending = _policies(fields.mapping(record.get("policies")))
    return Flow(
        _end(record, "source"),
        _end(record, "dest"),
        protocol,
        fields.port(record.get("dest_port")),
        calico_names.OUTCOMES.get(str(record["action"]).lower(), Outcome.UNKNOWN),
        Opening.OPENS,  # Calico counts connections, from the end that began them
        None,
        _DIRECTIONS[reporter],
        reporter,
        policies=policies,
        pending=pending,
        node=fields.text(record.get("host")),
    )


def _end(record: Mapping[str, Any], side: str) -> FlowEnd:
    names = record.get("dest_domains") if side == "dest" else None
    aggregate = fields.text(record.get(f"{side}_name_aggr"))
    name = fields.text(record.get(f"{side}_name")) or aggregate
    kind = fields.text(record.get(f"{side}_type"))
    return calico_names.end(
        kind,
        aggregate if kind == "net" else name,
        fields.text(record.get(f"{side}_namespace")),
        fields.address(record.get(f"{side}_ip")),
        record.get(f"{side}_labels"),
        tuple(sorted({name for name in fields.sequence(names) if isinstance(name, str)})),
        calico_names.service(record.get("dest_service_namespace"), record.get("dest_service_name"))
        if side == "dest"
        else "",
    )


def _policies(policies: Mapping[str, Any]) -> tuple[tuple[RecordedRule, ...], tuple[RecordedRule, ...]]:
    """What decided, and what staged policies would have done. Older records keep both in one list."""
    every = _in_order(policies.get("enforced_policies") or policies.get("all_policies"))
    every += _in_order(policies.get("transit_policies"))
    enforced = tuple(rule for rule, staged in every if not staged)
    if policies.get("pending_policies"):
        pending = tuple(rule for rule, _ in _in_order(policies["pending_policies"]))
    else:
        pending = tuple(rule for rule, staged in every if staged)
    return enforced, pending if pending != enforced else ()


def _in_order(texts: object) -> list[tuple[RecordedRule, bool]]:
    found = [policy for policy in map(calico_names.policy_of_text, fields.sequence(texts)) if policy is not None]
    return [(rule, staged) for _, rule, staged in sorted(found, key=lambda policy: policy[0])]


def _mine(record: Mapping[str, Any]) -> bool:
    keys = ("start_time", "end_time", "action", "reporter", "source_name_aggr", "dest_name_aggr", "proto")
    return all(key in record for key in keys)


def _recognises(lines: Sequence[bytes]) -> float:
    records = [_plain(record) for record in map(fields.record, lines) if record is not None]
    return sum(map(_mine, records)) / len(lines)


FORMAT = Format("calico", "Calico Enterprise flow log", _recognises, _Reader, independent=True)
