"""Which end of a flow opened the connection, where the record doesn't say.

A reply is a packet of the same connection, from the port that is served to the one that the client chose. What tells
them apart, strongest first:

- a pod, or a Service, declares one of the ports;
- one was opened by records that say so;
- one is a port of the system (below 1024) and the other isn't;
- one is from the range from which clients get theirs and the other isn't: 32768 and above (Linux's
  ``net.ipv4.ip_local_port_range``; RFC 6335's 49152 and above lies within);
- one is used with more other ports than the other.

Two ports that nothing tells apart leave the flow as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ringfence.model.flow import Flow, FlowEnd, Opening

SYSTEM = 1024
EPHEMERAL = 32768

ECHO = {"ICMP": (0, 8), "ICMPv6": (129, 128)}
"""By protocol, the type of an echo's reply and of its request (RFC 792, RFC 4443)."""

Served = tuple[str, str, str, int]
"""Cluster, address or pod, protocol and port."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A flow's ends as those of the connection. ``reply`` tells that the packets go the other way."""

    source: FlowEnd
    destination: FlowEnd
    port: int | None
    reply: bool
    guessed: bool


@dataclass(slots=True)
class PortEvidence:
    """What all flows together tell of ports: feed it every flow, then ask."""

    opened: set[Served] = field(default_factory=set)
    used: Counter[Served] = field(default_factory=Counter)

    def note(self, cluster: str, flow: Flow) -> None:
        """Takes in a flow."""
        if flow.opening is Opening.OPENS and flow.port is not None:
            self.opened.add((cluster, _end(flow.destination), flow.protocol, flow.port))
        elif flow.opening is Opening.REPLY and flow.source_port is not None:
            self.opened.add((cluster, _end(flow.source), flow.protocol, flow.source_port))
        elif flow.port is not None and flow.source_port is not None:
            self.used[cluster, _end(flow.destination), flow.protocol, flow.port] += 1
            self.used[cluster, _end(flow.source), flow.protocol, flow.source_port] += 1


def opened(flow: Flow, cluster: str, evidence: PortEvidence, declares: Callable[[FlowEnd, str, int], bool]) -> Opened:
    """The connection that a flow belongs to. ``declares`` says whether a container at an end declares a port."""
    if flow.protocol in ECHO and flow.opening is not Opening.OPENS:
        reply, request = ECHO[flow.protocol]
        if flow.port == reply:
            return Opened(flow.destination, flow.source, request, reply=True, guessed=False)
        return Opened(flow.source, flow.destination, flow.port, flow.opening is Opening.REPLY, guessed=False)
    if flow.opening is Opening.OPENS:
        return Opened(flow.source, flow.destination, flow.port, reply=False, guessed=False)
    if flow.opening is Opening.REPLY:
        return Opened(flow.destination, flow.source, flow.source_port, reply=True, guessed=False)
    if _answers(flow, cluster, evidence, declares):
        return Opened(flow.destination, flow.source, flow.source_port, reply=True, guessed=True)
    return Opened(flow.source, flow.destination, flow.port, reply=False, guessed=True)


def _answers(flow: Flow, cluster: str, evidence: PortEvidence, declares: Callable[[FlowEnd, str, int], bool]) -> bool:
    here, there = flow.source_port, flow.port
    if here is None or there is None or here == there:
        return False
    source = (cluster, _end(flow.source), flow.protocol, here)
    destination = (cluster, _end(flow.destination), flow.protocol, there)
    signs: tuple[tuple[int, int], ...] = (
        (declares(flow.source, flow.protocol, here), declares(flow.destination, flow.protocol, there)),
        (source in evidence.opened, destination in evidence.opened),
        (here < SYSTEM, there < SYSTEM),
        (here < EPHEMERAL, there < EPHEMERAL),
        (evidence.used[source], evidence.used[destination]),
    )
    for at_source, at_destination in signs:
        if at_source != at_destination:
            return at_source > at_destination
    return False


def _end(end: FlowEnd) -> str:
    return end.address or f"{end.namespace}/{end.pod or end.workload}"
