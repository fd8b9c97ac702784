"""AuthorizationPolicy: who may do what at a workload of the mesh.

Custom policies first, whose decision is another server's, then those that deny, then those that allow: a workload that
one of these selects takes only what one of them allows. AUDIT decides nothing, and a dry run is not enforced.

Source: Istio reference, "AuthorizationPolicy".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.istio.conditions import read_when
from ringfence.dialects.istio.operations import Operation, read_operation
from ringfence.dialects.istio.rules import rules_of
from ringfence.dialects.istio.sources import Source, read_source
from ringfence.dialects.istio.stages import ALLOW, DENY, NOT_TCP
from ringfence.dialects.istio.workloads import has_target, read_workloads
from ringfence.dialects.reading import Reading, ReadPolicy
from ringfence.model.codes import BAD_FIELD
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, Condition, Direction, Policy, Rule

DRY_RUN = "istio.io/dry-run"
_ACTIONS = ("ALLOW", "DENY", "AUDIT", "CUSTOM")
_CUSTOM_FIRST, _DENY_SECOND = 0.0, 1.0


def read_authorization_policy(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
    """Read one object; None, with findings, where Istio would refuse it."""
    spec, settings = spec_of(raw, reading.findings), reading.snapshot.mesh
    if not spec.is_mapping():
        return None
    known = ("selector", "targetRef", "targetRefs", "rules", "action", "provider")
    spec.report_unknown(known, why="Istio ignores the field.")
    action, subject = _action(spec), read_workloads(spec, settings)
    if action is None or subject is None or not _provider_fits(spec, action):
        return None
    rules = _read_rules(spec, action, reading)
    if rules is None:
        return None
    if has_target(spec) or action == "AUDIT" or _is_dry_run(raw):
        return ()
    ingress, name = frozenset({Direction.INGRESS}), f"{raw.ref.namespace}/{raw.ref.name}"
    if action == "ALLOW":
        others = Rule(Action.ALLOW, None, NOT_TCP, name=OTHER_PROTOCOLS, origin=raw.origin("spec"))
        policy = Policy(raw.ref, subject, ingress, (), (*rules, others), (0.0, name), raw.origin())
        return (ReadPolicy(ALLOW, policy),)
    order = (_CUSTOM_FIRST if action == "CUSTOM" else _DENY_SECOND, name)
    return (ReadPolicy(DENY, Policy(raw.ref, subject, ingress, (), rules, order, raw.origin())),)


def _action(spec: Field) -> str | None:
    field = spec.get("action")
    if field is None:
        return "ALLOW"
    if not isinstance(field.value, str) or field.value not in _ACTIONS:
        what = f"{field} is {describe(field.value)}, which is no action."
        field.report(BAD_FIELD, what, hint=f"Known: {', '.join(_ACTIONS)}.")
        return None
    return field.value


def _provider(spec: Field) -> str:
    provider = spec.get("provider")
    name = provider.get("name") if provider is not None else None
    return str(name.value) if name is not None else ""


def _provider_fits(spec: Field, action: str) -> bool:
    """False, with a finding, for CUSTOM without a provider or rules, and for a provider of another action."""
    provider = spec.get("provider")
    if action == "CUSTOM" and not _provider(spec):
        (provider or spec).report(BAD_FIELD, "CUSTOM needs provider.name.", why="Istio refuses the policy.")
        return False
    if action != "CUSTOM" and provider is not None:
        provider.report(BAD_FIELD, f"{action} takes no provider.", why="Istio refuses the policy.")
        return False
    if action in ("CUSTOM", "DENY") and spec.get("rules") is None:
        what = f"{action} without rules matches nothing."
        spec.report(BAD_FIELD, what, why="Istio refuses the policy.", hint="rules: [{}] is for every request.")
        return False
    return True


def _is_dry_run(raw: RawObject) -> bool:
    metadata = raw.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and annotations.get(DRY_RUN) == "true"


def _read_rules(spec: Field, action: str, reading: Reading) -> tuple[Rule, ...] | None:
    field = spec.get("rules")
    items = field.items() if field is not None else ()
    if items is None:
        return None
    asked = (Condition(f"denied by the external authorizer {_provider(spec)}"),) if action == "CUSTOM" else ()
    rules: list[Rule] = []
    for item in items:
        read = _read_rule(item, reading.snapshot.mesh)
        if read is None:
            return None
        rules.extend(rules_of(action, read, item.origin, reading, asked))
    return tuple(rules)


def _read_rule(rule: Field, settings: MeshSettings) -> list[tuple[Source, Operation]] | None:
    """One rule: any of its sources, with any of its operations, under all of its conditions."""
    if not rule.is_mapping():
        return None
    rule.report_unknown(("from", "to", "when"), why="Istio ignores the field.")
    when = read_when(rule.get("when"), settings)
    sources = _read_each(rule.get("from"), "source", Source(), lambda field: read_source(field, settings))
    operations = _read_each(rule.get("to"), "operation", Operation(), read_operation)
    if sources is None or operations is None or when is None:
        return None
    return [(source.both(when[0]), operation.both(when[1])) for source in sources for operation in operations]


T = TypeVar("T")


def _read_each(field: Field | None, name: str, unlimited: T, read: Callable[[Field], T | None]) -> list[T] | None:
    """The members of a list's entries; one that is left out limits nothing, and an empty one is refused."""
    if field is None:
        return [unlimited]
    items = field.items()
    if items is None:
        return None
    if not items:
        field.report(BAD_FIELD, f"{field} is empty.", why="Istio refuses the policy.", hint="Leave it out for any.")
        return None
    found: list[T] = []
    for item in items:
        member = _member(item, name)
        value = read(member) if member is not None else None
        if value is None:
            return None
        found.append(value)
    return found


def _member(item: Field, name: str) -> Field | None:
    if not item.is_mapping():
        return None
    item.report_unknown((name,), why="Istio ignores the field.")
    member = item.get(name)
    if member is None:
        item.report(BAD_FIELD, f"{item} has no {name}.", why="Istio refuses the policy.")
    return member
