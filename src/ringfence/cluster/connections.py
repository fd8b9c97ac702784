"""Questions about connections: whether and why they are allowed, how to change that, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from ringfence.cluster.state import ClusterState
from ringfence.explain.judge import Judgement, judge
from ringfence.explain.query import parse_any, parse_protocol
from ringfence.explain.why import WhyAnswer, why
from ringfence.fix.propose import FixAnswer, propose
from ringfence.model.errors import QueryError
from ringfence.model.objects import Pod
from ringfence.model.ports import MAX_PORT, MIN_PORT, AnyProtocol, Icmp, Protocol
from ringfence.reach import compute_reach
from ringfence.reach.report import Grouping, ReachReport

if TYPE_CHECKING:
    from ringfence.fix.propose_all import FixSet

PodFilter = Callable[[Pod], bool]


class Connections(ClusterState):
    """A cluster that is asked about connections; endpoints are texts, see :class:`~ringfence.cluster.Cluster`."""

    def verdict(self, src: str, dst: str, port: int, protocol: str | Protocol = "TCP") -> Judgement:
        """May ``src`` open a connection to ``port`` of ``dst``? A workload or Service stands for all its pods.

        The protocol may be ``ICMP`` or ``ICMPv6``, too; ``port`` is then the type, 8 or 128 for ``ping``.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: the port or protocol doesn't exist.
        """
        source, destination = self.endpoints.source(src), self.endpoints.destination(dst)
        return judge(self.engine, self.endpoints, source, destination, *_asked(protocol, port))

    def why(self, src: str, dst: str, port: int | None = None, protocol: str | Protocol = "TCP") -> WhyAnswer:
        """Why may ``src`` connect to ``dst``, or not? Without a port: for each port that ``dst`` declares.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: the port or protocol doesn't exist.
        """
        asked = None if port is None else _asked(protocol, port)
        return why(self.engine, self.endpoints, src, dst, asked, findings=self.findings)

    def fix(self, src: str, dst: str, port: int, protocol: str | Protocol = "TCP", *, deny: bool = False) -> FixAnswer:
        """What to change so that ``src`` may connect to ``port`` of ``dst``, or, with ``deny``, may not; best first.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: the port or protocol doesn't exist.
        """
        source, destination = self.endpoints.source(src), self.endpoints.destination(dst)
        return propose(self.world, self.endpoints, source, destination, (_protocol(protocol), _port(port)), deny=deny)

    def fix_all(
        self,
        wanted: Iterable[tuple[str, str, int] | tuple[str, str, int, str]] = (),
        *,
        dependencies: bool = False,
        namespaces: Sequence[str] = (),
    ) -> FixSet:
        """One fix for many connections, each ``(src, dst, port)`` or ``(src, dst, port, protocol)``, verified together.

        ``dependencies`` adds DNS and whatever the input shows to be needed, of ``namespaces`` alone if any are given.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: a port or protocol doesn't exist.
        """
        from ringfence.fix.propose_all import propose_all
        from ringfence.fix.wanted import Wanted, needed

        asked = []
        for src, dst, port, *rest in wanted:
            protocol = _protocol(str(rest[0]) if rest else "TCP")
            source, destination = self.endpoints.source(src), self.endpoints.destination(dst)
            targets = self.endpoints.targets(destination, protocol, _port(port))
            asked.append(Wanted(source.name, source.endpoints, destination.name, targets, protocol, port))
        kept = frozenset(namespaces)
        shown = needed(self.survey, self.snapshot.pods, self.world, namespaces=kept) if dependencies else ()
        return propose_all(self.world, (*shown, *asked))

    def reach(
        self,
        by: str | Grouping = "workload",
        *,
        sources: PodFilter | None = None,
        destinations: PodFilter | None = None,
        external: bool = True,
        summary_only: bool = False,
        icmp: bool = False,
    ) -> ReachReport:
        """Every allowed connection, by ``pod`` or ``workload``, between the pods that the filters keep.

        ``icmp`` lists messages of ICMP beside ports.

        Raises:
            QueryError: ``by`` is neither.
        """
        try:
            grouping = Grouping(by)
        except ValueError:
            raise QueryError(f"{by!r} is no grouping. Use pod or workload.") from None
        return compute_reach(
            self.engine_with_icmp if icmp else self.engine,
            grouping,
            sources=sources,
            destinations=destinations,
            external=external,
            summary_only=summary_only,
        )


def _asked(protocol: str | Protocol, port: int) -> tuple[AnyProtocol, int]:
    """A protocol and a port; for ICMP by name the port is the type."""
    if isinstance(protocol, Protocol):
        return protocol, _port(port)
    if protocol.upper() in Icmp.__members__:
        return parse_any(protocol, str(port))
    return parse_protocol(protocol), _port(port)


def _protocol(value: str | Protocol) -> Protocol:
    return value if isinstance(value, Protocol) else parse_protocol(value)


def _port(value: int) -> int:
    if not MIN_PORT <= value <= MAX_PORT:
        raise QueryError(f"{value} is no port. Use a number from {MIN_PORT} to {MAX_PORT}.")
    return value
