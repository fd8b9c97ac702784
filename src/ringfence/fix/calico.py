"""Steps for a connection that a tier of Calico denies, or should: rules and policies that are judged before that.

In a tier the first rule that matches decides, and the tier's end denies what none matched. So there is always an exact
way: a rule before the one that denies, or anywhere where only the end does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ringfence.explain.causes import object_name as named
from ringfence.fix import calico_selectors, network_policy
from ringfence.fix.calico_shapes import (
    API_VERSION,
    GLOBAL_NETWORK_POLICY,
    NETWORK_POLICY,
    entities,
    is_calico,
    rules,
    selector,
)
from ringfence.fix.candidate import Case, Step, StepKind, ports_text, rule_name
from ringfence.fix.named import by_domains
from ringfence.fix.shapes import Body, groups_of, object_name, path_of, peer_list, value_at
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import Policy
from ringfence.model.verdict import RuleTrace

TIER = "tier "
"""The names of stages that are tiers of Calico begin so."""

DEFAULT = "default"
"""The tier that NetworkPolicies stand in."""

_POLICIES = 3
_OWNER = "{} is cluster-scoped: only who may change it can apply this."
_LATER = "Later tiers, and then the NetworkPolicies, still have to allow it."


def concerns(case: Case) -> bool:
    """True where a tier of Calico, or a policy of Calico in a tier that it shares, denies."""
    return case.stage.startswith(TIER) or any(is_calico(trace.policy.ref) for trace in case.verdict.deciding[:1])


def steps(case: Case) -> Iterator[Step]:
    """Steps towards allowing what a tier denies."""
    stage = case.verdict.stages[-1]
    deciding = [trace for trace in case.verdict.deciding if is_calico(trace.policy.ref)]
    for trace in deciding:
        for action in _actions(case):
            own = _called(case, action)
            yield from _rule_before(own, trace, action)
            yield from _new_policy(own, action, before=trace.policy)
    if not case.verdict.deciding:
        for trace in stage.rules:
            yield from _more_ports(case, trace)
        yield from calico_selectors.rule_steps(case)
        yield from calico_selectors.subject_steps(case)
        mine = [policy for policy in stage.selecting if is_calico(policy.ref) and case.direction in policy.isolates]
        for action in _actions(case):
            own = _called(case, action)
            for policy in mine[:_POLICIES]:
                yield from _rule_at_end(own, policy, action)
            yield from _new_policy(own, action)
        yield from _of_network_policy(network_policy.steps(case))


def corrections(case: Case) -> Iterator[Step]:
    """Steps that correct rules which nearly allow what only the end of a tier denies."""
    for trace in case.verdict.stages[-1].rules:
        yield from _more_ports(case, trace)
    yield from calico_selectors.rule_steps(case)
    yield from calico_selectors.subject_steps(case)
    # NetworkPolicies stand in the default tier, too, and may be what was meant to allow it.
    yield from _of_network_policy(network_policy.corrections(case))


def _of_network_policy(found: Iterator[Step]) -> Iterator[Step]:
    """The steps that change no policy of Calico: they would be of another API."""
    return (step for step in found if not any(is_calico(patch.target) for patch in step.patches))


def deny_before(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """Deny it by a rule before the one that allows it, or by a policy before that one."""
    if is_calico(trace.policy.ref):
        yield from _rule_before(case, trace, "Deny")
    yield from _new_policy(case, "Deny", before=trace.policy)


def deny(case: Case) -> Iterator[Step]:
    """Deny what nothing decides about, where policies of Calico are in use."""
    if any(is_calico(ref) for ref in case.world.policies):
        yield from _new_policy(case, "Deny")


def _actions(case: Case) -> tuple[str, ...]:
    """What a rule before the denial may do, the lesser first; after the default tier nothing is left to decide."""
    return ("Allow",) if _tier(case) == DEFAULT else ("Pass", "Allow")


def _tier(case: Case) -> str:
    return case.stage.removeprefix(TIER) if case.stage.startswith(TIER) else DEFAULT


def _rules(case: Case, ref: ObjectRef, action: str, own: Body | None = None) -> list[Body] | None:
    domains = by_domains(case, action)
    peers = [domains] if domains is not None else entities(case.peers, ref.namespace, case.world)
    ports = case.ports if action == "Deny" else case.written
    return rules(action, case.direction, peers, ports, own) if peers else None


def _own_end(case: Case, policy: Policy) -> Body | None:
    """What keeps a rule to the pods that are meant, where its policy selects others, too."""
    if not _breadth(case, policy):
        return None
    found = entities(case.subjects, policy.ref.namespace, case.world)
    return found[0] if found and len(found) == 1 else None


def _breadth(case: Case, policy: Policy) -> int:
    engine = case.world.engine
    atoms = engine.program.subjects(policy, engine.universe)
    return sum(len(engine.universe.atoms[atom].pods) for atom in atoms) - len(case.subjects)


def _called(case: Case, action: str) -> Case:
    """The case with its destination called as the rule will write it."""
    if case.named is not None and by_domains(case, action) is not None:
        return replace(case, destination=case.named.name)
    return case


def _rule_before(case: Case, trace: RuleTrace, action: str) -> Iterator[Step]:
    path = path_of(trace.rule.origin)
    if path and case.world.raw(trace.policy.ref) is not None:
        where = f"by a rule before {rule_name(trace)}"
        yield from _inserted(case, trace.policy, action, path, where)


def _rule_at_end(case: Case, policy: Policy, action: str) -> Iterator[Step]:
    raw = case.world.raw(policy.ref)
    path = ("spec", str(case.direction))
    present = value_at(raw.body, path) if raw is not None else None
    if isinstance(present, list) and present:
        yield from _inserted(case, policy, action, (*path, len(present)), f"by one more rule of {named(policy.ref)}")


def _inserted(case: Case, policy: Policy, action: str, path: Path, where: str) -> Iterator[Step]:
    own = _own_end(case, policy)
    written = _rules(case, policy.ref, action, own)
    if written is None:
        return
    number = path[-1]
    if not isinstance(number, int):
        return
    edits = tuple(Edit(EditOp.ADD, (*path[:-1], number + more), rule) for more, rule in enumerate(written))
    patch = Patch(f"{_does(case, action)}, {where}", policy.ref, edits, origin=policy.origin)
    breadth = 0 if own is not None else max(_breadth(case, policy), 0)
    kind = StepKind.TIER_PASS if action == "Pass" else StepKind.TIER_RULE
    yield Step(kind, case.direction, (patch,), _notes(policy.ref, action), breadth)


def _more_ports(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """One more port in a rule that fails on the port alone."""
    raw = case.world.raw(trace.policy.ref)
    if raw is None or not is_calico(trace.policy.ref) or not trace.peer_matches or trace.port_matches:
        return
    base = (*path_of(trace.rule.origin), "destination", "ports")
    present = value_at(raw.body, base)
    protocol = value_at(raw.body, (*base[:-2], "protocol"))
    missing = [number for each, number in case.written if str(each) == protocol]
    if not isinstance(present, list) or not present or len(missing) != len(case.written):
        return
    edits = tuple(Edit(EditOp.ADD, (*base, len(present) + more), number) for more, number in enumerate(missing))
    title = f"Allow {ports_text(case.written)} too in {rule_name(trace)}"
    patch = Patch(title, trace.policy.ref, edits, origin=trace.rule.origin)
    yield Step(StepKind.EXTEND_RULE, case.direction, (patch,), _notes(trace.policy.ref, "Allow"))


def _new_policy(case: Case, action: str, before: Policy | None = None) -> Iterator[Step]:
    """A policy of the tier for just these pods; where a rule is to be overruled, judged before that rule's policy."""
    pods = [end for end in case.subjects if isinstance(end, Pod) and not end.host_network]
    groups = list(groups_of(pods, case.world))
    if len(pods) != len(case.subjects) or len(groups) != 1:
        return
    namespace, labels = groups[0]
    verb = action.lower()
    name = object_name(verb, case.source, case.destination, case.world.policy_names(namespace))
    ref = ObjectRef(NETWORK_POLICY, name, namespace, API_VERSION)
    written = _rules(case, ref, action)
    order = _free_order(case, before) if before is not None else None
    if written is None or (before is not None and order is None):
        return
    tier = _tier(case)
    spec: Body = {} if tier == DEFAULT else {"tier": tier}
    if order is not None:
        spec["order"] = order
    # Alone in its tier, the policy would bring the tier's end with it: what it doesn't deny is passed on.
    rest: list[Body] = [] if before is not None or action != "Deny" else [{"action": "Pass"}]
    spec |= {
        "selector": selector(labels),
        "types": [str(case.direction).capitalize()],
        str(case.direction): [*written, *rest],
    }
    body = {
        "apiVersion": API_VERSION,
        "kind": NETWORK_POLICY,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    place = f" of order {order:g}, before {named(before.ref)}" if before is not None and order is not None else ""
    title = f"{_does(case, action)}, by a new NetworkPolicy of Calico {namespace}/{name} in tier {tier}{place}"
    kind = StepKind.TIER_PASS if action == "Pass" else StepKind.TIER_POLICY
    notes = (_LATER,) if action == "Pass" else ()
    yield Step(kind, case.direction, (Patch(title, ref, manifest=body),), notes)


def _free_order(case: Case, before: Policy) -> float | int | None:
    """An order below the policy's that no policy of its stage has; a whole number where one is free."""
    stage, _ = case.world.policies[before.ref]
    taken = sorted({policy.order[0] for name, policy in case.world.policies.values() if name == stage})
    limit = before.order[0]
    lower = [order for order in taken if order < limit]
    if limit == float("inf"):
        return int(lower[-1]) + 10 if lower else 1000
    floor = lower[-1] if lower else limit - 20
    middle = (floor + limit) / 2
    whole = int(limit) - 1
    return whole if floor < whole < limit else middle if floor < middle < limit else None


def _does(case: Case, action: str) -> str:
    what = f"{case.direction} {peer_list(case.direction)} {case.peer_name} on "
    what += ports_text(case.ports if action == "Deny" else case.written)
    return f"Leave {what} to the next tier" if action == "Pass" else f"{action} {what}"


def _notes(ref: ObjectRef, action: str) -> tuple[str, ...]:
    owner = (_OWNER.format(named(ref)),) if ref.kind == GLOBAL_NETWORK_POLICY else ()
    return (*owner, _LATER) if action == "Pass" else owner
