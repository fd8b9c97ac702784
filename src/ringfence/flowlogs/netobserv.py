"""NetObserv: flows as JSON lines, of Kafka, the command-line tool, or the pipeline's own output.

Fields: https://github.com/netobserv/netobserv-operator/blob/main/docs/flows-format.adoc; the first releases wrote
``SrcPod``, ``SrcWorkloadKind`` and the fields of goflow2 (``TCPFlags``, ``TimeReceived``). A record is the packets of
one direction of a connection at a node within seconds, and only those that were sampled. A verdict is written only
where OVN's network events or the kernel's drops are collected; otherwise a flow is what was seen on its way, and
nobody says whether a policy let it in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ringfence.flowlogs import fields
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.netobserv_ends import end, port
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Direction, Flow, Loss, LossKind, Opening, Outcome, RecordedRule, Tally, TcpAnswer
from ringfence.model.origin import Position

SAMPLED = "NetObserv records one packet in so many; what it didn't record may have been there."
DUPLICATES = "Records are marked as seen at another interface, too; they are counted once."
NOT_IP = "Records are of packets that aren't IP (ARP and others)."
LATER = "Records repeat a connection that goes on (heartbeat), whose end is counted."

_POINTS = {"0": "ingress", "1": "egress", "2": "inner"}
_DIRECTIONS = {"ingress": Direction.INGRESS, "egress": Direction.EGRESS}
_IP = {0x0800, 0x86DD}
_SYN, _RST, _ACK, _SYN_ACK, _RST_ACK = 2, 4, 16, 256, 1024
_CONNECTION = {"newConnection", "endConnection"}

# What the kernel and Open vSwitch say when a rule drops a packet, rather than a fault.
_BY_RULE = {"SKB_DROP_REASON_NETFILTER_DROP", "OVS_DROP_EXPLICIT", "OVS_DROP_LAST_ACTION"}


class _Reader:
    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        record = fields.record(line)
        if record is None:
            into.unreadable("Lines are no JSON.", where)
            return
        read(joined(record), where, into)

    def end(self, into: Reduction) -> None:
        """Each line stands for itself."""


def joined(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the labels that Loki keeps beside it, in the form of ``logcli -o jsonl``; others as they are."""
    labels, text = record.get("labels"), record.get("line")
    if isinstance(labels, dict) and isinstance(text, str):
        inner = fields.record(text.encode("utf-8", "surrogatepass"))
        return labels | inner if inner is not None else record
    return record


def read(record: Mapping[str, Any], where: Position, into: Reduction) -> None:
    """Reads one record; what it can't read becomes a loss at ``where``."""
    if not mine(record):
        into.lose(Loss(LossKind.FOREIGN, "Records are no flows of NetObserv.", 1, where=where))
        return
    etype = fields.whole(record.get("Etype"))
    if etype is not None and etype not in _IP:
        into.lose(Loss(LossKind.FOREIGN, NOT_IP, 1, where=where))
        return
    if record.get("Duplicate") is True:
        into.lose(Loss(LossKind.FOREIGN, DUPLICATES, 1, where=where))
        return
    kind = record.get("_RecordType")
    if kind == "heartbeat":
        into.lose(Loss(LossKind.FOREIGN, LATER, 1, where=where))
        return
    first, last = _times(record)
    flow = _flow(record, str(kind))
    if first is None or last is None or flow is None:
        into.unreadable("A flow of NetObserv has no time, address or protocol that can be read.", where)
        return
    into.add(flow, _tally(record, str(kind), first, last))
    sampling = fields.count(record.get("Sampling")) or fields.count(record.get("SamplingRate")) or 0
    if sampling > 1:
        into.lose(Loss(LossKind.SAMPLED, SAMPLED, sampling, where=where))


def mine(record: Mapping[str, Any]) -> bool:
    """Whether a record is certainly NetObserv's."""
    if "Bytes" not in record and "Bytes_AB" not in record and "_RecordType" not in record:
        return False
    return ("TimeReceived" in record or "TimeFlowEndMs" in record) and ("SrcAddr" in record or "Etype" in record)


