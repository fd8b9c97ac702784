"""Antrea's audit log of network policies, ``/var/log/antrea/networkpolicy/np.log``.

The line is made by ``buildLogMsg`` of
https://github.com/antrea-io/antrea/blob/main/pkg/agent/controller/networkpolicy/audit_logging.go and described in
https://github.com/antrea-io/antrea/blob/main/docs/antrea-network-policy.md#audit-logging-for-antrea-native-policies.
Of an allowed connection the first packet is written; of others, what is the same within a second is one line that says
how many packets it stands for. Older releases wrote neither the rule's name nor the direction and the pod.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ringfence.flowlogs import fields
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import (
    Direction,
    EndKind,
    Flow,
    FlowEnd,
    Loss,
    LossKind,
    Opening,
    Outcome,
    RecordedRule,
    Tally,
)
from ringfence.model.origin import Position

_LINE = re.compile(
    r"(?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?P<table>\S+) (?P<policy>\S+) "
    r"(?:(?P<rule>.+?) (?P<direction>Ingress|Egress|<nil>) )?"
    r"(?P<action>Allow|Drop|Reject|Redirect|Pass) (?P<priority>\S+) "
    r"(?:(?P<pod><nil>|[^ /]+/\S+) )?(?P<source>[0-9A-Fa-f:.]+) (?P<source_port>\S+) "
    r"(?P<destination>[0-9A-Fa-f:.]+) (?P<port>\S+) (?P<protocol>\S+) (?P<length>\d+)"
    r"(?: (?P<label>.*?))??(?: \[(?P<packets>\d{1,12}) packets in (?P<span>[^\]]+)\])?",
)
_LOOKS = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+ \S+Table |\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+ \S+Rule ")
_SPAN = re.compile(r"([0-9.]+)(h|ms|m|s|\u00b5s|us|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "\u00b5s": 1e-6, "us": 1e-6, "ns": 1e-9}

_OUTCOMES = {
    "Allow": Outcome.ALLOWED,
    "Drop": Outcome.DENIED,
    "Reject": Outcome.REJECTED,
    "Redirect": Outcome.ALLOWED,  # at L4; a rule above it looks at what is asked, and doesn't write here
    "Pass": Outcome.UNKNOWN,
}
_DIRECTIONS = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}
_KINDS = {
    "K8sNetworkPolicy": "NetworkPolicy",
    "AntreaNetworkPolicy": "NetworkPolicy",
    "AntreaClusterNetworkPolicy": "ClusterNetworkPolicy",
}


class _Reader:
    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        text = line.decode("utf-8", "replace").strip()
        match = _LINE.fullmatch(text)
        if match is None:
            if _LOOKS.match(line):
                into.unreadable("A line of Antrea's audit log isn't complete.", where)
            else:
                into.lose(Loss(LossKind.FOREIGN, "Lines are not of Antrea's audit log.", 1, where=where))
            return
        # Antrea writes the node's local time without its zone; its container has UTC.
        time = fields.moment(match["time"].replace("/", "-"))
        flow = _flow(match)
        if time is None or flow is None:
            into.unreadable("A line of Antrea's audit log has no time, address or protocol that can be read.", where)
            return
        packets = int(match["packets"]) if match["packets"] else None
        into.add(flow, Tally(time - _span(match["span"]), time, 1, packets))

    def end(self, into: Reduction) -> None:
        """Each line stands for itself."""


def _flow(match: re.Match[str]) -> Flow | None:
    source, destination = fields.address(match["source"]), fields.address(match["destination"])
    protocol = fields.protocol(match["protocol"]) or (
        match["protocol"] if match["protocol"] != "UnknownProtocol" else "unknown"
    )
    if not source or not destination:
        return None
    allowed = match["action"] == "Allow"
    opening = Opening.OPENS if allowed else Opening.UNKNOWN
    source_port, port = fields.kept_ports(opening, fields.port(match["source_port"]), fields.port(match["port"]))
    direction = _DIRECTIONS.get(match["direction"] or "") or _direction_of_table(match["table"])
    namespace, _, pod = fields.text(match["pod"]).partition("/")
    known = FlowEnd(EndKind.POD, source if direction is Direction.EGRESS else destination, namespace, pod)
    applied = known if pod else None
    return Flow(
        applied if applied is not None and direction is Direction.EGRESS else FlowEnd(EndKind.UNKNOWN, source),
        applied if applied is not None and direction is Direction.INGRESS else FlowEnd(EndKind.UNKNOWN, destination),
        protocol,
        port,
        _OUTCOMES[match["action"]],
        opening,
        source_port,
        direction,
        "np",
        per_connection=allowed,
        policies=(_policy(match),),
        reason="" if match["action"] in {"Allow", "Drop", "Reject"} else match["action"],
    )


def _direction_of_table(table: str) -> Direction | None:
    if "Ingress" in table:
        return Direction.INGRESS
    return Direction.EGRESS if "Egress" in table else None


def _policy(match: re.Match[str]) -> RecordedRule:
    kind, _, reference = match["policy"].partition(":")
    namespace, slash, name = reference.partition("/")
    if not slash:
        namespace, name = "", reference
    rule = fields.text(match["rule"])
    return RecordedRule(name, namespace, _KINDS.get(kind, kind), rule=rule, action=match["action"])


def _span(text: str | None) -> float:
    """Seconds of a duration as Go writes it, at most a minute: the log merges what is within one second."""
    if not text:
        return 0.0
    try:
        total = sum(float(number) * _UNITS[unit] for number, unit in _SPAN.findall(text))
    except ValueError:
        return 0.0
    return min(total, 60.0)


def _recognises(lines: Sequence[bytes]) -> float:
    good = sum(_LINE.fullmatch(line.decode("utf-8", "replace").strip()) is not None for line in lines)
    return good / len(lines)


FORMAT = Format("antrea-np", "Antrea network policy audit log", _recognises, _Reader, independent=True)
