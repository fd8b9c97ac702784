"""What a record of Hubble means: its outcome, its direction, and who decided.

The rules are those by which Hubble fills the fields (``pkg/hubble/parser`` of github.com/cilium/cilium, ``threefour``
for packets and ``seven`` for the proxy).
"""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.flowlogs.fields import icmp_opening, kept_ports, opening, tcp_answer
from ringfence.flowlogs.hubble_ends import Ends
from ringfence.flowlogs.hubble_l7 import application
from ringfence.flowlogs.hubble_record import NO_ADDRESSES, Enum, Flags, FlowRecord, Layer4, Policy
from ringfence.model.flow import Direction, Flow, Opening, Outcome, RecordedRule, TcpAnswer

DROP = 1
DEBUG = 2
CAPTURE = 3
TRACE = 4
POLICY_VERDICT = 5
SOCKET = 7
PROXY = 129

ALLOW_ALL = "allow-all"
"""Reason of a flow that only a policy map's allow-all entry let pass: a default deny would cut it."""

NO_REASON = "no drop reason recorded"

_MATCH_ALL = 4  # policy_match_type: the entry for all peers and ports

_VERDICTS = {
    "FORWARDED": Outcome.ALLOWED,
    "REDIRECTED": Outcome.ALLOWED,  # to the proxy, whose own records say what became of it
    "AUDIT": Outcome.AUDITED,
    "ERROR": Outcome.FAILED,
}

_POLICY_DROPS = {133: "POLICY_DENIED", 181: "POLICY_DENY", 189: "AUTH_REQUIRED"}
"""Drop reasons that are a policy's: denied by default, denied by a rule, and no authentication yet."""

_DIRECTIONS: dict[Enum, Direction] = {"INGRESS": Direction.INGRESS, "EGRESS": Direction.EGRESS}

_POINTS = {DROP: "drop", POLICY_VERDICT: "policy-verdict", SOCKET: "socket", PROXY: "proxy"}

_POLICY_LABEL = "k8s:io.cilium.k8s.policy."


def make_flow(record: FlowRecord, node: str, ends: Ends) -> Flow:
    """The flow of a record; ``node`` is the node of the message around it, for records that don't name theirs.

    Raises:
        msgspec.ValidationError: an end isn't as Hubble writes it.
    """
    addresses = record.ip or NO_ADDRESSES
    event = record.event_type.type if record.event_type is not None else 0
    protocol, source_port, port, opens = connection(record)
    told = flags(record)
    outcome, reason = _outcome(record, event)
    direction = _DIRECTIONS.get(record.traffic_direction)
    return Flow(
        source=ends.make(record.source, addresses.source, record.source_names, record.source_service),
        destination=ends.make(
            record.destination, addresses.destination, record.destination_names, record.destination_service
        ),
        protocol=protocol,
        port=port,
        outcome=outcome,
        opening=opens,
        source_port=source_port,
        direction=direction,
        point=_point(record, event),
        per_connection=event == POLICY_VERDICT,
        policies=_policies(record, outcome, direction),
        reason=reason,
        application=application(record.l7),
        node=(record.node_name or node).rpartition("/")[2],  # CLUSTER/NODE
        answer=TcpAnswer.NONE
        if told is None or opens is Opening.OPENS
        else tcp_answer(syn=told.syn, ack=told.ack, rst=told.rst),
    )


def tells_verdict(record: FlowRecord) -> bool:
    """Whether a record is more than what someone asked for who debugs."""
    return record.event_type is None or record.event_type.type not in (DEBUG, CAPTURE)


def weight(record: FlowRecord) -> int:
    """How many flows a record stands for."""
    if record.aggregate is None:
        return 1
    counts = record.aggregate
    try:
        total = (
            int(counts.ingress_flow_count) + int(counts.egress_flow_count) + int(counts.unknown_direction_flow_count)
        )
    except ValueError:
        return 1
    return max(1, total)


def opened(record: FlowRecord, opens: Opening) -> int | None:
    """How many connections a record opens: what a trace with SYN stands for, and 0 of every other trace of TCP.

    None where a record doesn't tell: it isn't of a packet that was let through, or has no flags.
    """
    told = flags(record)
    event = record.event_type.type if record.event_type is not None else 0
    if told is None or record.verdict != "FORWARDED" or event not in (0, TRACE):
        return None
    return weight(record) if told.syn and told.ack is (opens is Opening.REPLY) else 0


def flags(record: FlowRecord) -> Flags | None:
    """The TCP flags of a record's packet; None where it has none."""
    return record.l4.tcp.flags if record.l4 is not None and record.l4.tcp is not None else None


