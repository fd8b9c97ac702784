"""Replicas that should be alike, and that policies treat differently: what fails now and then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine
from ringfence.explain.slips import requirements
from ringfence.explain.words import object_name
from ringfence.fix.selectors import last_first, relaxed
from ringfence.fix.shapes import value_at
from ringfence.model.addresses import NO_ADDRESSES, AddressSet, format_address
from ringfence.model.codes import VOLATILE_LABEL
from ringfence.model.finding import Severity
from ringfence.model.labels import Requirement
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction, Policy
from ringfence.model.ports import NO_PORTS, PortSet

_OWN = frozenset({"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"})
"""Labels that tell one replica on purpose. Source: "StatefulSets" in the Kubernetes documentation."""
_SUBJECT = ("spec", "podSelector")
_SHOWN = 3


def varying(engine: Engine, pods: Iterable[Pod], remedies: Remedies) -> Iterator[Remark]:
    """A remark for each policy that selects some pods of a workload and not the others, where that changes a verdict.

    A workload's pods differ in their labels while it is rolled out, or where somebody labelled one by hand.
    """
    for workload, group in _workloads(pods).items():
        told: set[ObjectRef] = set()
        for direction in Direction:
            for policy, chosen, others, failed in _splitting(engine, direction, group):
                if policy.ref in told:
                    continue
                what = _differs(engine, direction, chosen[0], others[0])
                if what:
                    told.add(policy.ref)
                    yield _remark(engine, remedies, workload, policy, (chosen, others), failed, f"{direction} {what}")


def _workloads(pods: Iterable[Pod]) -> dict[WorkloadRef, list[Pod]]:
    """The workloads with pods of several label sets, one that pods of the host network are no part of."""
    found: dict[WorkloadRef, list[Pod]] = {}
    for pod in pods:
        if not pod.host_network:
            found.setdefault(pod.workload, []).append(pod)
    return {workload: group for workload, group in found.items() if any(pod.labels != group[0].labels for pod in group)}


def _splitting(
    engine: Engine, direction: Direction, pods: Sequence[Pod]
) -> Iterator[tuple[Policy, list[Pod], list[Pod], list[Requirement]]]:
    """The policies that select some of the pods, with those, the others, and what the others fail."""
    by_policy: dict[int, list[Pod]] = {}
    for pod in pods:
        for number in engine.policies_of(direction, engine.atom(pod)):
            by_policy.setdefault(number, []).append(pod)
    for number, chosen in by_policy.items():
        compiled = engine.program.compiled[number]
        if len(chosen) == len(pods) or not engine.program.stages[compiled.stage][1].closes:
            continue
        ours = {id(pod) for pod in chosen}
        others = [pod for pod in pods if id(pod) not in ours]
        failed = [one for one in requirements(compiled.policy.subject.pods) or () if not one.matches(others[0].labels)]
        if failed and not any(one.key in _OWN for one in failed):
            yield compiled.policy, chosen, others, failed


def _differs(engine: Engine, direction: Direction, one: Pod, other: Pod) -> str:
    """In which connections two pods differ: outside addresses first, else the pods; empty where in none."""
    left, right = (engine.row(direction, engine.atom(pod)) for pod in (one, other))
    addresses, ports, names, inside = NO_ADDRESSES, NO_PORTS, {}, NO_PORTS
    for number, atom in enumerate(engine.universe.atoms):
        mine, theirs = left.ports(number), right.ports(number)
        if mine == theirs:
            continue
        different = _either(engine.table.sets[mine], engine.table.sets[theirs])
        if atom.is_address:
            addresses, ports = addresses | atom.addresses, ports | different
        elif atom.pods:
            inside = inside | different
            names.update(dict.fromkeys(str(pod.workload) for pod in atom.pods))
    way = "to" if direction is Direction.EGRESS else "from"
    if addresses:
        return f"{way} {in_words(addresses)} on {ports}"
    return f"{way} {_some(list(names))} on {inside}" if names else ""


def _either(left: PortSet, right: PortSet) -> PortSet:
    return (left - right) | (right - left)


def _remark(
    engine: Engine,
    remedies: Remedies,
    workload: WorkloadRef,
    policy: Policy,
    sides: tuple[Sequence[Pod], Sequence[Pod]],
    failed: Sequence[Requirement],
    differs: str,
) -> Remark:
    chosen, others = sides
    name = object_name(policy.ref)
    asked = " and ".join(f"`{one}`" for one in failed)
    had = " and ".join(_had(one, others[0]) for one in failed)
    total = len(chosen) + len(others)
    what = f"{name} selects {len(chosen)} of the {total} pods of {workload}: it asks for {asked}, and {others[0]} "
    what += f"{had}. Their {differs} differs, so it depends on the replica what works."
    origin = policy.subject.origin if policy.subject.origin.position.file else policy.origin
    return Remark(
        Topic.VARYING,
        Severity.WARNING,
        what,
        origin,
        policy.ref,
        "Select by labels that all its pods have, and that a release doesn't change.",
        _relaxing(engine, remedies, policy, (*chosen, *others), failed),
        VOLATILE_LABEL,
        (ObjectRef(workload.kind, workload.name, workload.namespace),),
        frozenset({workload.namespace}),
    )


def _had(one: Requirement, pod: Pod) -> str:
    return f"has `{one.key}={pod.labels[one.key]}`" if one.key in pod.labels else f"has no label `{one.key}`"


def _relaxing(
    engine: Engine, remedies: Remedies, policy: Policy, pods: Sequence[Pod], failed: Sequence[Requirement]
) -> tuple[str, ...]:
    """The command that takes the labels out of the podSelector, if then it selects these pods and no more."""
    raw = remedies.world.raw(policy.ref)
    if raw is None or policy.subject.namespace is None:
        return ()
    edits = [edit for one in failed for edit in relaxed(one, _SUBJECT, value_at(raw.body, _SUBJECT))]
    before = _selected(engine, policy.ref) | {str(pod) for pod in pods}
    patch = Patch(f"Select by other labels in {policy.ref}", policy.ref, last_first(edits))
    return remedies.patch(patch, lambda after: _selected(after, policy.ref) == before, opens=True) if edits else ()


def _selected(engine: Engine, ref: ObjectRef) -> set[str]:
    policy = next(each for each in engine.policy_set.policies() if each.ref == ref)
    numbers = engine.program.subjects(policy, engine.universe)
    return {str(pod) for number in numbers for pod in engine.universe.atoms[number].pods}


def in_words(addresses: AddressSet) -> str:
    """The first ranges of a set; ``every other address`` where it is nearly all."""
    if len(addresses.intervals) > 2 * _SHOWN:
        return "outside addresses"
    shown = [format_address(lo) if lo == hi else f"{format_address(lo)}-{format_address(hi)}" for lo, hi in addresses]
    return _some(shown)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
