"""Antrea's Flow Aggregator: the CSV of its flow logger, without a header.

Fields: ``WriteRecord`` of https://github.com/antrea-io/antrea/blob/main/pkg/flowaggregator/flowlogger/logger.go, in
words or, with ``prettyPrint: false``, in numbers (``prettyprint.go`` beside it). The source is who began the
connection, the destination the pod, after a Service was translated; both nodes' records have been put together. A
connection that goes on is written again each minute or so (``activeFlowRecordTimeout``), and its begin stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.flowlogs import fields
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, Opening, Outcome, RecordedRule, Tally
from ringfence.model.origin import Position

_FIELDS = 26
"""Up to the policies. What follows differs between versions, and may have commas in it."""

_OUTCOMES = {"Drop": Outcome.DENIED, "2": Outcome.DENIED, "Reject": Outcome.REJECTED, "3": Outcome.REJECTED}
_ACTIONS = {"1": "Allow", "2": "Drop", "3": "Reject"}
_KINDS = {
    "1": "NetworkPolicy",
    "K8sNetworkPolicy": "NetworkPolicy",
    "2": "AntreaNetworkPolicy",
    "3": "AntreaClusterNetworkPolicy",
}


class _Reader:
    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        values = line.decode("utf-8", "replace").split(",", _FIELDS)
        flow = _flow(values) if len(values) >= _FIELDS else None
        last = fields.seconds(values[1]) if len(values) > 1 else None
        if flow is None or last is None:
            into.unreadable("Lines are no flows of Antrea's Flow Aggregator.", where)
            return
        # The begin is the connection's and not the record's, so the end alone tells of when this is.
        into.add(flow, Tally(last, last, 1))

    def end(self, into: Reduction) -> None:
        """Each line stands for itself."""


def _flow(values: Sequence[str]) -> Flow | None:
    source = _end(values[2], values[7], values[8])
    destination = _end(values[3], values[10], values[11], values[15])
    protocol = fields.protocol(values[6])
    if not source.address or not destination.address or not protocol:
        return None
    outcome, direction = Outcome.ALLOWED, None
    for action, side in ((values[24], Direction.EGRESS), (values[19], Direction.INGRESS)):
        if action in _OUTCOMES:
            outcome, direction = _OUTCOMES[action], side
    rules = [rule for at in (21, 16) if (rule := _rule(values[at : at + 5])) is not None]
    return Flow(
        source,
        destination,
        protocol,
        fields.port(values[5]),
        outcome,
        Opening.OPENS,
        direction=direction,
        point="aggregator",
        policies=tuple(rules),
    )


def _end(address: str, pod: str, namespace: str, service: str = "") -> FlowEnd:
    kind = EndKind.POD if pod else EndKind.UNKNOWN
    return FlowEnd(kind, fields.address(address), namespace, pod, service=service.partition(":")[0])


def _rule(values: Sequence[str]) -> RecordedRule | None:
    name, namespace, rule, action, kind = values
    if not name:
        return None
    return RecordedRule(name, namespace, _KINDS.get(kind, kind), rule=rule, action=_ACTIONS.get(action, action))


def _recognises(lines: Sequence[bytes]) -> float:
    good = 0
    for line in lines:
        values = line.decode("utf-8", "replace").split(",", _FIELDS)
        times = [fields.seconds(value) for value in values[:2]]
        good += len(values) >= _FIELDS and None not in times and _flow(values) is not None
    return good / len(lines)


FORMAT = Format("antrea-flows", "Antrea Flow Aggregator's flow log", _recognises, _Reader, independent=True)
