"""The AWS network policy agent, in the three ways in which it has written.

Source: ``pkg/ebpf/events/events.go`` in aws/aws-network-policy-agent; issues 100 and 582 there. Denies are always
written, accepts at log level debug, which is what is simulated. No policy is named. A Service is seen by its cluster
address where the source's policy is asked, before the address is translated.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.model.flow import Direction
from ringfence.simulate.connection import Connection
from ringfence.simulate.writers.lines import LineWriter, milliseconds
from ringfence.simulate.writers.points import Point, packets, points
from ringfence.simulate.writers.writer import Cast, Record

_TIERS = {"AdminNetworkPolicy": "ADMIN", "BaselineAdminNetworkPolicy": "BASELINE", "ClusterNetworkPolicy": "ADMIN"}


class AwsAgent(LineWriter):
    """``generation`` is ``json`` (1.0 and 1.1), ``text`` (now) or ``cloudwatch``."""

    def __init__(self, cast: Cast, *, generation: str) -> None:
        super().__init__(cast)
        self._text = {"json": _json, "text": _plain, "cloudwatch": _cloudwatch}[generation]

    def records(self, connection: Connection) -> Iterator[Record]:
        """One record for each packet at a pod that a policy isolates."""
        for time in packets(connection):
            for point in points(connection):
                if point.side.isolated:
                    yield Record(time, point.node, self._text(connection, point, time), (connection,))


def _json(one: Connection, point: Point, time: float) -> str:
    address, port = _destination(one, point)
    return (
        f'{{"level":"info","ts":"{milliseconds(time)}","logger":"ebpf-client","msg":"Flow Info:  ",'
        f'"Src IP":"{one.source.address}","Src Port":{one.source_port},"Dest IP":"{address}","Dest Port":{port},'
        f'"Proto":"{one.protocol}","Verdict":"{_verdict(point)}"}}'
    )


def _plain(one: Connection, point: Point, time: float) -> str:
    address, port = _destination(one, point)
    what = f"Src IP: {one.source.address} Src Port: {one.source_port} Dest IP: {address} Dest Port: {port}"
    if ":" in address:
        text = (
            f"Flow Info: {what} Proto: {one.protocol} Verdict: {_verdict(point)} "
            f"Direction: {point.direction.value} Tier: {_tier(point)}"
        )
    else:
        text = (
            f"Flow Info: {what} Proto {one.protocol} Verdict {_verdict(point)} "
            f"Direction {point.direction.value}, Tier {_tier(point)}"
        )
    return f'{{"level":"info","ts":"{milliseconds(time)}","caller":"events/events.go:193","msg":"{text}"}}'


def _cloudwatch(one: Connection, point: Point, time: float) -> str:
    address, port = _destination(one, point)
    message = (
        f"Node: {point.node};SIP: {one.source.address};SPORT: {one.source_port};DIP: {address};DPORT: {port};"
        f"PROTOCOL: {one.protocol};PolicyVerdict: {_verdict(point)};Tier: {_tier(point)}"
    )
    stamp = int(time * 1000)
    return (
        f'{{"logStreamName":"aws-network-policy-agent-audit-{point.node}","timestamp":{stamp},'
        f'"message":"{message}","ingestionTime":{stamp + 800}}}'
    )


def _verdict(point: Point) -> str:
    return "DENY" if point.denied else "ACCEPT"


def _tier(point: Point) -> str:
    rules = point.side.rules
    return _TIERS.get(rules[0].kind, "NETWORK_POLICY") if rules else "NETWORK_POLICY"


def _destination(one: Connection, point: Point) -> tuple[str, int]:
    if point.direction is Direction.EGRESS and one.service is not None and one.service.address:
        return one.service.address, one.service.port
    return one.destination.address, one.port
