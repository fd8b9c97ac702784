"""What ``cilium monitor`` and ``hubble observe`` write of a packet as text: addresses, ports, protocol, flags.

``ConnectionSummary`` of https://github.com/cilium/cilium/blob/main/pkg/monitor/dissect.go writes ``10.0.0.1:4242 ->
10.0.0.2:80 tcp SYN``, ``[fd00::1]:53 -> [fd00::2]:4242 udp``, or ``10.0.0.1 -> 10.0.0.2 EchoRequest``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ringfence.flowlogs.fields import address, icmp_opening, kept_ports, opening, port, tcp_answer
from ringfence.model.flow import EndKind, Flow, FlowEnd, Opening, Outcome, TcpAnswer

_END = r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)|([0-9a-fA-F:]+:[0-9a-fA-F:.]*))(?::(\d{1,5}))?"
_SUMMARY = re.compile(rf"(?:^|\s){_END} -> {_END} (tcp|udp|sctp|icmp|[A-Z][A-Za-z]+)\b ?(.*)$")

_MESSAGES = {"EchoRequest": {4: 8, 6: 128}, "EchoReply": {4: 0, 6: 129}, "DestinationUnreachable": {4: 3, 6: 1}}


@dataclass(frozen=True, slots=True)
class Packet:
    """Two addresses, the protocol, both ports (for ICMP the type as the destination's), and what the flags tell."""

    source: str
    destination: str
    protocol: str
    source_port: int | None
    port: int | None
    opening: Opening
    answer: TcpAnswer = TcpAnswer.NONE


def parse_packet(text: str) -> Packet | None:
    """The packet that a text ends with; None if it ends with none."""
    match = _SUMMARY.search(text)
    if match is None:
        return None
    source, destination = (address(match[at] or match[at + 1] or match[at + 2]) for at in (1, 5))
    if not source or not destination:
        return None
    word, flags = match[9], match[10].replace(",", " ").split()
    if word[0].isupper() or word == "icmp":
        version = 6 if ":" in source else 4
        kind = _MESSAGES.get(word, {}).get(version)
        protocol = "ICMPv6" if version == 6 else "ICMP"
        return Packet(source, destination, protocol, None, kind, icmp_opening(protocol, kind))
    opens, answer = Opening.UNKNOWN, TcpAnswer.NONE
    if word == "tcp":
        syn, ack = "SYN" in flags, "ACK" in flags
        opens, answer = opening(syn=syn, ack=ack), tcp_answer(syn=syn, ack=ack, rst="RST" in flags)
    return Packet(source, destination, word.upper(), number(match[4]), number(match[8]), opens, answer)


def number(text: str | None) -> int | None:
    """A port that is written; None if there is none."""
    return port(text) if text else None


def make(packet: Packet, source: EndKind, destination: EndKind, outcome: Outcome) -> Flow:
    """The flow of a packet, with both its ports; what else is known is added by who knows it."""
    return Flow(
        FlowEnd(source, packet.source),
        FlowEnd(destination, packet.destination),
        packet.protocol,
        packet.port,
        outcome,
        packet.opening,
        packet.source_port,
        answer=packet.answer,
    )


def with_opening(flow: Flow, opens: Opening) -> Flow:
    """The flow with what is known of its direction, and with the ports that are then kept."""
    if flow.protocol.startswith("ICMP"):
        return replace(flow, opening=opens)
    source_port, destination_port = kept_ports(opens, flow.source_port, flow.port)
    answer = TcpAnswer.NONE if opens is Opening.OPENS else flow.answer
    return replace(flow, opening=opens, source_port=source_port, port=destination_port, answer=answer)
