"""One line of the map, looked at: which ports, and the rules that decide each of them, with their YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ringfence.cluster import Cluster
from ringfence.explain.judge import Judgement, direction_of
from ringfence.fix.yaml_dump import document
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS, AnyProtocol, PortSet, Protocol
from ringfence.model.verdict import DirectionVerdict, Endpoint, Outcome, Reason, RuleTrace

MOST_PORTS: Final = 12
"""Ports of one line that are looked at."""

_LONGEST: Final = 40
"""Lines of a rule's YAML that are shown."""

_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule or a policy that decided: its name, where it stands, and its YAML as it was read."""

    policy: str
    action: str
    text: str
    origin: Origin
    yaml: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """Egress at the source or ingress at the destination: the verdict, why in words, and what decided it."""

    direction: Direction
    allowed: bool
    said: tuple[str, ...]
    rules: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class PortAnswer:
    """One port, or a range that stands for its first: ``text`` is ``TCP 443`` or ``TCP 1-65535``."""

    protocol: AnyProtocol
    port: int
    text: str
    allowed: bool
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A port to look at, and the ports that it stands for."""

    protocol: Protocol
    port: int
    text: str = ""


def asked_ports(allowed: PortSet, declared: Iterable[tuple[Protocol, int]]) -> tuple[list[Asked], int]:
    """The ports to look at, and how many are left out: those that the destination declares, then the other allowed."""
    found = [Asked(protocol, port, f"{protocol} {port}") for protocol, port in declared]
    known = {(each.protocol, each.port) for each in found}
    if allowed == ALL_PORTS:
        free = next(port for port in range(1, 65536) if (Protocol.TCP, port) not in known)
        found.append(Asked(Protocol.TCP, free, "every other port" if found else "every port"))
        return found[-MOST_PORTS:], max(0, len(found) - MOST_PORTS)
    for protocol in Protocol:
        for low, high in allowed.of_protocol(protocol):
            free = next((port for port in range(low, high + 1) if (protocol, port) not in known), 0)
            if free:
                found.append(Asked(protocol, free, f"{protocol} {low}" if low == high else f"{protocol} {low}-{high}"))
    return found[:MOST_PORTS], max(0, len(found) - MOST_PORTS)


def answered(asked: Asked, judgement: Judgement, cluster: Cluster) -> PortAnswer:
    """What decides a port, of all replicas together."""
    return PortAnswer(
        asked.protocol,
        asked.port,
        asked.text,
        judgement.allowed,
        tuple(_side(direction, judgement, cluster) for direction in Direction),
    )


def _side(direction: Direction, judgement: Judgement, cluster: Cluster) -> Side:
    end = judgement.source if direction is Direction.EGRESS else judgement.destination
    said: dict[str, None] = {}
    rules: dict[tuple[ObjectRef, str], Shown] = {}
    for group in judgement.groups:
        side = direction_of(group.verdict, direction)
        subject = group.verdict.source if direction is Direction.EGRESS else group.verdict.destination
        said[_said(side, subject, direction)] = None
        for trace in (*side.deciding, *side.conditional):
            rules.setdefault((trace.policy.ref, trace.rule.origin.path), _rule(trace, cluster))
        if not side.deciding:
            for stage in side.stages:
                if stage.outcome is Outcome.DENY:
                    for policy in stage.selecting:
                        shown = Shown(str(policy.ref), "isolates", f"isolates {end.name}", policy.origin)
                        rules.setdefault((policy.ref, ""), shown)
    return Side(direction, judgement.side(direction), tuple(said), tuple(rules.values()))


def _said(side: DirectionVerdict, subject: Endpoint, direction: Direction) -> str:
    """Why it is so, in words."""
    match side.reason:
        case Reason.SELF:
            return "A pod may always reach itself."
        case Reason.SAME_NODE:
            return "The node that runs a pod may always connect to it."
        case Reason.NOT_ISOLATED:
            return f"No policy isolates it for {direction}: everything is allowed."
        case Reason.NO_SUBJECT if isinstance(subject, Pod):
            return "It is on the network of its node: no pod policy applies to it."
        case Reason.NO_SUBJECT:
            return "It is outside the pod network: no pod policy applies there."
        case Reason.RULE:
            return "A rule allows it." if side.allowed else "A rule denies it."
        case Reason.NO_RULE:
            return f"It is isolated for {direction}, and no rule allows this."
        case Reason.STAGE_DEFAULT:
            return f"No rule of a tier that has policies for its {direction} matches, and the tier then denies."


def _rule(trace: RuleTrace, cluster: Cluster) -> Shown:
    peer = str(trace.peer) if trace.peer is not None else "everything" if trace.peer_matches else "no such peer"
    port = str(trace.port) if trace.port is not None else "every port" if trace.port_matches else "no such port"
    origin = trace.rule.origin
    return Shown(
        str(trace.policy.ref),
        str(trace.rule.action),
        f"{peer} on {port}",
        origin,
        excerpt(cluster, trace.policy.ref, origin.path),
    )


def excerpt(cluster: Cluster, ref: ObjectRef, path: str) -> str:
    """The YAML of a field of a policy, as it was read; empty where it isn't there.

    It is made from what was read: no file is opened for a request, and a policy of a running cluster has none.
    """
    body = next((raw.body for raw in cluster.snapshot.policies if raw.ref == ref), None)
    value: Any = body
    for name, number in _STEP.findall(path):
        if number and isinstance(value, list) and int(number) < len(value):
            value = value[int(number)]
        elif name and isinstance(value, Mapping) and name in value:
            value = value[name]
        else:
            return ""
    if value is None or not path:
        return ""
    last = path.rpartition(".")[2].partition("[")[0]
    lines = document({last: [value]} if path.endswith("]") else {last: value}).splitlines()
    return "\n".join([*lines[:_LONGEST], *(["…"] if len(lines) > _LONGEST else [])])
