"""Rules that are without effect because a part of them is invalid: the API server refuses the object that holds it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.model.finding import Finding, Severity
from ringfence.model.policy import Direction
from ringfence.model.verdict import RuleTrace

_PEERS = {Direction.EGRESS: "to", Direction.INGRESS: "from"}


@dataclass(frozen=True, slots=True)
class Invalid:
    """The errors in the peers and in the ports of one rule."""

    peers: tuple[Finding, ...]
    ports: tuple[Finding, ...]


def invalid_parts(trace: RuleTrace, findings: Iterable[Finding]) -> Invalid:
    """The errors of ``findings`` that lie in a rule of a NetworkPolicy; none for a rule from nowhere."""
    errors = [
        finding
        for finding in findings
        if finding.severity is Severity.ERROR and finding.subject == trace.policy.ref and trace.rule.origin.path
    ]
    base = trace.rule.origin.path
    return Invalid(_below(f"{base}.{_PEERS[trace.direction]}", errors), _below(f"{base}.ports", errors))


def blamed(trace: RuleTrace, findings: Iterable[Finding]) -> Finding | None:
    """The error that a rule fails on; ``None`` where it fails on something else, too, or has no error there."""
    parts = invalid_parts(trace, findings)
    if not trace.peer_matches and not parts.peers:
        return None
    if not trace.port_matches and not parts.ports:
        return None
    found = () if trace.peer_matches else parts.peers
    found += () if trace.port_matches else parts.ports
    return found[0] if found else None


def _below(path: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(
        each for each in findings if each.origin.path == path or each.origin.path.startswith((f"{path}[", f"{path}."))
    )
