"""What is known of the ends of flows: everything that mapping a flow looks up, but for its ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from ringfence.flows.asked_names import AskedNames
from ringfence.flows.inventory import Inventory, Told
from ringfence.flows.numbers import number_of, number_of_bytes
from ringfence.flows.resolving import Resolver
from ringfence.flows.state import PodState, State
from ringfence.model.flow import EndKind, FlowEnd, NameAnswer

WRITER = "writer"
END = "end"

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Seen:
    """An end, the cluster that it is in, and from when to when a flow has it; in seconds since 1970, UTC."""

    cluster: str
    end: FlowEnd
    first: float
    last: float


class Known:
    """States, DNS answers and the ends that flows have, ready to look ends up in."""

    def __init__(
        self, states: Iterable[State], answers: Iterable[tuple[str, NameAnswer]], ends: Iterable[Seen] = ()
    ) -> None:
        self.names = AskedNames(answers)
        self.inventory = Inventory(states, _told(ends))
        self.resolver = Resolver(self.inventory)

    def digest(self, cluster: str, end: FlowEnd) -> int:
        """A number for all that a flow with this end can come to know of it: it is mapped anew when that changes."""
        spans = [
            (span.since, span.until, span.holder, None if span.holder is None else self.resolver.behind(span.holder))
            for span in self.resolver.end(cluster, end)
        ]
        addresses = {end.address, *(found.address for _, _, found, _ in spans if found is not None)} - {""}
        names = [(address, self.names.known(cluster, address)) for address in sorted(addresses)]
        return number_of_bytes(_encode((spans, names)))

    def writer_digest(self, cluster: str, writer: str) -> int:
        """As :meth:`digest`, for what wrote a record."""
        return number_of(self.inventory.writer_node(cluster, writer))


def _told(ends: Iterable[Seen]) -> Iterator[Told]:
    found: dict[tuple[str, PodState], tuple[float, float]] = {}
    for seen in ends:
        end = seen.end
        if end.kind in (EndKind.POD, EndKind.UNKNOWN) and end.pod and end.namespace and end.pod[-1] != "*":
            pod = PodState(
                end.namespace, end.pod, end.workload, end.labels, (end.address,) if end.address else ()
            )  # fmt: skip
            key = (seen.cluster, pod)
            first, last = found.get(key, (seen.first, seen.last))
            found[key] = min(first, seen.first), max(last, seen.last)
    for (cluster, pod), (first, last) in found.items():
        yield Told(cluster, pod, first, last)
