"""How a recorded connection ended: by a policy, because nothing listens, for another reason, or not at all."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from ringfence.explain.recorded import RecordedEnd
from ringfence.flows.edges import Edge
from ringfence.model.flow import Outcome
from ringfence.model.objects import Pod
from ringfence.observe.report import Ending

ALLOW_ALL = "allow-all"
"""Reason of a flow that only an endpoint's allow-all entry let pass (Cilium's policy match type 4)."""

_NO_SOCKET = ("NO_SOCKET", "PORT_UNREACH")
"""Words of kernel reasons for a packet to a port on which nothing listens (include/net/dropreason-core.h)."""

_SYSTEM = 1024
"""Ports below are served, not a client's (RFC 6335)."""


def ending_of(
    edge: Edge, answered: AbstractSet[tuple[int, int]], ends: tuple[int, int], end: RecordedEnd
) -> Ending | None:
    """The ending; None for a connection that did what it was opened for.

    ``answered`` are pairs of ends of which the first opened connections to the second that passed.
    """
    match edge.outcome:
        case Outcome.DENIED | Outcome.REJECTED:
            if _is_reply(edge, answered, ends, end):
                return Ending.REPLY
            return Ending.DROPPED if edge.outcome is Outcome.DENIED else Ending.REJECTED
        case Outcome.AUDITED:
            return Ending.AUDITED
        case Outcome.FAILED:
            listens = not any(word in edge.reason for word in _NO_SOCKET)
            return Ending.FAILED if listens else Ending.NOT_LISTENING
        case Outcome.ALLOWED if edge.reason == ALLOW_ALL:
            return Ending.ALLOW_ALL
        case Outcome.ALLOWED if edge.protocol == "TCP" and edge.octets and edge.octets_back == 0:
            return Ending.NO_ANSWER
        case _:
            return None


def only_reset(edge: Edge) -> Edge:
    """Those of an edge's connections that the destination reset, which it must have."""
    return replace(
        edge,
        connections=sum(reset.connections for reset in edge.resets),
        first=min(reset.first for reset in edge.resets),
        last=max(reset.last for reset in edge.resets),
        hours=tuple((reset.hour, reset.connections) for reset in edge.resets),
        reason="",
    )


def _is_reply(edge: Edge, answered: AbstractSet[tuple[int, int]], ends: tuple[int, int], end: RecordedEnd) -> bool:
    """Whether what was denied looks like an answer: the direction is a guess, and the other one passes.

    A source that logs packets doesn't know which one is an answer; some log answers as denied although policies are
    stateful (aws/aws-network-policy-agent issue 100).
    """
    if not edge.guessed or edge.port is None or edge.port < _SYSTEM or ends[::-1] not in answered:
        return False
    declared = {port.number for pod in end.end.endpoints if isinstance(pod, Pod) for port in pod.ports}
    return edge.port not in declared
