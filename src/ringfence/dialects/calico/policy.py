"""NetworkPolicy and GlobalNetworkPolicy ``projectcalico.org/v3``.

Rules are judged in the order written; Log goes on, Pass leaves the tier. A policy with a part that Calico refuses
can't be in a cluster, so it is left out as a whole, with findings.

Source: Calico reference, "NetworkPolicy" and "GlobalNetworkPolicy".
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.dialects.calico.entities import Entity, family, read_entity
from ringfence.dialects.calico.expressions import read_expression
from ringfence.dialects.calico.icmp import is_of_its_family
from ringfence.dialects.calico.keys import account_key, endpoint_key, namespace_key
from ringfence.dialects.calico.layer7 import read_http
from ringfence.dialects.calico.ports import read_ports
from ringfence.dialects.calico.sets import host_endpoints
from ringfence.dialects.calico.tiers import tier_of
from ringfence.dialects.derived_peers import pod_peer
from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.reading import Reading, ReadPolicy
from ringfence.model.codes import BAD_FIELD, HOST_POLICY
from ringfence.model.labels import AllOf
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, AllPeers, Direction, Peer, PodPeer, Policy, Rule

_ACTIONS = {"Allow": Action.ALLOW, "Deny": Action.DENY, "Pass": Action.PASS, "Log": Action.LOG}
_TYPES = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}
_FIELDS = (
    "tier",
    "order",
    "selector",
    "namespaceSelector",
    "serviceAccountSelector",
    "types",
    "ingress",
    "egress",
    "doNotTrack",
    "preDNAT",
    "applyOnForward",
    "performanceHints",
)
_RULE_FIELDS = (
    "action",
    "protocol",
    "notProtocol",
    "icmp",
    "notICMP",
    "ipVersion",
    "source",
    "destination",
    "http",
    "metadata",
)
_LAST = float("inf")


def read_calico_policy(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Read one object; None, with findings, where Calico would refuse it."""
    spec = spec_of(raw, reading.findings)
    if not spec.is_mapping():
        return None
    spec.report_unknown(_FIELDS, why="Calico ignores the field.")
    stage, subject, order = tier_of(spec, reading), _subject(spec), _order(spec)
    directions = _directions(spec)
    rules = {direction: _read_rules(spec, direction, reading) for direction in Direction}
    egress, ingress = rules[Direction.EGRESS], rules[Direction.INGRESS]
    if stage is None or subject is None or order is None or directions is None or egress is None or ingress is None:
        return None
    for_hosts = [name for name in ("doNotTrack", "preDNAT") if spec.value.get(name) is True]
    if for_hosts:
        spec.at(for_hosts[0]).report(
            HOST_POLICY,
            f"{raw.ref} is for host endpoints ({for_hosts[0]}), and answers leave it out.",
            why="What is said of a node's own traffic, or of host-network pods, may be cut by it.",
        )
        return ()
    _tell_hosts(raw, spec, reading)
    policy = Policy(raw.ref, subject, directions, egress, ingress, (order, raw.ref.name), raw.origin())
    return (ReadPolicy(stage, policy),)


def _tell_hosts(raw: RawObject, spec: Field, reading: Reading) -> None:
    """A policy of the cluster guards host endpoints that it selects, too: that part is not evaluated."""
    if raw.ref.namespace:
        return
    parts = (("selector", endpoint_key), ("namespaceSelector", namespace_key), ("serviceAccountSelector", account_key))
    exprs = [read_expression(spec.get(name), key) for name, key in parts]
    hosts = host_endpoints(AllOf(tuple(expr for expr in exprs if expr is not None)), reading)
    if hosts:
        (spec.get("selector") or spec).report(
            HOST_POLICY,
            f"{raw.ref} also guards the host endpoint {hosts[0]}"
            f"{f' and {len(hosts) - 1} more' if hosts[1:] else ''}, which answers leave out.",
            why="What is said of a node's own traffic, or of host-network pods, may be cut by it.",
        )


def _subject(spec: Field) -> PodPeer | None:
    pods = read_expression(spec.get("selector"), endpoint_key)
    namespaces = read_expression(spec.get("namespaceSelector"), namespace_key)
    accounts = read_expression(spec.get("serviceAccountSelector"), account_key)
    if pods is None or namespaces is None or accounts is None:
        return None
    namespace = spec.raw.ref.namespace or None
    expr = AllOf((pods, accounts) if namespace is not None else (namespaces, pods, accounts))
    return pod_peer(expr, namespace, (spec.get("selector") or spec).origin)


