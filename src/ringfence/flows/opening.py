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

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringfence.flows.numbers import number_of
from ringfence.model.flow import Flow, FlowEnd, Opening

SYSTEM = 1024
EPHEMERAL = 32768

ECHO = {"ICMP": (0, 8), "ICMPv6": (129, 128)}
"""By protocol, the type of an echo's reply and of its request (RFC 792, RFC 4443)."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A flow's ends as those of the connection. ``reply`` tells that the packets go the other way.

    ``even`` tells that nothing but how often the two ports are used said, or could have said, which one is served.
    """

    source: FlowEnd
    destination: FlowEnd
    port: int | None
    reply: bool
    guessed: bool
    even: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """What all flows together tell of one port of an end: whether one opened it, and how many use it."""

    opened: bool
    used: int


Ports = Mapping[int, Served]
"""By the number of :func:`served`; a port that is not in it was neither opened nor used."""

_NOTHING = Served(opened=False, used=0)


def served(cluster: str, end: FlowEnd, protocol: str, port: int) -> int:
    """The number of a port of an end, by which flows tell, or ask, whether it is served."""
    return number_of(f"{cluster}\n{_end(end)}\n{protocol}\n{port}")


def tells(flow: Flow, cluster: str) -> tuple[int | None, int | None]:
    """The ports of its source and of its destination that a flow tells, or asks, of: None where it does neither.

    A flow that opens a connection tells that its destination's port is served, a reply that its source's is; one of
    which that isn't known asks both, and uses both.
    """
    at_source = at_destination = None
    if flow.opening is not Opening.OPENS and flow.source_port is not None:
        at_source = served(cluster, flow.source, flow.protocol, flow.source_port)
    if flow.opening is not Opening.REPLY and flow.port is not None:
        at_destination = served(cluster, flow.destination, flow.protocol, flow.port)
    if flow.opening is Opening.UNKNOWN and (at_source is None or at_destination is None):
        return None, None
    return at_source, at_destination


def opened(flow: Flow, cluster: str, ports: Ports, declares: Callable[[FlowEnd, str, int], bool]) -> Opened:
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
    answers, even = _answers(flow, cluster, ports, declares)
    if answers:
        return Opened(flow.destination, flow.source, flow.source_port, reply=True, guessed=True, even=even)
    return Opened(flow.source, flow.destination, flow.port, reply=False, guessed=True, even=even)


def _answers(
    flow: Flow, cluster: str, ports: Ports, declares: Callable[[FlowEnd, str, int], bool]
) -> tuple[bool, bool]:
    """Whether the flow is an answer, and whether how often the ports are used had to tell it."""
    here, there = flow.source_port, flow.port
    if here is None or there is None or here == there:
        return False, False
    source = ports.get(served(cluster, flow.source, flow.protocol, here), _NOTHING)
    destination = ports.get(served(cluster, flow.destination, flow.protocol, there), _NOTHING)
    signs: tuple[tuple[bool, bool], ...] = (
        (declares(flow.source, flow.protocol, here), declares(flow.destination, flow.protocol, there)),
        (source.opened, destination.opened),
        (here < SYSTEM, there < SYSTEM),
        (here < EPHEMERAL, there < EPHEMERAL),
    )
    for at_source, at_destination in signs:
        if at_source != at_destination:
            return at_source > at_destination, False
    return source.used > destination.used, True


def _end(end: FlowEnd) -> str:
    return end.address or f"{end.namespace}/{end.pod or end.workload}"
