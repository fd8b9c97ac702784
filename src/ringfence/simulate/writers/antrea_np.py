"""Antrea's audit log of network policies, ``np.log``.

Source: "Audit logging for Antrea-native policies" in ``docs/antrea-network-policy.md`` of antrea-io/antrea. Of an
allowed connection the first packet is written; denied ones within a second are one line.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.model.flow import Outcome, RecordedRule
from ringfence.simulate.connection import Connection
from ringfence.simulate.writers.lines import LineWriter, second
from ringfence.simulate.writers.points import Point, decider, points
from ringfence.simulate.writers.writer import Record

_KINDS = {"NetworkPolicy": "K8sNetworkPolicy", "ClusterNetworkPolicy": "AntreaClusterNetworkPolicy"}


class AntreaNp(LineWriter):
    """What policies with logging decide, a default deny included."""

    def records(self, connection: Connection) -> Iterator[Record]:
        """One line for each check that a policy decides."""
        for point in points(connection):
            if point.side.isolated:
                yield Record(connection.time, point.node, _text(connection, point), (connection,))

    def line(self, record: Record, number: int) -> str:  # noqa: ARG002 - a Writer's
        """The line behind its time."""
        whole = int(record.time)
        return f"{second(whole, '%Y/%m/%d %H:%M:%S')}.{int((record.time - whole) * 1e6):06d} {record.body}"


def _text(one: Connection, point: Point) -> str:
    rule = decider(point)
    toward = point.direction.name.capitalize()
    action = "Allow" if not point.denied else "Reject" if one.outcome is Outcome.REJECTED else "Drop"
    pod = point.end.instance.pod if point.end.instance is not None else None
    table = f"{toward}{'Rule' if rule is not None else 'DefaultRule'}"
    length = 60 if one.protocol == "TCP" else 84
    again = f" [{one.attempts} packets in 1.000855539s]" if one.attempts > 1 else ""
    return (
        f"{table} {_policy(rule)} {_rule(rule)} {toward} {action} {'<nil>' if rule is None else 44900} "
        f"{pod.namespace}/{pod.name} {one.source.address} {one.source_port} {one.destination.address} {one.port} "
        f"{one.protocol} {length} <nil>{again}"
        if pod is not None
        else ""
    )


def _policy(rule: RecordedRule | None) -> str:
    if rule is None:
        return "K8sNetworkPolicy"
    name = f"{rule.namespace}/{rule.name}" if rule.namespace else rule.name
    return f"{_KINDS.get(rule.kind, rule.kind)}:{name}"


def _rule(rule: RecordedRule | None) -> str:
    """Rules of Kubernetes' own policies have no name."""
    return "<nil>" if rule is None or rule.rule.isdigit() else rule.rule