def connection(record: FlowRecord) -> tuple[str, int | None, int | None, Opening]:
    """Protocol, source port and port as a flow keeps them, and whether the packet opens the connection."""
    protocol, source_port, port, told = _layer4(record.l4)
    opens = _opening(record, told)
    if protocol not in ("ICMP", "ICMPv6"):
        source_port, port = kept_ports(opens, source_port, port)
    return protocol, source_port, port, opens


def _layer4(l4: Layer4 | None) -> tuple[str, int | None, int | None, Opening]:
    """Protocol, source and destination port, and what the flags say."""
    if l4 is None:
        return "", None, None, Opening.UNKNOWN
    for name, ports in (("TCP", l4.tcp), ("UDP", l4.udp), ("SCTP", l4.sctp)):
        if ports is not None:
            told = ports.flags
            opens = opening(syn=told.syn, ack=told.ack) if told is not None else Opening.UNKNOWN
            return name, _port(ports.source_port), _port(ports.destination_port), opens
    for name, icmp in (("ICMP", l4.icmp4), ("ICMPv6", l4.icmp6)):
        if icmp is not None:
            return name, None, icmp.type, icmp_opening(name, icmp.type)
    return ("112" if l4.vrrp is not None else "2" if l4.igmp is not None else ""), None, None, Opening.UNKNOWN


def _port(number: int) -> int | None:
    return number if 0 < number < 65536 else None


def _opening(record: FlowRecord, told: Opening) -> Opening:
    """Whether a record's packet goes the way of its connection. Hubble itself doesn't know it of drops."""
    if record.is_reply is not None:
        return Opening.REPLY if record.is_reply else Opening.OPENS
    if record.reply:
        return Opening.REPLY
    if record.l7 is not None and record.l7.type in ("REQUEST", "RESPONSE"):
        return Opening.OPENS if record.l7.type == "REQUEST" else Opening.REPLY
    return told


def _outcome(record: FlowRecord, event: int) -> tuple[Outcome, str]:
    verdict = record.verdict
    if verdict == "DROPPED":
        return _drop(record, event)
    if verdict == "FORWARDED" and event == POLICY_VERDICT and record.policy_match_type == _MATCH_ALL:
        return Outcome.ALLOWED, ALLOW_ALL
    return _VERDICTS.get(str(verdict), Outcome.UNKNOWN), ""


def _drop(record: FlowRecord, event: int) -> tuple[Outcome, str]:
    if event == PROXY or record.l7 is not None:
        return Outcome.REJECTED, "denied by the proxy"  # it answers: 403, or REFUSED
    reason = record.drop_reason_desc
    number = reason if isinstance(reason, int) else record.drop_reason
    if isinstance(reason, str) and reason not in ("", "DROP_REASON_UNKNOWN"):
        return (Outcome.DENIED if reason in _POLICY_DROPS.values() else Outcome.FAILED), reason
    if number in _POLICY_DROPS:
        return Outcome.DENIED, _POLICY_DROPS[number]
    if number:
        return Outcome.FAILED, f"drop reason {number}"
    return Outcome.DENIED, NO_REASON


def _point(record: FlowRecord, event: int) -> str:
    point = record.trace_observation_point
    if isinstance(point, str) and point not in ("", "UNKNOWN_POINT"):
        return point.lower().replace("_", "-")
    if event in _POINTS:
        return _POINTS[event]
    return "proxy" if record.l7 is not None else ""


def _policies(record: FlowRecord, outcome: Outcome, direction: Direction | None) -> tuple[RecordedRule, ...]:
    denied = outcome in (Outcome.DENIED, Outcome.REJECTED, Outcome.AUDITED)
    egress = record.egress_denied_by if denied else record.egress_allowed_by
    ingress = record.ingress_denied_by if denied else record.ingress_allowed_by
    own = egress if direction is Direction.EGRESS else ingress if direction is Direction.INGRESS else ()
    rules = own or (*egress, *ingress)
    log = record.policy_log[0] if len(rules) == 1 and len(record.policy_log) == 1 else ""
    return tuple(_rules(rules, "deny" if denied else "allow", log))


def _rules(policies: Iterable[Policy], action: str, log: str) -> Iterable[RecordedRule]:
    for policy in policies:
        labels = {}
        for label in policy.labels:
            key, _, value = label.removeprefix(_POLICY_LABEL).partition("=")
            labels[key] = value
        yield RecordedRule(
            name=policy.name or labels.get("name", ""),
            namespace=policy.namespace or labels.get("namespace", ""),
            kind=policy.kind or labels.get("derived-from", ""),
            rule=log,
            action=action,
        )