def _order(spec: Field) -> float | None:
    """Lower first; without an order, after all that have one."""
    field = spec.get("order")
    if field is None:
        return _LAST
    if isinstance(field.value, bool) or not isinstance(field.value, int | float):
        field.report(BAD_FIELD, f"{field} must be a number, not {describe(field.value)}.")
        return None
    return float(field.value)


def _directions(spec: Field) -> frozenset[Direction] | None:
    """``types``, or its default: the directions that have rules, and Ingress where none has."""
    types = spec.get("types")
    items = (types.items() if types is not None else None) or ()
    found = set()
    for item in items:
        direction = _TYPES.get(item.value) if isinstance(item.value, str) else None
        if direction is None:
            item.report(
                BAD_FIELD, f"{item} is {describe(item.value)}, which is no type.", hint="Known: Ingress, Egress."
            )
            return None
        found.add(direction)
    if items:
        return frozenset(found)
    written = {direction for direction in Direction if spec.value.get(direction.value)}
    return frozenset(written or {Direction.INGRESS})


def _read_rules(spec: Field, direction: Direction, reading: Reading) -> tuple[Rule, ...] | None:
    field = spec.get(direction.value)
    items = field.items() if field is not None else ()
    if items is None:
        return None
    rules: list[Rule] = []
    for item in items:
        rule = _read_rule(item, direction, reading)
        if rule is None:
            return None
        rules.append(rule)
    return tuple(rules)


def _read_rule(rule: Field, direction: Direction, reading: Reading) -> Rule | None:
    if not rule.is_mapping():
        return None
    rule.report_unknown(_RULE_FIELDS, why="Calico ignores the field.")
    action = rule.get("action")
    what = _ACTIONS.get(action.value) if action is not None and isinstance(action.value, str) else None
    if what is None:
        (action or rule).report(
            BAD_FIELD, f"{action or rule} must be an action.", hint=f"Known: {', '.join(_ACTIONS)}."
        )
        return None
    source, destination = read_entity(rule.get("source"), reading), read_entity(rule.get("destination"), reading)
    ports = read_ports(rule, rule.get("destination"), rule.get("source"))
    if source is None or destination is None or ports is None:
        return None
    if not _may_be(rule, what, direction):
        return None
    own, other = (source, destination) if direction is Direction.EGRESS else (destination, source)
    listed = ports.ports if destination.ports is None else ports.of_service(destination.ports)
    return Rule(
        what,
        _peers(other, rule),
        listed,
        (*ports.conditions, *read_http(rule.get("http"))),
        origin=rule.origin,
        only=own.peer,
    )


def _may_be(rule: Field, action: Action, direction: Direction) -> bool:
    """False, and a finding, for what the API server refuses in a rule (libcalico-go ``validateRule`` and others)."""
    http, version = rule.get("http"), rule.get("ipVersion")
    own = rule.get("source" if direction is Direction.EGRESS else "destination")
    services = own.get("services") if own is not None else None
    wrong, problem = None, ""
    if http is not None and (direction is Direction.EGRESS or action is not Action.ALLOW):
        wrong, problem = http, "may only stand in an ingress rule that allows"
    elif services is not None:
        other = "destination" if direction is Direction.EGRESS else "source"
        wrong, problem = services, f"may only stand in the {other} of an {direction} rule"
    elif version is not None and version.value not in (4, 6):
        wrong, problem = version, "must be 4 or 6"
    if wrong is not None:
        wrong.report(BAD_FIELD, f"{wrong} {problem}.", why="Calico refuses the policy.")
    return wrong is None and is_of_its_family(rule)


def _peers(entity: Entity, rule: Field) -> tuple[Peer, ...] | None:
    """The other end of a rule: everyone where nothing is said of it."""
    version = rule.get("ipVersion")
    parts = entity.parts
    if version is not None and version.value in (4, 6):
        parts = (*parts, family(version.value, version))
    if not parts:
        return entity.names or None
    joined: Peer = parts[0] if len(parts) == 1 else AllPeers(parts, rule.origin)
    # Names stand beside the ranges of a rule, and not within them.
    return (joined, *entity.names)
