"""AuthorizationPolicy: who may do what at a workload of the mesh.

Custom policies first, whose decision is another server's, then those that deny, then those that allow: a workload that
one of these selects takes only what one of them allows. AUDIT decides nothing, and a dry run is not enforced.

Source: Istio reference, "AuthorizationPolicy".
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.istio.conditions import read_when
from ringfence.dialects.istio.mtls import without_identity
from ringfence.dialects.istio.operations import Operation, read_operation
from ringfence.dialects.istio.sources import Source, read_source
from ringfence.dialects.istio.stages import ALLOW, DENY, NOT_TCP
from ringfence.dialects.istio.workloads import has_target, read_workloads
from ringfence.dialects.reading import Reading, ReadPolicy
from ringfence.model.codes import BAD_FIELD
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, AllPeers, Condition, Direction, NotPeer, Peer, Policy, Rule
from ringfence.model.ports import PortMatch, PortRange, Protocol

DRY_RUN = "istio.io/dry-run"
_ACTIONS = ("ALLOW", "DENY", "AUDIT", "CUSTOM")
_CUSTOM_FIRST, _DENY_SECOND = 0.0, 1.0


def read_authorization_policy(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Read one object; None, with findings, where Istio would refuse it."""
    spec = spec_of(raw, reading.findings)
    if not spec.is_mapping():
        return None
    known = ("selector", "targetRef", "targetRefs", "rules", "action", "provider")
    spec.report_unknown(known, why="Istio ignores the field.")
    action, subject, rules = _action(spec), read_workloads(spec), _read_rules(spec, reading)
    if action is None or subject is None or rules is None:
        return None
    if has_target(spec) or action == "AUDIT" or _is_dry_run(raw):
        return ()
    ingress, name = frozenset({Direction.INGRESS}), f"{raw.ref.namespace}/{raw.ref.name}"
    if action == "ALLOW":
        others = Rule(Action.ALLOW, None, NOT_TCP, name="not of the mesh", origin=raw.origin("spec"))
        policy = Policy(raw.ref, subject, ingress, (), (*rules, others), (0.0, name), raw.origin())
        return (ReadPolicy(ALLOW, policy),)
    custom = action == "CUSTOM"
    asked = (Condition(f"the external authorizer {_provider(spec)} denies it"),) if custom else ()
    denies = tuple(
        Rule(Action.DENY, r.peers, r.ports, (*r.conditions, *asked), r.name, r.origin, r.only) for r in rules
    )
    order = (_CUSTOM_FIRST if custom else _DENY_SECOND, name)
    return (ReadPolicy(DENY, Policy(raw.ref, subject, ingress, (), denies, order, raw.origin())),)


def _action(spec: Field) -> str | None:
    field = spec.get("action")
    if field is None:
        return "ALLOW"
    if field.value not in _ACTIONS:
        what = f"{field} is {describe(field.value)}, which is no action."
        field.report(BAD_FIELD, what, hint=f"Known: {', '.join(_ACTIONS)}.")
        return None
    return str(field.value)


def _provider(spec: Field) -> str:
    provider = spec.get("provider")
    name = provider.get("name") if provider is not None else None
    return str(name.value) if name is not None else ""


def _is_dry_run(raw: RawObject) -> bool:
    metadata = raw.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and annotations.get(DRY_RUN) == "true"


def _read_rules(spec: Field, reading: Reading) -> tuple[Rule, ...] | None:
    field = spec.get("rules")
    items = field.items() if field is not None else ()
    if items is None:
        return None
    rules: list[Rule] = []
    for item in items:
        read = _read_rule(item, reading)
        if read is None:
            return None
        rules.extend(read)
    return tuple(rules)


def _read_rule(rule: Field, reading: Reading) -> list[Rule] | None:
    """One rule: any of its sources, with any of its operations, under all of its conditions."""
    if not rule.is_mapping():
        return None
    rule.report_unknown(("from", "to", "when"), why="Istio ignores the field.")
    sources, operations, when = _read_from(rule.get("from")), _read_to(rule.get("to")), read_when(rule.get("when"))
    if sources is None or operations is None or when is None:
        return None
    return [
        _rule(rule, source.both(when[0]), operation.both(when[1]), reading)
        for source in sources
        for operation in operations
    ]


def _rule(rule: Field, source: Source, operation: Operation, reading: Reading) -> Rule:
    peers: tuple[Peer, ...] | None = None
    if source.parts:
        peers = source.parts if len(source.parts) == 1 else (AllPeers(source.parts, rule.origin),)
    ports: tuple[PortMatch, ...] = tuple(
        PortRange(Protocol.TCP, lo, hi, rule.origin) for lo, hi in operation.ports.of_protocol(Protocol.TCP)
    )
    disabled = without_identity(reading) if source.identity else None
    return Rule(
        Action.ALLOW,
        peers,
        ports,
        (*source.conditions, *operation.conditions),
        origin=rule.origin,
        only=None if disabled is None else NotPeer(disabled, rule.origin),
    )


def _read_from(field: Field | None) -> list[Source] | None:
    items = field.items() if field is not None else ()
    if items is None:
        return None
    if not items:
        return [Source()]
    read = [_member(item, "source") for item in items]
    sources = [read_source(member) for member in read if member is not None]
    if any(member is None for member in read) or any(source is None for source in sources):
        return None
    return [source for source in sources if source is not None]


def _read_to(field: Field | None) -> list[Operation] | None:
    items = field.items() if field is not None else ()
    if items is None:
        return None
    if not items:
        return [Operation()]
    read = [_member(item, "operation") for item in items]
    operations = [read_operation(member) for member in read if member is not None]
    if any(member is None for member in read) or any(operation is None for operation in operations):
        return None
    return [operation for operation in operations if operation is not None]


def _member(item: Field, name: str) -> Field | None:
    if not item.is_mapping():
        return None
    item.report_unknown((name,), why="Istio ignores the field.")
    member = item.get(name)
    if member is None:
        item.report(BAD_FIELD, f"{item} has no {name}.", why="Istio refuses the policy.")
    return member
