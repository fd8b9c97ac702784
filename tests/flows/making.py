"""Flows and clusters for the tests, in few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.edges import Edge
from ringfence.flows.state import NodeState, PodState, ServicePortState, ServiceState, State
from ringfence.flows.store import edges_of
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, Opening, Outcome, Tally

NOON = 1_763_294_400.0
"""2025-11-16 12:00 UTC, the beginning of an hour."""

WEB = FlowEnd(EndKind.POD, "10.244.1.10", "shop", "web-7d9f8b6c5d-x2k4q", labels=(("app", "web"),))
WEB_2 = FlowEnd(EndKind.POD, "10.244.1.11", "shop", "web-7d9f8b6c5d-zz2bb", labels=(("app", "web"), ("x", "y")))
DB = FlowEnd(EndKind.POD, "10.244.2.20", "data", "db-0", labels=(("app", "db"),))
API = FlowEnd(address="203.0.113.7")


def at(address: str) -> FlowEnd:
    """An end of which the record has the address alone."""
    return FlowEnd(address=address)


def flow(source: FlowEnd = WEB, destination: FlowEnd = DB, port: int | None = 5432, **fields: Any) -> Flow:
    """A flow that opens a TCP connection and is allowed, but for what ``fields`` say."""
    given: dict[str, Any] = {"protocol": "TCP", "outcome": Outcome.ALLOWED, "opening": Opening.OPENS} | fields
    protocol, outcome = given.pop("protocol"), given.pop("outcome")
    return Flow(source, destination, protocol, port, outcome, **given)


def verdict(side: Direction, outcome: Outcome = Outcome.ALLOWED, **fields: Any) -> Flow:
    """A record that is written once a connection, at one side."""
    return flow(outcome=outcome, direction=side, point="policy-verdict", per_connection=True, **fields)


def reply(source: FlowEnd = DB, destination: FlowEnd = WEB, port: int = 5432, **fields: Any) -> Flow:
    """A reply from a port."""
    return flow(source, destination, None, opening=Opening.REPLY, source_port=port, **fields)


Seen = Flow | tuple[Flow, float] | tuple[Flow, float, int]


def reduced(*flows: Seen) -> Reduction:
    """Each flow seen at noon, or at a time in seconds after it, once or so many times."""
    reduction = Reduction()
    for each in flows:
        one, *rest = (each,) if isinstance(each, Flow) else each
        time = NOON + (rest[0] if rest else 0.0)
        reduction.add(one, Tally(time, time, int(rest[1]) if len(rest) > 1 else 1))
    return reduction


def edges(*flows: Seen, states: Sequence[State] = ()) -> list[Edge]:
    """The edges of these flows."""
    return list(edges_of([reduced(*flows)], states))


def lines(found: Sequence[Edge]) -> list[str]:
    """Edges as ``source → destination protocol port outcome connections``."""
    return [
        f"{each.source} → {each.destination} {each.protocol} {each.port} {each.outcome.value} {each.connections}"
        for each in found
    ]


def pod(name: str, workload: str, address: str, namespace: str = "shop", **fields: Any) -> PodState:
    """A pod of an inventory."""
    return PodState(namespace, name, workload, addresses=(address,), **fields)


def service(name: str, address: str, ports: Sequence[tuple[int, int | str]], **fields: Any) -> ServiceState:
    """A Service of an inventory, with TCP ports and their targets."""
    made = tuple(ServicePortState(f"p{port}", "TCP", port, target) for port, target in ports)
    return ServiceState(fields.pop("namespace", "shop"), name, (address,), made, **fields)


def node(name: str, address: str) -> NodeState:
    """A node of an inventory."""
    return NodeState(name, (address,))
