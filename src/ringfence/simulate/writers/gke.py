"""GKE's network policy logging, ``policy_action.log``.

Source: ``pkg/gke/networklogging/policylogger`` in skmatti/cilium; "Using network policy logging" in the GKE
documentation. Allowed connections are written with their policies, denied ones with a count and without any.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ringfence.model.flow import EndKind
from ringfence.simulate.connection import Connection, End
from ringfence.simulate.writers.lines import LineWriter, nanoseconds
from ringfence.simulate.writers.points import Point, points
from ringfence.simulate.writers.writer import Record


class Gke(LineWriter):
    """What policies decide, at both ends."""

    def records(self, connection: Connection) -> Iterator[Record]:
        """One record for each check that a policy decides."""
        for point in points(connection):
            if point.side.isolated:
                body = json.dumps(_record(connection, point), separators=(",", ":"))
                yield Record(connection.time, point.node, body, (connection,))


def _record(one: Connection, point: Point) -> dict[str, object]:
    policies = [
        {"kind": rule.kind, "name": rule.name, **({"namespace": rule.namespace} if rule.namespace else {})}
        for rule in {(rule.kind, rule.namespace, rule.name): rule for rule in point.side.rules}.values()
    ]
    return {
        "connection": {
            "src_ip": one.source.address,
            "dest_ip": one.destination.address,
            "src_port": one.source_port,
            "dest_port": one.port,
            "protocol": one.protocol.lower(),
            "direction": point.direction.value,
        },
        "disposition": "deny" if point.denied else "allow",
        **({} if point.denied else {"policies": policies}),
        "src": _end(one.source),
        "dest": _end(one.destination),
        "count": one.attempts,
        "node_name": point.node,
        "timestamp": nanoseconds(one.time),
    }


def _end(end: End) -> dict[str, object]:
    if end.instance is None or end.kind is not EndKind.POD:
        return {"node_name": end.node} if end.kind is EndKind.NODE else {"instance": end.address}
    pod = end.instance.pod
    kind, name = pod.workload.kind, pod.workload.name
    if kind == "Deployment":
        kind, name = "ReplicaSet", pod.name.rpartition("-")[0]
    return {
        "pod_name": pod.name,
        "workload_kind": kind,
        "workload_name": name,
        "pod_namespace": pod.namespace,
        "namespace": pod.namespace,
    }
