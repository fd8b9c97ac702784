"""ClusterNetworkPolicy ``policy.networking.k8s.io/v1alpha2``.

Source: network-policy-api v0.2.0, apis/v1alpha2, and its conformance tests.
"""

from __future__ import annotations

from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.reading import ADMIN, BASELINE, Reading, ReadPolicy, StageKey
from ringfence.dialects.scalars import read_port_name, read_port_number
from ringfence.dialects.tiered import Shape, read_priority, read_rules, read_subject
from ringfence.dialects.tiered_ports import only_kind, read_port_range
from ringfence.model.codes import BAD_FIELD, BAD_PORT
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, Direction, Policy
from ringfence.model.ports import NamedPort, PortMatch, PortRange, Protocol

_TIERS = {"Admin": ADMIN, "Baseline": BASELINE}
_PROTOCOLS = {"tcp": Protocol.TCP, "udp": Protocol.UDP, "sctp": Protocol.SCTP}
_MOST = 25


def read_cluster_network_policy(raw: RawObject, reading: Reading) -> tuple[ReadPolicy, ...] | None:
    """Read one ClusterNetworkPolicy; None where its tier or subject is not clear."""
    spec = spec_of(raw, reading.findings)
    if not spec.is_mapping():
        return None
    spec.report_unknown(("tier", "priority", "subject", "ingress", "egress"))
    tier, priority, subject = _read_tier(spec), read_priority(spec), read_subject(spec)
    egress = read_rules(spec, Direction.EGRESS, _SHAPE)
    ingress = read_rules(spec, Direction.INGRESS, _SHAPE)
    if tier is None or subject is None:
        return None
    sides = {Direction.EGRESS: egress, Direction.INGRESS: ingress}
    isolates = frozenset(direction for direction, rules in sides.items() if rules)
    order = (priority, raw.ref.name)
    return (ReadPolicy(tier, Policy(raw.ref, subject, isolates, egress, ingress, order, raw.origin())),)


def _read_tier(spec: Field) -> StageKey | None:
    field = spec.get("tier")
    if field is None:
        spec.report(BAD_FIELD, f"{spec} has no tier.", hint="Write tier: Admin or tier: Baseline.")
        return None
    tier = _TIERS.get(field.value) if isinstance(field.value, str) else None
    if tier is None:
        field.report(
            BAD_FIELD, f"{field} is {describe(field.value)}, which is no tier.", hint="Known: Admin, Baseline."
        )
    return tier


def _read_protocol(entry: Field) -> PortMatch | None:
    """One entry of ``protocols``: a port or range of one protocol, or a port name of whichever protocol has it."""
    kind = only_kind(entry, (*_PROTOCOLS, "destinationNamedPort"))
    if kind is None:
        return None
    if kind.path[-1] == "destinationNamedPort":
        name = read_port_name(kind)
        return None if name is None else NamedPort(name, None, entry.origin)
    if not kind.is_mapping(code=BAD_PORT):
        return None
    kind.report_unknown(("destinationPort",))
    port = kind.get("destinationPort")
    if port is None:
        kind.report(
            BAD_PORT, f"{kind} has no destinationPort.", hint="For every port write range: {start: 1, end: 65535}."
        )
        return None
    bounds = _read_bounds(port)
    return None if bounds is None else PortRange(_PROTOCOLS[str(kind.path[-1])], *bounds, entry.origin)


def _read_bounds(port: Field) -> tuple[int, int] | None:
    kind = only_kind(port, ("number", "range"))
    if kind is None:
        return None
    if kind.path[-1] == "number":
        number = read_port_number(kind)
        return None if number is None else (number, number)
    if not kind.is_mapping(code=BAD_PORT):
        return None
    kind.report_unknown(("start", "end"))
    return read_port_range(kind)


_SHAPE = Shape({"Accept": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}, "protocols", _read_protocol, _MOST)
