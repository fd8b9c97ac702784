"""Steps for a policy that would allow a connection, had its podSelector not missed the guarded pods by a label."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.causes import object_name as named
from ringfence.explain.near_subjects import additive_policies, subjects_between
from ringfence.explain.slips import is_slip, pod_miss
from ringfence.fix.candidate import Case, Step, StepKind
from ringfence.fix.labels import pod_label_step
from ringfence.fix.selectors import last_first, relaxed
from ringfence.fix.shapes import path_of, value_at
from ringfence.model.labels import Requirement
from ringfence.model.objects import Pod
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction, Policy


def subject_steps(case: Case) -> Iterator[Step]:
    """Take the label out of the podSelector, or give it to the pods; both change whom else the policy guards."""
    facts = case.world.engine.facts
    policies = additive_policies(case.world.engine.policy_set)
    ends = case.subjects[0], case.peers[0]
    if case.direction is Direction.INGRESS:
        ends = ends[1], ends[0]
    for policy, _, _, _ in subjects_between(policies, ends, case.ports[0], case.direction, facts):
        raw = case.world.raw(policy.ref)
        lacking = _lacking(case, policy)
        if raw is None or not lacking:
            continue
        asked = tuple(dict.fromkeys(one for _, failed in lacking for one in failed))
        path = path_of(policy.subject.origin)
        edits = [edit for one in asked for edit in relaxed(one, path, value_at(raw.body, path))]
        if edits:
            title = (
                f"Don't ask for {' and '.join(f'`{one}`' for one in asked)} in the podSelector of {named(policy.ref)}"
            )
            patch = Patch(title, policy.ref, last_first(edits), origin=policy.subject.origin)
            yield Step(StepKind.RELAX_SELECTOR, case.direction, (patch,))
        step = pod_label_step([pod for pod, _ in lacking], asked, case.direction, case.world)
        if step is not None:
            yield step


def _lacking(case: Case, policy: Policy) -> list[tuple[Pod, tuple[Requirement, ...]]]:
    """The guarded pods that the podSelector misses, with what each fails; empty where one misses it by more."""
    facts = case.world.engine.facts
    found = []
    for end in case.subjects:
        miss = pod_miss(policy.subject, end, facts) if isinstance(end, Pod) else None
        if miss is None or not isinstance(end, Pod):
            return []
        if miss.count:
            if miss.elsewhere or not is_slip(miss, end, facts):
                return []
            found.append((end, miss.pod))
    return found
