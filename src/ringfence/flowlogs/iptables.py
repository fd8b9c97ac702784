"""Lines of the LOG target of iptables and nftables, from the kernel's ring, syslog or journald.

The kernel writes ``PREFIX IN=… OUT=… SRC=… DST=… PROTO=…`` (``nf_log_ip_packet`` of
https://github.com/torvalds/linux/blob/master/net/netfilter/nf_log_syslog.c). What happens to the packet is another
rule's business, so only a prefix that says it is believed. Calico's ``action: Log`` has the prefix
``calico-packet: `` or that of ``LogPrefix``, which may hold the policy's name; iptables cuts prefixes after 29
characters, nftables after 127.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ringfence.flowlogs import fields
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.kernel_times import KernelTimes
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import (
    EndKind,
    Flow,
    FlowEnd,
    Loss,
    LossKind,
    Opening,
    Outcome,
    RecordedRule,
    Tally,
    TcpAnswer,
)
from ringfence.model.origin import Position

_PACKET = re.compile(rb"IN=\S{0,64} OUT=\S{0,64} ")
_SUPPRESSED = re.compile(
    rb"net_ratelimit: (\d{1,12}) callbacks suppressed"
    rb"|Suppressed (\d{1,12}) messages from kernel"
    rb"|(\d{1,12}) messages lost due to rate-limiting"
)
_REJECTS = re.compile(r"reject", re.IGNORECASE)
_DENIES = re.compile(r"drop|deny|denied|block", re.IGNORECASE)
_POLICY = re.compile(r"(?:^|[\s:|])([a-z0-9](?:[-a-z0-9]*[a-z0-9])?)/([a-z0-9](?:[-.a-z0-9]*[a-z0-9])?)")
_CUTS = {29, 127}
CLOCKLESS = "Lines have only the kernel's uptime; write them by dmesg --time-format iso or journalctl -k -o short-iso."
SUPPRESSED = "The kernel or the collector says that it left out lines due to their rate."


class _Reader:
    def __init__(self, times: Callable[[], KernelTimes] = KernelTimes) -> None:
        self._times = times()

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        match = _packet(line)
        if match is None:
            self._other(line, where, into)
            return
        stamp = self._times.read(line[: match.start()].decode("utf-8", "replace"))
        flow = _flow(line[match.end() :], stamp.rest, stamp.host)
        if flow is None:
            into.unreadable("A packet that the kernel logged has no address or protocol that can be read.", where)
            return
        if stamp.time is None:
            into.unreadable(CLOCKLESS, where)
            return
        if stamp.yearless:
            self._times.say(where, into)
        if flow.outcome is Outcome.UNKNOWN and not (flow.node or into.writer):
            into.unplaced(where)
        into.add(flow, Tally(stamp.time, stamp.time, 1))

    def end(self, into: Reduction) -> None:
        """Each line stands for itself."""

    def _other(self, line: bytes, where: Position, into: Reduction) -> None:
        suppressed = _SUPPRESSED.search(line)
        if suppressed is not None:
            into.lose(Loss(LossKind.RATE_LIMITED, SUPPRESSED, int(suppressed[suppressed.lastindex or 1]), where=where))
        elif b" SRC=" in line and b" DST=" in line:
            into.unreadable("A packet that the kernel logged isn't complete.", where)
        else:
            into.lose(Loss(LossKind.FOREIGN, "Lines are no packets that the kernel logged.", 1, where=where))


def _packet(line: bytes) -> re.Match[bytes] | None:
    """Where the packet of a line begins, of which the kernel writes the interfaces first."""
    match = _PACKET.search(line)
    return match if match is not None and line.find(b"SRC=", match.end()) >= 0 else None


def _flow(logged: bytes, prefix: str, host: str) -> Flow | None:
    packet = logged.decode("utf-8", "replace")
    # An ICMP error holds the packet that it is about, in brackets.
    outer, _, _ = packet.partition(" [SRC=")
    words = outer.split()
    values: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            values.setdefault(key, value)
    source, destination = fields.address(values.get("SRC")), fields.address(values.get("DST"))
    protocol = fields.protocol(values.get("PROTO"))
    if not source or not destination or not protocol:
        return None
    opening, answer = Opening.UNKNOWN, TcpAnswer.NONE
    if protocol in {"ICMP", "ICMPv6"}:
        source_port, port = None, fields.icmp_type(values.get("TYPE"))
        opening = fields.icmp_opening(protocol, port)
    else:
        if protocol == "TCP":
            syn, ack = "SYN" in words, "ACK" in words
            opening, answer = fields.opening(syn=syn, ack=ack), fields.tcp_answer(syn=syn, ack=ack, rst="RST" in words)
        source_port, port = fields.kept_ports(opening, fields.port(values.get("SPT")), fields.port(values.get("DPT")))
    policy = _policy(prefix)
    return Flow(
        FlowEnd(EndKind.UNKNOWN, source),
        FlowEnd(EndKind.UNKNOWN, destination),
        protocol,
        port,
        _outcome(prefix),
        opening,
        source_port,
        None,
        "kernel",
        policies=() if policy is None else (policy,),
        reason=prefix.strip().rstrip(":"),
        node=host,
        answer=answer,
    )


def _outcome(prefix: str) -> Outcome:
    if _REJECTS.search(prefix):
        return Outcome.REJECTED
    return Outcome.DENIED if _DENIES.search(prefix) else Outcome.UNKNOWN


def _policy(prefix: str) -> RecordedRule | None:
    """The policy that a prefix names as ``namespace/name``."""
    named = _POLICY.search(prefix)
    if named is None:
        return None
    return RecordedRule(named[2], named[1], cropped=len(prefix) in _CUTS and named.end() == len(prefix))


def _recognises(lines: Sequence[bytes]) -> float:
    return sum(_packet(line) is not None for line in lines) / len(lines)


FORMAT = Format("iptables", "iptables or nftables LOG lines", _recognises, _Reader, independent=True)
