"""kube-network-policies (kindnet), JSON at verbosity 2.

Source: ``docs/json-logging.md`` in kubernetes-sigs/kube-network-policies. A packet is written when it is evaluated,
once for each direction that the node judges, and its verdict in a record of its own with the same id. No policy is
named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ringfence.model.flow import EndKind
from ringfence.simulate.connection import Connection, End
from ringfence.simulate.writers.lines import LineWriter
from ringfence.simulate.writers.points import packets, points
from ringfence.simulate.writers.writer import Record


class KubeNetworkPolicies(LineWriter):
    """Packets of pods that a policy selects: the others are not queued to the agent."""

    def records(self, connection: Connection) -> Iterator[Record]:
        """Evaluation and verdict, on each node that judges."""
        for attempt, time in enumerate(packets(connection)):
            judged = [point for point in points(connection) if point.side.isolated]
            for node in dict.fromkeys(point.node for point in judged):
                number = connection.number * 4 + attempt * 2 + (node != judged[0].node)
                told = "Packet accepted by policy"
                for point in judged:
                    if point.node == node:
                        packet = _evaluated(connection, number, point.direction.name.capitalize(), time)
                        yield Record(time, node, packet, (connection,))
                        if point.denied:
                            told = f"Packet denied by {point.direction.value} policy"
                verdict = {"ts": _ts(time + 5e-5), "caller": "networkpolicy/engine.go:57", "msg": told, "v": 2}
                yield Record(time + 5e-5, node, _json({**verdict, "id": number}), (connection,))


def _evaluated(one: Connection, number: int, direction: str, time: float) -> str:
    return _json(
        {
            "ts": _ts(time),
            "caller": "networkpolicy/logging.go:67",
            "msg": "Evaluating packet",
            "v": 2,
            "id": number,
            "direction": direction,
            "srcPod": _pod(one.source),
            "dstPod": _pod(one.destination),
            "packet": {
                "ID": number,
                "Family": "IPv6" if ":" in one.source.address else "IPv4",
                "SrcIP": one.source.address,
                "DstIP": one.destination.address,
                "Proto": one.protocol,
                "SrcPort": one.source_port,
                "DstPort": one.port,
            },
        }
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _ts(time: float) -> float:
    """Milliseconds, as klog writes them."""
    return round(time * 1000, 4)


def _pod(end: End) -> str:
    if end.instance is None or end.kind is not EndKind.POD:
        return "external"
    return f"{end.instance.pod.namespace}/{end.instance.pod.name}"
