"""AWS network policy agent: its log file in JSON of both generations, and what it sends to CloudWatch.

``capturePolicyEvents`` of https://github.com/aws/aws-network-policy-agent/blob/main/pkg/ebpf/events/events.go writes
them all: first with the values as fields (1.0 and 1.1), now in the text of the message, with ``:`` after each word
only for IPv6, and for CloudWatch ``Node: …;SIP: …;…``. No policy is named. Replies of forgotten connections
are written as denied (issue 100 there), so which end is the client stays open; a destination may be the cluster address
of a Service, as the agent looks before it is translated. Accepted connections are in the file only at log level debug.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringfence.flowlogs import fields
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

_TEXT = re.compile(
    r"Flow Info:\s+Src IP: (\S+) Src Port: (\d+) Dest IP: (\S+) Dest Port: (\d+) "
    r"Proto:? (\S+) Verdict:? ([^\s,]+)(?: Direction:? (\w+))?,?(?: Tier:? (\w+))?"
)
_FIRST = re.compile(r"\S+")

_OUTCOMES = {"ACCEPT": Outcome.ALLOWED, "DENY": Outcome.DENIED}
_DIRECTIONS = {"ingress": Direction.INGRESS, "egress": Direction.EGRESS}
# The kind of the objects in the agent's tiers; at DEFAULT there was none. None of them is named.
_TIERS = {"ADMIN": "ClusterNetworkPolicy", "NETWORK_POLICY": "NetworkPolicy", "BASELINE": "ClusterNetworkPolicy"}


@dataclass(slots=True)
class _Event:
    source: object
    source_port: object
    destination: object
    port: object
    protocol: object
    verdict: str
    direction: str = ""
    tier: str = ""
    node: str = ""


class _Reader:
    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        record = fields.record(line)
        if record is None and line.lstrip().startswith(b"{"):
            into.unreadable("Lines are no JSON.", where)
            return
        text = _message(record) if record is not None else line.decode("utf-8", "replace")
        event = _event(record or {}, text)
        if event is None:
            if _wants(text):
                into.unreadable("A flow of the network policy agent isn't complete.", where)
            else:
                into.lose(Loss(LossKind.FOREIGN, "Lines are no flows of the network policy agent.", 1, where=where))
            return
        time = _time(record, text)
        if time is None:
            into.unreadable("A flow of the network policy agent has no time.", where)
            return
        flow = _flow(event)
        if flow is None:
            into.unreadable("A flow of the network policy agent has no address that can be read.", where)
            return
        if flow.direction is None and flow.outcome is not Outcome.DENIED and not (flow.node or into.writer):
            into.unplaced(where)
        into.add(flow, Tally(time, time, 1))

    def end(self, into: Reduction) -> None:
        """Each line stands for itself."""


def _message(record: Mapping[str, Any]) -> str:
    return next((record[key] for key in ("msg", "message", "@message") if isinstance(record.get(key), str)), "")


def _time(record: Mapping[str, Any] | None, text: str) -> float | None:
    if record is not None:
        return next(
            (time for key in ("ts", "timestamp", "@timestamp") if (time := fields.any_time(record.get(key)))), None
        )
    first = _FIRST.match(text)
    return fields.any_time(first[0]) if first is not None else None


def _wants(text: str) -> bool:
    return text.startswith("Flow Info") or (";SIP: " in text and "Node: " in text)


def _event(record: Mapping[str, Any], text: str) -> _Event | None:
    if "Src IP" in record and "Dest IP" in record:
        return _Event(
            record["Src IP"],
            record.get("Src Port"),
            record["Dest IP"],
            record.get("Dest Port"),
            record.get("Proto"),
            str(record.get("Verdict", "")),
        )
    match = _TEXT.search(text)
    if match is not None:
        source, source_port, destination, port, protocol, verdict, direction, tier = match.groups("")
        return _Event(source, source_port, destination, port, protocol, verdict, direction.lower(), tier)
    _, node, rest = text.partition("Node: ")
    if node:
        pairs = dict(part.strip().partition(": ")[::2] for part in (node + rest).split(";"))
        if {"SIP", "DIP", "PolicyVerdict"} <= pairs.keys():
            return _Event(
                pairs["SIP"],
                pairs.get("SPORT"),
                pairs["DIP"],
                pairs.get("DPORT"),
                pairs.get("PROTOCOL"),
                pairs["PolicyVerdict"],
                pairs.get("Direction", "").lower(),
                pairs.get("Tier", ""),
                pairs["Node"],
            )
    return None


def _flow(event: _Event) -> Flow | None:
    source, destination = fields.address(event.source), fields.address(event.destination)
    if not source or not destination:
        return None
    outcome = _OUTCOMES.get(event.verdict, Outcome.UNKNOWN)
    kind = _TIERS.get(event.tier)
    source_port, port = fields.kept_ports(Opening.UNKNOWN, fields.port(event.source_port), fields.port(event.port))
    return Flow(
        FlowEnd(EndKind.UNKNOWN, source),
        FlowEnd(EndKind.UNKNOWN, destination),
        fields.protocol(event.protocol) or "unknown",
        port,
        outcome,
        Opening.UNKNOWN,
        source_port,
        _DIRECTIONS.get(event.direction),
        "agent",
        per_connection=outcome is Outcome.ALLOWED,
        policies=() if kind is None else (RecordedRule(kind=kind, action=event.verdict),),
        reason="" if outcome is not Outcome.UNKNOWN else event.verdict,
        node=event.node,
    )


def _recognises(lines: Sequence[bytes]) -> float:
    flows = agent = 0
    for line in lines:
        record = fields.record(line)
        text = _message(record) if record is not None else line.decode("utf-8", "replace")
        if _event(record or {}, text) is not None:
            flows += 1
        elif record is not None and {"level", "ts", "msg"} <= record.keys():
            agent += 1  # a line of the same log about something else
    return (flows + agent) / len(lines) if flows else 0.0


FORMAT = Format("aws-agent", "AWS network policy agent log", _recognises, _Reader, independent=True)
