"""Staged policies, which enforce nothing, and what they would be if they were enforced.

``stagedAction`` says what enforcing would do: ``Set``, the default, makes or replaces the policy of the same name, and
``Delete`` removes it. ``Learn`` and ``Ignore`` change nothing.

Source: Calico reference, "Staged network policy", "Staged global network policy" and "Staged Kubernetes network
policy"; the conversions in projectcalico/api, ``ConvertStagedPolicyToEnforced`` and its siblings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ringfence.dialects.calico.sets import GROUPS
from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.model.codes import BAD_FIELD, STAGED_POLICY
from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import ObjectRef, Origin

_KUBERNETES = "StagedKubernetesNetworkPolicy"
_ENFORCED = {
    "StagedNetworkPolicy": "NetworkPolicy",
    "StagedGlobalNetworkPolicy": "GlobalNetworkPolicy",
    _KUBERNETES: "NetworkPolicy",
}
_SET, _DELETE = "Set", "Delete"
_ACTIONS = (_SET, _DELETE, "Learn", "Ignore")


def is_staged(raw: RawObject) -> bool:
    """True for a policy that is written down and not enforced."""
    return raw.ref.kind in _ENFORCED and raw.ref.api_version.partition("/")[0] in GROUPS


def with_staged(snapshot: Snapshot) -> Snapshot:
    """The snapshot as it would be with its staged policies enforced; a note says which were."""
    staged = [raw for raw in snapshot.policies if is_staged(raw)]
    if not staged:
        return snapshot
    problems: list[Finding] = []
    policies: dict[tuple[str, str, ObjectRef], RawObject] = {
        _key(raw.ref): raw for raw in snapshot.policies if not is_staged(raw)
    }
    for raw in staged:
        action = _action(raw, problems)
        if action == _DELETE:
            policies.pop(_key(enforced_ref(raw)), None)
        elif action == _SET:
            policies[_key(enforced_ref(raw))] = enforced(raw)
    note = Finding(
        STAGED_POLICY,
        f"{_listed(staged)} read as if enforced (--staged); the cluster enforces "
        f"{'none of them' if len(staged) > 1 else 'nothing of it'}.",
        staged[0].origin("kind"),
        staged[0].ref,
    )
    findings = (*snapshot.findings, note, *problems)
    return replace(snapshot, policies=tuple(policies.values()), findings=findings)


def staged_of(snapshot: Snapshot) -> Mapping[tuple[ObjectRef, Origin], RawObject]:
    """The staged policies of a snapshot, by what they would be called if enforced, and their place."""
    return {(enforced_ref(raw), raw.origin()): raw for raw in snapshot.policies if is_staged(raw)}


def enforced(raw: RawObject) -> RawObject:
    """The policy that a staged one would be, which keeps the place where it is written."""
    ref = enforced_ref(raw)
    body = {**raw.body, "kind": ref.kind, "apiVersion": ref.api_version}
    spec = body.get("spec")
    if isinstance(spec, dict):
        body["spec"] = {name: value for name, value in spec.items() if name != "stagedAction"}
    return RawObject(ref, body, raw.source)


def enforced_ref(raw: RawObject) -> ObjectRef:
    """What a staged policy would be called."""
    version = "networking.k8s.io/v1" if raw.ref.kind == _KUBERNETES else raw.ref.api_version
    return replace(raw.ref, kind=_ENFORCED[raw.ref.kind], api_version=version)


def not_enforced(policies: Iterable[RawObject]) -> Iterable[Finding]:
    """Says once that the staged policies of the input enforce nothing."""
    staged = [raw for raw in policies if is_staged(raw)]
    if staged:
        yield Finding(
            STAGED_POLICY,
            f"{_listed(staged)} staged: {'they enforce' if len(staged) > 1 else 'it enforces'} nothing, and answers "
            f"leave {'them' if len(staged) > 1 else 'it'} out.",
            staged[0].origin("kind"),
            staged[0].ref,
            hint="--staged reads staged policies as if they were enforced.",
        )


def _action(raw: RawObject, problems: list[Finding]) -> str:
    field: Field | None = spec_of(raw, problems).get("stagedAction")
    if field is None or field.value == "":
        return _SET
    if field.value not in _ACTIONS:
        what = f"{field} is {describe(field.value)}, and {raw.ref} is left out."
        field.report(BAD_FIELD, what, hint=f"Known: {', '.join(_ACTIONS)}.")
    return str(field.value)


def _key(ref: ObjectRef) -> tuple[str, str, ObjectRef]:
    """Names an object whatever the version, or the group that Calico stores it under, it is given in."""
    group = ref.api_version.partition("/")[0]
    return (GROUPS[0] if group in GROUPS else group, ref.kind, replace(ref, api_version=""))


def _listed(staged: Sequence[RawObject]) -> str:
    names = ", ".join(str(raw.ref) for raw in staged[:3])
    rest = f" and {len(staged) - 3} more" if len(staged) > 3 else ""
    return f"{names}{rest} {'is' if len(staged) == 1 else 'are'}"