def _times(record: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Begin and end of a record; older ones have only the time when it was received."""
    received = fields.seconds(record.get("TimeReceived"))
    last = fields.seconds(record.get("TimeFlowEndMs"), 0.001) or fields.seconds(record.get("TimeFlowEnd")) or received
    first = fields.seconds(record.get("TimeFlowStartMs"), 0.001) or fields.seconds(record.get("TimeFlowStart")) or last
    if first is not None and last is not None and first > last:
        first = last
    return first, last


def _tally(record: Mapping[str, Any], kind: str, first: float, last: float) -> Tally:
    if kind == "newConnection":
        return Tally(first, first, 1, 1)
    if kind == "endConnection":
        there, back = fields.count(record.get("Bytes_AB")), fields.count(record.get("Bytes_BA"))
        return Tally(last, last, 1, 0, there, back)
    return Tally(first, last, 1, None, fields.count(record.get("Bytes")))


def _flow(record: Mapping[str, Any], kind: str) -> Flow | None:
    source, destination = end(record, "Src"), end(record, "Dst")
    protocol = fields.protocol(record.get("Proto"))
    if not source.address or not destination.address or not protocol:
        return None
    opening = Opening.OPENS if kind in _CONNECTION else _opening(record, protocol)
    if protocol in {"ICMP", "ICMPv6"}:
        source_port, served = None, fields.icmp_type(record.get("IcmpType"))
    else:
        source_port, served = fields.kept_ports(opening, port(record, "Src", source), port(record, "Dst", destination))
    point = _POINTS.get(str(record.get("FlowDirection", record.get("FlowDir", ""))), "")
    outcome, reason = _outcome(record)
    policies, direction = _policies(record)
    return Flow(
        source,
        destination,
        protocol,
        served,
        outcome,
        opening,
        source_port,
        direction,
        "connection" if kind in _CONNECTION else point,
        per_connection=kind in _CONNECTION,
        policies=policies,
        reason=reason,
        application=_application(record),
        node=fields.address(record.get("AgentIP")),
        answer=TcpAnswer.NONE if opening is Opening.OPENS else _answer(record, protocol),
    )


def _opening(record: Mapping[str, Any], protocol: str) -> Opening:
    """Flags are the OR of those of all packets; NetObserv has a flag of its own for SYN with ACK."""
    if protocol in {"ICMP", "ICMPv6"}:
        return fields.icmp_opening(protocol, fields.icmp_type(record.get("IcmpType")))
    if protocol != "TCP":
        return Opening.UNKNOWN
    flags = record.get("Flags")
    if isinstance(flags, list):
        return fields.opening(syn="SYN" in flags or "SYN_ACK" in flags, ack="SYN_ACK" in flags)
    bits = fields.count(flags)
    if bits is not None:
        return fields.opening(syn=bool(bits & (_SYN | _SYN_ACK)), ack=bool(bits & _SYN_ACK))
    bits = fields.count(record.get("TCPFlags")) or 0
    # Of flags that are OR-ed over a direction, SYN with ACK may be of the client's first and later packets.
    return Opening.OPENS if bits & _SYN and not bits & _ACK else Opening.UNKNOWN


def _answer(record: Mapping[str, Any], protocol: str) -> TcpAnswer:
    """What a direction answered: accepted wins over a reset that ended the connection in the same interval."""
    flags = record.get("Flags")
    if protocol != "TCP":
        return TcpAnswer.NONE
    if isinstance(flags, list):
        accepts = "SYN_ACK" in flags
        return fields.tcp_answer(syn=accepts or "SYN" in flags, ack=accepts, rst="RST" in flags or "RST_ACK" in flags)
    bits = fields.count(flags) or 0
    accepts = bool(bits & _SYN_ACK)
    return fields.tcp_answer(syn=accepts or bool(bits & _SYN), ack=accepts, rst=bool(bits & (_RST | _RST_ACK)))


def _outcome(record: Mapping[str, Any]) -> tuple[Outcome, str]:
    actions = {str(event.get("Action", "")).lower() for event in _acl_events(record)}
    if "drop" in actions:
        return Outcome.DENIED, ""
    if "reject" in actions:
        return Outcome.REJECTED, ""
    dropped, packets = fields.count(record.get("PktDropPackets")) or 0, fields.count(record.get("Packets")) or 0
    if dropped and dropped >= packets:
        cause = fields.text(record.get("PktDropLatestDropCause"))
        return Outcome.DENIED if cause in _BY_RULE else Outcome.FAILED, cause
    if any(action.startswith("allow") for action in actions):
        return Outcome.ALLOWED, ""
    return Outcome.UNKNOWN, ""


def _acl_events(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    events = [fields.mapping(event) for event in fields.sequence(record.get("NetworkEvents"))]
    return [event for event in events if event.get("Feature") == "acl"]


def _policies(record: Mapping[str, Any]) -> tuple[tuple[RecordedRule, ...], Direction | None]:
    rules, directions = [], set()
    for event in _acl_events(record):
        kind = fields.text(event.get("Type"))
        name, namespace = fields.text(event.get("Name")), fields.text(event.get("Namespace"))
        rules.append(RecordedRule(name, namespace, kind, action=fields.text(event.get("Action"))))
        directions.add(_DIRECTIONS.get(fields.text(event.get("Direction")).lower()))
    return tuple(rules), directions.pop() if len(directions) == 1 else None


def _application(record: Mapping[str, Any]) -> str:
    name = fields.text(record.get("DnsName"))
    return f"query {name.rstrip('.')}" if name else ""


def _recognises(lines: Sequence[bytes]) -> float:
    records = [joined(record) for record in map(fields.record, lines) if record is not None]
    return sum(map(mine, records)) / len(lines)


FORMAT = Format("netobserv", "NetObserv flows", _recognises, _Reader, independent=True)
