"""``hubble observe -o compact``: a flow a line, as people see it on a terminal.

Written by Hubble's client (https://github.com/cilium/cilium/blob/main/hubble/pkg/printer). ``->`` is a
packet of its connection's direction, ``<-`` a reply, whose ends are swapped when it is written, and ``<>`` one of which
Hubble doesn't know it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from ringfence.flowlogs import fields
from ringfence.flowlogs.cilium_packets import number, with_opening
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.hubble_ends import kind_of_identity
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.yearless import MONTHS, Yearless
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, Loss, LossKind, Opening, Outcome, Tally
from ringfence.model.origin import Position

_LINE = re.compile(
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\S+?)(?: \[(?P<node>[^\]]*)\])?: "
    r"(?P<left>\S+)(?: \((?P<left_id>[^)]*)\))? (?P<arrow>->|<-|<>) (?P<right>\S+)(?: \((?P<right_id>[^)]*)\))? "
    r"(?P<what>.*?) ?\b(?:(?P<direction>INGRESS|EGRESS) )?(?P<verdict>[A-Z]+)(?: \((?P<summary>.*)\))?$"
)
_STAMP = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?)$")
_END = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<name>[^\s]+?))(?::(?P<port>\d{1,5}))?$")

_VERDICTS = {
    "FORWARDED": Outcome.ALLOWED,
    "ALLOWED": Outcome.ALLOWED,
    "REDIRECTED": Outcome.ALLOWED,
    "DROPPED": Outcome.DENIED,
    "DENIED": Outcome.DENIED,
    "AUDITED": Outcome.AUDITED,
    "AUDIT": Outcome.AUDITED,
    "ERROR": Outcome.FAILED,
    "TRACED": Outcome.UNKNOWN,
    "TRANSLATED": Outcome.UNKNOWN,
}

_REASONS = {
    "Policy denied": "POLICY_DENIED",
    "Policy denied by denylist": "POLICY_DENY",
    "Authentication required": "AUTH_REQUIRED",
}

_FLAGS = "TCP Flags: "

_ICMP = {"EchoRequest": (8, 128), "EchoReply": (0, 129)}


class CompactReader:
    """Reads lines one by one."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._years = Yearless(clock)

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        """Reads one line."""
        match = _LINE.match(line.decode("utf-8", "replace").rstrip())
        if match is None or match["verdict"] not in _VERDICTS:
            into.lose(Loss(LossKind.FOREIGN, "Lines that are no flows of hubble observe.", 1, where=where))
            return
        at = self._time(match["time"], where, into)
        if at is None:
            into.unreadable("A line has no time that there is.", where)
            return
        flow = _flow(match)
        into.add(flow, Tally(at, at, 1, _opened(match, flow)))

    def end(self, into: Reduction) -> None:
        """Nothing is remembered from one line to the next."""

    def _time(self, text: str, where: Position, into: Reduction) -> float | None:
        stamp = _STAMP.match(text)
        if stamp is None:
            return fields.moment(text)
        month, day, hour, minute, second = stamp.groups()
        clock = int(hour), int(minute), float(second)
        if clock[2] >= 60:
            return None
        at = self._years.moment(MONTHS.get(month, 0), int(day), clock)
        if at is not None:
            self._years.say(where, into)
        return at


def _flow(match: re.Match[str]) -> Flow:
    left, left_port = _end(match["left"], match["left_id"] or "")
    right, right_port = _end(match["right"], match["right_id"] or "")
    arrow, what, summary = match["arrow"], match["what"], match["summary"] or ""
    opens = {"->": Opening.OPENS, "<-": Opening.REPLY}.get(arrow, Opening.UNKNOWN)
    if arrow == "<-":
        left, left_port, right, right_port = right, right_port, left, left_port
    flags = _flags(summary)
    syn, ack, rst = (name in flags for name in ("SYN", "ACK", "RST"))
    if opens is Opening.UNKNOWN:
        opens = fields.opening(syn=syn, ack=ack)
    protocol = _protocol(what, summary)
    kind = _ICMP.get(summary.rpartition(" ")[2])
    port = right_port if kind is None or not protocol.startswith("ICMP") else kind[protocol == "ICMPv6"]
    outcome, reason = _outcome(match["verdict"], what)
    verdict = what.startswith("policy-verdict:")
    flow = Flow(
        left,
        right,
        protocol,
        port,
        outcome,
        source_port=left_port,
        direction=Direction(match["direction"].lower()) if match["direction"] else None,
        point="policy-verdict" if verdict else "drop" if what in _REASONS else what,
        per_connection=verdict,
        reason=reason,
        node=(match["node"] or "").rpartition("/")[2],
        answer=fields.tcp_answer(syn=syn, ack=ack, rst=rst),
    )
    return with_opening(flow, opens)


def _flags(summary: str) -> list[str]:
    return summary.removeprefix(_FLAGS).split(", ") if summary.startswith(_FLAGS) else []


def _opened(match: re.Match[str], flow: Flow) -> int | None:
    """How many connections the packet of a trace opens; None where the line doesn't tell."""
    flags = _flags(match["summary"] or "")
    if not flags or match["verdict"] != "FORWARDED" or flow.per_connection:
        return None
    return int("SYN" in flags and ("ACK" in flags) is (flow.opening is Opening.REPLY))


def _outcome(verdict: str, what: str) -> tuple[Outcome, str]:
    outcome = _VERDICTS[verdict]
    if outcome is not Outcome.DENIED:
        return outcome, "allow-all" if what == "policy-verdict:all" and outcome is Outcome.ALLOWED else ""
    if what in _REASONS:
        return outcome, _REASONS[what]
    if what.startswith("policy-verdict:"):
        return outcome, "POLICY_DENIED" if what == "policy-verdict:none" else "POLICY_DENY"
    if what.startswith(("http-", "dns-", "kafka-")):
        return Outcome.REJECTED, "denied by the proxy"
    return Outcome.FAILED, what


def _protocol(what: str, summary: str) -> str:
    if summary.startswith("TCP") or what.startswith(("http-", "kafka-")):
        return "TCP"
    if summary.startswith("UDP") or what.startswith("dns-"):  # the line doesn't tell of DNS over TCP, which is rare
        return "UDP"
    word = summary.partition(" ")[0]
    return {"ICMPv4": "ICMP", "ICMPv6": "ICMPv6", "SCTP": "SCTP"}.get(word, "")


def _end(text: str, identity: str) -> tuple[FlowEnd, int | None]:
    """``namespace/pod:port``, ``address:port``, ``[address]:port`` or ``name:port``, and ``ID:number`` or ``world``."""
    found = _END.match(text)
    name = (found["six"] or found["name"]) if found is not None else text
    served = number(found["port"]) if found is not None else None
    kind = kind_of_identity(identity.removeprefix("ID:"))
    known = fields.address(name)
    if known:
        return FlowEnd(kind, known), served
    namespace, slash, pod = name.partition("/")
    if slash and pod:
        return FlowEnd(EndKind.POD, namespace=namespace, pod=pod), served
    return FlowEnd(kind, names=(name.rstrip("."),)), served


def recognises(lines: Sequence[bytes]) -> float:
    """Which share of lines is of the client."""
    matches = (_LINE.match(line.decode("utf-8", "replace").rstrip()) for line in lines)
    found = sum(match is not None and match["verdict"] in _VERDICTS for match in matches)
    return found / len(lines) if lines else 0.0


FORMAT = Format("hubble-compact", "hubble observe text", recognises, CompactReader)
