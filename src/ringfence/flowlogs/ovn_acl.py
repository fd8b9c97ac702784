"""OVN ACL audit: ``acl-audit-log.log``, or ``ovn-controller``'s log with its other lines.

OVN writes one line a packet that meets an ACL with logging (``handle_acl_log`` of
https://github.com/ovn-org/ovn/blob/main/lib/acl-log.c, the packet in ``flow_format`` of Open vSwitch);
OVN-Kubernetes names ACLs by ``GetACLName``
(https://github.com/ovn-kubernetes/ovn-kubernetes/blob/master/go-controller/pkg/libovsdb/util/acl.go) and cuts names
after 63 characters. Messages are numbered by thread, so what is missing shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ringfence.flowlogs import fields
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.ovn_names import policy_of
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, Loss, LossKind, Opening, Outcome, Tally, TcpAnswer
from ringfence.model.origin import Position

# A search begins with a bar, so that a long line of anything else is passed over once.
_MESSAGE = re.compile(
    rb"\|(?P<number>\d{1,10})\|(?P<module>\w+)(?:\((?P<thread>[^)|]*)\))?\|(?P<level>[A-Z]+)\|(?P<text>.*)", re.DOTALL
)
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ][0-9:.,]+(?:Z|[+-]\d\d:?\d\d)?")
_ACL = re.compile(
    r'name="(?P<name>(?:[^"\\]|\\.)*)", verdict=(?P<verdict>[^,]+), severity=[^,:]+'
    r"(?:, direction=(?P<direction>[^:,]+))?: (?P<packet>.*)",
    re.DOTALL,
)
_DROPPED = re.compile(r"Dropped (\d{1,12}) log messages in last")

_OUTCOMES = {
    "allow": Outcome.ALLOWED,
    "drop": Outcome.DENIED,
    "reject": Outcome.REJECTED,
    "pass": Outcome.UNKNOWN,  # a later tier decides, and writes its own line if it logs
}
_DIRECTIONS = {"to-lport": Direction.INGRESS, "from-lport": Direction.EGRESS}
_PROTOCOLS = {
    "tcp": "TCP",
    "tcp6": "TCP",
    "udp": "UDP",
    "udp6": "UDP",
    "sctp": "SCTP",
    "sctp6": "SCTP",
    "icmp": "ICMP",
    "icmp6": "ICMPv6",
}

RATE = (
    "OVN-Kubernetes writes no more than a number of ACL lines a second and node (20 by default); how many more there \
were isn't told."
)
_GAP = "Numbers are missing in a thread's messages: lines that were lost, or that went to another log."


class _Reader:
    def __init__(self) -> None:
        self._last: dict[tuple[bytes, bytes], int] = {}
        self._warned = False

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        match = _MESSAGE.search(line)
        if match is None:
            into.lose(Loss(LossKind.FOREIGN, "Lines are no messages of OVN.", 1, where=where))
            return
        before = line[: match.start()]
        stamp = _TIME.search(before)
        # What syslog writes before a message tells the nodes apart whose messages are in one log.
        self._number(before[stamp.end() :] if stamp is not None else before, match, where, into)
        text = match["text"].decode("utf-8", "replace")
        if match["module"] != b"acl_log":
            into.lose(Loss(LossKind.FOREIGN, "Messages of OVN are about other things than ACLs.", 1, where=where))
            return
        dropped = _DROPPED.search(text)
        if dropped is not None:
            detail = "OVN says that it dropped log messages due to their rate."
            into.lose(Loss(LossKind.RATE_LIMITED, detail, int(dropped[1]), where=where))
            return
        acl = _ACL.match(text)
        if acl is None:
            into.unreadable("An ACL message of OVN isn't complete.", where)
            return
        time = fields.moment(stamp[0].decode()) if stamp is not None else None
        if time is None:
            into.unreadable("An ACL message of OVN has no time.", where)
            return
        flow = _flow(acl)
        if flow is None:
            into.unreadable("The packet of an ACL message of OVN has no addresses, or isn't IP.", where)
            return
        into.add(flow, Tally(time, time, 1))
        if not self._warned:
            self._warned = True
            into.lose(Loss(LossKind.RATE_LIMITED, RATE, None, where=where))

    def end(self, into: Reduction) -> None:
        """Nothing is remembered but numbers, and the next line may go on with them."""

    def _number(self, who: bytes, match: re.Match[bytes], where: Position, into: Reduction) -> None:
        thread, number = (who, match["thread"] or b""), int(match["number"])
        last = self._last.get(thread)
        self._last[thread] = number
        if last is None or number <= last:  # the first of a file, or of a process that was started again
            return
        if number > last + 1:
            into.lose(Loss(LossKind.SEQUENCE_GAP, _GAP, number - last - 1, where=where))


def _flow(acl: re.Match[str]) -> Flow | None:
    kind, _, rest = acl["packet"].partition(",")
    packet = dict(part.partition("=")[::2] for part in rest.split(","))
    source = fields.address(packet.get("nw_src") or packet.get("ipv6_src"))
    destination = fields.address(packet.get("nw_dst") or packet.get("ipv6_dst"))
    protocol = _PROTOCOLS.get(kind) or fields.protocol(packet.get("nw_proto", ""))
    if not source or not destination or not protocol:
        return None
    opening, answer = Opening.UNKNOWN, TcpAnswer.NONE
    source_port = port = None
    if protocol in {"ICMP", "ICMPv6"}:
        port = fields.icmp_type(packet.get("icmp_type"))
        opening = fields.icmp_opening(protocol, port)
    else:
        if protocol == "TCP":
            flags = packet.get("tcp_flags", "").split("|")
            syn, ack = "syn" in flags, "ack" in flags
            opening, answer = fields.opening(syn=syn, ack=ack), fields.tcp_answer(syn=syn, ack=ack, rst="rst" in flags)
        source_port, port = fields.kept_ports(
            opening, fields.port(packet.get("tp_src")), fields.port(packet.get("tp_dst"))
        )
    verdict = acl["verdict"].strip()
    policy, named = policy_of(acl["name"], verdict)
    return Flow(
        FlowEnd(EndKind.UNKNOWN, source),
        FlowEnd(EndKind.UNKNOWN, destination),
        protocol,
        port,
        _OUTCOMES.get(verdict, Outcome.UNKNOWN),
        opening,
        source_port,
        _DIRECTIONS.get(acl["direction"] or "", named),
        "acl",
        policies=() if policy is None else (policy,),
        reason="" if verdict in {"allow", "drop", "reject"} else verdict,
        answer=answer,
    )


def _recognises(lines: Sequence[bytes]) -> float:
    messages = [match for match in map(_MESSAGE.search, lines) if match is not None]
    if not any(match["module"] == b"acl_log" for match in messages):
        return 0.0
    return len(messages) / len(lines)


FORMAT = Format("ovn-acl", "OVN ACL audit log", _recognises, _Reader)
