"""AdminNetworkPolicy and BaselineAdminNetworkPolicy ``policy.networking.k8s.io/v1alpha1``.

Source: network-policy-api, apis/v1alpha1, and its conformance tests.
"""

from __future__ import annotations

from ringfence.dialects.fields import Field, spec_of
from ringfence.dialects.reading import ADMIN, BASELINE, Reading, ReadPolicy, StageKey
from ringfence.dialects.scalars import read_port_name, read_port_number, read_protocol
from ringfence.dialects.tiered import (
    UNKNOWN_PRIORITY,
    Shape,
    read_priority,
    read_rules,
    read_subject,
)
from ringfence.dialects.tiered_ports import only_kind, read_port_range
from ringfence.model.codes import BAD_PORT, BASELINE_NOT_SINGLE
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, Direction, Policy
from ringfence.model.ports import NamedPort, PortMatch, PortRange

BASELINE_NAME = "default"
_MOST = 100


def read_admin_network_policy(raw: RawObject, reading: Reading) -> tuple[ReadPolicy, ...] | None:
    """Read one AdminNetworkPolicy; None where its subject is not clear."""
    spec = spec_of(raw, reading.findings)
    if not spec.is_mapping():
        return None
    spec.report_unknown(("priority", "subject", "ingress", "egress"))
    return _read(spec, ADMIN, read_priority(spec), _ADMIN)


def read_baseline_admin_network_policy(raw: RawObject, reading: Reading) -> tuple[ReadPolicy, ...] | None:
    """Read one BaselineAdminNetworkPolicy; None where its subject is not clear.

    The API server accepts only the name ``default``; another one is reported and judged after it.
    """
    spec = spec_of(raw, reading.findings)
    if not spec.is_mapping():
        return None
    spec.report_unknown(("subject", "ingress", "egress"))
    single = raw.ref.name == BASELINE_NAME
    if not single:
        Field(raw, ("metadata", "name"), raw.ref.name, reading.findings).report(
            BASELINE_NOT_SINGLE,
            f"{raw.ref} is not named {BASELINE_NAME}; a cluster has one BaselineAdminNetworkPolicy, of that name.",
            why="The API server refuses it.",
        )
    return _read(spec, BASELINE, UNKNOWN_PRIORITY if single else UNKNOWN_PRIORITY + 1, _BASELINE)


def _read(spec: Field, stage: StageKey, priority: float, shape: Shape) -> tuple[ReadPolicy, ...] | None:
    subject = read_subject(spec)
    egress = read_rules(spec, Direction.EGRESS, shape)
    ingress = read_rules(spec, Direction.INGRESS, shape)
    if subject is None:
        return None
    sides = {Direction.EGRESS: egress, Direction.INGRESS: ingress}
    isolates = frozenset(direction for direction, rules in sides.items() if rules)
    raw = spec.raw
    order = (priority, raw.ref.name)
    return (ReadPolicy(stage, Policy(raw.ref, subject, isolates, egress, ingress, order, raw.origin())),)


def _read_port(entry: Field) -> PortMatch | None:
    kind = only_kind(entry, ("portNumber", "portRange", "namedPort"))
    if kind is None:
        return None
    if kind.path[-1] == "namedPort":
        name = read_port_name(kind)
        return None if name is None else NamedPort(name, None, entry.origin)
    if not kind.is_mapping(code=BAD_PORT):
        return None
    number = kind.path[-1] == "portNumber"
    kind.report_unknown(("protocol", "port") if number else ("protocol", "start", "end"))
    protocol = kind.get("protocol")
    # The field is no pointer in Go, so a marshalled object spells "left out" as the empty string.
    transport = read_protocol(None if protocol is not None and protocol.value == "" else protocol)
    bounds = _read_number(kind) if number else read_port_range(kind)
    return None if transport is None or bounds is None else PortRange(transport, *bounds, entry.origin)


def _read_number(field: Field) -> tuple[int, int] | None:
    port = field.get("port")
    if port is None:
        field.report(BAD_PORT, f"{field} has no port.")
        return None
    number = read_port_number(port)
    return None if number is None else (number, number)


_ADMIN = Shape({"Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS}, "ports", _read_port, _MOST)
_BASELINE = Shape({"Allow": Action.ALLOW, "Deny": Action.DENY}, "ports", _read_port, _MOST)
