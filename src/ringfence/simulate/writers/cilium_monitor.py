"""``cilium monitor`` as text.

Source: ``pkg/monitor/datapath_*.go`` in cilium/cilium, and the lines in cilium/cilium issue 21391. There is no time in
them, and of policies only what matched.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.model.flow import Direction, EndKind
from ringfence.simulate.connection import Connection, End
from ringfence.simulate.writers.lines import LineWriter
from ringfence.simulate.writers.points import packets, points
from ringfence.simulate.writers.writer import Record

_NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132}
_RESERVED = {EndKind.NODE: 1, EndKind.EXTERNAL: 2, EndKind.API_SERVER: 7}


class CiliumMonitor(LineWriter):
    """Verdicts, drops and the trace of the packet that arrives."""

    def records(self, connection: Connection) -> Iterator[Record]:
        """The lines of both nodes."""
        source, destination = connection.source, connection.destination
        identities = f"{self._identity(source)}->{self._identity(destination)}"
        packet = _packet(connection)
        for time in packets(connection):
            for point in points(connection):
                action = "deny" if point.denied else "allow"
                if point.denied:
                    match = "L3-Only" if point.side.explicit else "none"
                else:
                    match = "L3-L4" if point.side.rules else "all"
                remote = destination if point.direction is Direction.EGRESS else source
                body = (
                    f"Policy verdict log: flow 0x{connection.number:x} local EP ID {self._endpoint(point.end)}, "
                    f"remote ID {self._identity(remote)}, proto {_NUMBERS[connection.protocol]}, "
                    f"{point.direction.value}, action {action}, match {match}, {packet}"
                )
                yield Record(time, point.node, body, (connection,))
                if point.denied:
                    why = "Policy denied by denylist" if point.side.explicit else "Policy denied"
                    drop = (
                        f"xx drop ({why}) flow 0x{connection.number:x} to endpoint 0, , identity {identities}: {packet}"
                    )
                    yield Record(time + 1e-5, point.node, drop, (connection,))
        if connection.dropped is None and destination.kind is EndKind.POD:
            body = (
                f"-> endpoint {self._endpoint(destination)} flow 0x{connection.number:x} , identity {identities} "
                f"state new ifindex lxc0 orig-ip {source.address}: {packet}"
            )
            yield Record(connection.time + 2e-4, destination.node, body, (connection,))

    def _endpoint(self, end: End) -> int:
        return 0 if end.instance is None else 100 + self.cast.identity(end.instance) % 4000

    def _identity(self, end: End) -> int:
        if end.instance is None or end.kind is not EndKind.POD:
            return _RESERVED[end.kind]
        return 10_000 + end.instance.template


def _packet(one: Connection) -> str:
    flags = " SYN" if one.protocol == "TCP" else ""
    ends = f"{_with_port(one.source.address, one.source_port)} -> {_with_port(one.destination.address, one.port)}"
    return f"{ends} {one.protocol.lower()}{flags}"


def _with_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
