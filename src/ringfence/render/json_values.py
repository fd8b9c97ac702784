"""Model values as JSON: the shapes that every ``-o json`` document shares (``docs/schemas``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ringfence.explain.nearest import NearRule, conditions_of
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.origin import Origin
from ringfence.model.ports import AnyProtocol, Icmp, PortSet, Protocol
from ringfence.model.verdict import DirectionVerdict, Endpoint, RuleTrace, StageTrace

API_VERSION = "ringfence.dev/v1"

Json = dict[str, Any]


def document(kind: str, **fields: Any) -> Json:
    """A document of this kind, its identity first."""
    return {"apiVersion": API_VERSION, "kind": kind, **fields}


def text_of(value: Json) -> str:
    """A document as text, indented by two: what :mod:`json` writes, in a tenth of the time.

    Raises:
        UnicodeEncodeError: a string has a lone surrogate, which UTF-8 can't have.
    """
    return msgspec.json.format(msgspec.json.encode(value).decode()) + "\n"


def origin(value: Origin) -> Json | None:
    """Where a value stands: ``line`` and ``column`` only where they are known; ``None`` for a value from nowhere."""
    position = value.position
    if not position.file:
        return None
    place: Json = {"file": position.file}
    if position.line:
        place["line"] = position.line
    if position.column:
        place["column"] = position.column
    if value.path:
        place["path"] = value.path
    return place


def findings(values: Iterable[Finding]) -> list[Json]:
    """Findings, worst first."""
    return [finding(value) for value in sorted(values, key=lambda value: -value.severity)]


def finding(value: Finding) -> Json:
    """One finding; fields that say nothing are left out."""
    fields: Json = {
        "code": value.code.code,
        "name": value.code.slug,
        "severity": str(value.severity),
        "what": value.what,
        "why": value.why,
        "hint": value.hint,
        "evidence": list(value.evidence),
        "object": str(value.subject) if value.subject is not None else "",
        "origin": origin(value.origin),
    }
    return {key: field for key, field in fields.items() if field}


def ports(value: PortSet) -> dict[str, list[list[int]]]:
    """``{"TCP": [[80, 80], [8000, 8080]]}``: intervals by protocol, both ends included.

    Those of ICMP are of ``type * 256 + code``, and there only where ICMP was asked for.
    """
    spans = {str(each): [list(span) for span in value.of_protocol(each)] for each in (*Protocol, *Icmp)}
    return {protocol: intervals for protocol, intervals in spans.items() if intervals}


def port(protocol: AnyProtocol, number: int) -> Json:
    """A connection's protocol and port; for ICMP the port is the type, and the code stands beside it."""
    if not isinstance(protocol, Icmp):
        return {"protocol": str(protocol), "port": number}
    kind, code = divmod(number, 256)
    return {"protocol": str(protocol), "port": kind, "code": code}


def endpoint(value: Endpoint) -> Json:
    """One endpoint by name, with what kind it is."""
    if isinstance(value, Pod):
        fields: Json = {"kind": "pod", "name": str(value), "workload": str(value.workload)}
        if value.host_network:
            fields["hostNetwork"] = True
        return fields
    if value.node:
        return {"kind": "node", "name": str(value), "node": value.node}
    return {"kind": "external", "name": str(value)}


def rule(trace: RuleTrace) -> Json:
    """A rule that decided: its policy, its place in the policy, and what it does."""
    fields: Json = {
        "policy": str(trace.policy.ref),
        "direction": str(trace.direction),
        "rule": trace.index,
        "action": str(trace.rule.action),
    }
    if trace.rule.name:
        fields["name"] = trace.rule.name
    fields["origin"] = origin(trace.rule.origin)
    fields["text"] = rule_text(trace)
    return fields


def rule_text(trace: RuleTrace) -> str:
    """What of the rule matched, in words: ``pods app=web in namespace shop on TCP 80``."""
    peer = str(trace.peer) if trace.peer is not None else "everything" if trace.peer_matches else "no peer that matches"
    port = str(trace.port) if trace.port is not None else "every port" if trace.port_matches else "no port that matches"
    return f"{peer} on {port}"


def stage(value: StageTrace) -> Json:
    """One stage's decision: ``next`` leaves it to the stage after it."""
    return {
        "layer": value.layer,
        "stage": value.stage,
        "outcome": str(value.outcome),
        "selecting": [{"policy": str(policy.ref), "origin": origin(policy.origin)} for policy in value.selecting],
        "deciding": [rule(trace) for trace in value.deciding],
    }


def direction(value: DirectionVerdict) -> Json:
    """Egress at the source or ingress at the destination, with every stage that was asked."""
    fields: Json = {
        "verdict": "allowed" if value.allowed else "blocked",
        "reason": str(value.reason),
        "stages": [stage(trace) for trace in value.stages],
    }
    if value.conditional:
        fields["conditions"] = conditions(value.conditional)
    return fields


def conditions(traces: Iterable[RuleTrace]) -> list[Json]:
    """Rules that would allow the connection if what they depend on holds."""
    return [{**rule(trace), "condition": conditions_of(trace)} for trace in traces]


def near_rule(value: NearRule) -> Json:
    """A rule that came close, and what it failed on."""
    fields = rule(value.trace)
    del fields["text"]
    fields["distance"] = value.distance
    fields["peerMatches"] = value.trace.peer_matches
    fields["portMatches"] = value.trace.port_matches
    if value.peer_misses:
        fields["peers"] = [
            {"text": miss.text, "distance": miss.distance, "origin": origin(miss.peer.origin)}
            for miss in value.peer_misses
        ]
    elif value.nobody:
        fields["peers"] = []
    if value.port_miss:
        fields["port"] = value.port_miss
    if value.condition:
        fields["condition"] = value.condition
    return fields
