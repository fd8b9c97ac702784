"""Steps for a connection that an ordered tier denies: a rule before the one that denies, or a policy before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ringfence.explain.causes import object_name as named
from ringfence.explain.scope import namespace_meant
from ringfence.fix import cilium
from ringfence.fix.candidate import Case, Step, StepKind, ports_text, rule_name
from ringfence.fix.network_policy import new_policy
from ringfence.fix.shapes import (
    ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY,
    Body,
    groups_of,
    namespace_selector,
    object_name,
    path_of,
    peer_list,
    tiered_peers,
    tiered_pods,
    tiered_ports,
    value_at,
)
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.verdict import RuleTrace

_ALLOW = {CLUSTER_NETWORK_POLICY: "Accept"}
_OWNER = "{} is cluster-scoped: only who may change it can apply this, and no NetworkPolicy can in its place."
_REPLACES = "A NetworkPolicy that selects the pods takes the place of the Baseline tier for their {}."
_BASELINE = "baseline"
_EMPTY = (
    "This way is first although others open less: the subject of {0} is empty, so it holds for every pod of the "
    "cluster, and by its name it was meant for namespace {1}."
)


def steps(case: Case) -> Iterator[Step]:
    """Steps for a denial by a rule of the Admin or Baseline tier."""
    if cilium.is_denied(case):
        yield from cilium.undenied(case)
        return
    for trace in case.verdict.deciding:
        yield from _narrower_subject(case, trace)
        for action in actions(case, trace):
            yield from _rule_before(_called(case, trace.policy.ref, action), trace, action)
        for action in actions(case, trace):
            yield from _policy_before(_called(case, trace.policy.ref, action), trace, action)
    if case.stage == _BASELINE:
        for step in new_policy(case):
            yield Step(step.kind, step.direction, step.patches, (_REPLACES.format(case.direction),))


def _narrower_subject(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """Where a subject is empty and the policy's name says whose pods were meant: a subject of just that namespace."""
    ref, raw = trace.policy.ref, case.world.raw(trace.policy.ref)
    meant = namespace_meant(trace.policy, case.world.engine.facts)
    pods = [end for end in case.subjects if isinstance(end, Pod)]
    if raw is None or not meant or not pods or any(pod.namespace == meant for pod in pods):
        return
    of_pods = value_at(raw.body, ("spec", "subject", "pods")) is not None
    path = ("spec", "subject", *(("pods", "namespaceSelector") if of_pods else ("namespaces",)))
    edit = Edit(EditOp.ADD, (*path, "matchLabels"), namespace_selector(meant)["matchLabels"])
    title = f"Narrow the subject of {named(ref)}, which is empty, to namespace {meant}"
    patch = Patch(title, ref, (edit,), origin=trace.policy.subject.origin)
    notes = (_EMPTY.format(named(ref), meant), _OWNER.format(named(ref)))
    yield Step(StepKind.NARROW_SUBJECT, case.direction, (patch,), notes, first=True)


def actions(case: Case, trace: RuleTrace) -> tuple[str, ...]:
    """What a rule before the one that denies may do, the lesser first; after the Baseline tier nothing could decide."""
    allow = _ALLOW.get(trace.policy.ref.kind, "Allow")
    return (allow,) if case.stage == _BASELINE else ("Pass", allow)


def _rule_before(case: Case, trace: RuleTrace, action: str) -> Iterator[Step]:
    ref = trace.policy.ref
    rule = _rule(case, ref, action)
    path = path_of(trace.rule.origin)
    if rule is None or case.world.raw(ref) is None or not path:
        return
    title = f"{_does(case, action)}, by a rule before {rule_name(trace)}"
    patch = Patch(title, ref, (Edit(EditOp.ADD, path, rule),), origin=trace.rule.origin)
    kind = StepKind.TIER_PASS if action == "Pass" else StepKind.TIER_RULE
    yield Step(kind, case.direction, (patch,), (_OWNER.format(named(ref)),), _breadth(case, trace))


def _policy_before(case: Case, trace: RuleTrace, action: str) -> Iterator[Step]:
    """A policy of the same tier for just these pods, with the last free priority before the one that denies.

    Two policies of one tier with one priority have no defined order (network-policy-api), hence a free one.
    """
    ref, raw = trace.policy.ref, case.world.raw(trace.policy.ref)
    rule = _rule(case, ref, action)
    pods = [end for end in case.subjects if isinstance(end, Pod) and not end.host_network]
    groups = list(groups_of(pods, case.world))
    if raw is None or rule is None or len(pods) != len(case.subjects) or len(groups) != 1:
        return
    tier = value_at(raw.body, ("spec", "tier"))
    priority = _free_priority(case, trace)
    if ref.kind not in (ADMIN_NETWORK_POLICY, CLUSTER_NETWORK_POLICY) or priority is None:
        return
    verb = "pass" if action == "Pass" else "allow"
    name = object_name(verb, case.source, case.destination, case.world.policy_names(""))
    body: Body = {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": name},
        "spec": {
            **({"tier": tier} if tier else {}),
            "priority": priority,
            "subject": tiered_pods(*groups[0]),
            str(case.direction): [rule],
        },
    }
    title = f"{_does(case, action)}, by a new {ref.kind} {name} of priority {priority}, before {named(ref)}"
    patch = Patch(title, ObjectRef(ref.kind, name, "", ref.api_version), manifest=body)
    # At a tie a guard rail is passed rather than overruled.
    kind = StepKind.TIER_PASS if action == "Pass" else StepKind.TIER_POLICY
    yield Step(kind, case.direction, (patch,), (_OWNER.format(f"{ref.kind} {name}"),))


def _rule(case: Case, ref: ObjectRef, action: str) -> Body | None:
    peers = tiered_peers(case.peers, case.direction, case.world)
    if _by_name(case, ref, action) and case.named is not None:
        peers = [{"domainNames": [case.named.name]}]
    if not peers:
        return None
    field, ports = tiered_ports(ref, case.written)
    name = f"{action.lower()}-{case.source.rsplit('/', 1)[-1]}"[:60]
    return {"name": name, "action": action, peer_list(case.direction): peers, field: ports}


def _by_name(case: Case, ref: ObjectRef, action: str) -> bool:
    return case.named is not None and action == _ALLOW.get(ref.kind)


def _called(case: Case, ref: ObjectRef, action: str) -> Case:
    """The case with its destination called as the rule will write it."""
    if _by_name(case, ref, action) and case.named is not None:
        return replace(case, destination=case.named.name)
    return case


def _does(case: Case, action: str) -> str:
    what = f"{case.direction} {peer_list(case.direction)} {case.peer_name} on {ports_text(case.written)}"
    return f"Leave {what} to NetworkPolicy" if action == "Pass" else f"Allow {what}"


def _free_priority(case: Case, trace: RuleTrace) -> int | None:
    """The greatest priority below that of the policy that denies, which no policy of its stage has."""
    denying = trace.policy.order[0]
    stage, _ = case.world.policies[trace.policy.ref]
    taken = {policy.order[0] for name, policy in case.world.policies.values() if name == stage}
    candidates = range(min(int(denying), _PRIORITY_END) - 1, -1, -1) if denying >= 0 else ()
    return next((number for number in candidates if number not in taken), None)


_PRIORITY_END = 1001
"""One past the last priority that both APIs allow."""


def _breadth(case: Case, trace: RuleTrace) -> int:
    """How many other pods the policy that is edited selects, in whichever namespace."""
    engine = case.world.engine
    atoms = engine.program.subjects(trace.policy, engine.universe)
    return sum(len(engine.universe.atoms[atom].pods) for atom in atoms) - len(case.subjects)
