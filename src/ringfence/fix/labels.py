"""Steps that give pods or namespaces the labels that a rule asks for.

Pods get them by their workload's template: a label on a running pod is gone with the pod.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.fix.candidate import Step, StepKind
from ringfence.fix.world import World
from ringfence.model.derived import is_derived
from ringfence.model.labels import Operator, Requirement
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import Direction

_APPS = "apps/v1"
TEMPLATES: dict[str, tuple[str, Path]] = {
    "Deployment": (_APPS, ("spec", "template", "metadata", "labels")),
    "StatefulSet": (_APPS, ("spec", "template", "metadata", "labels")),
    "DaemonSet": (_APPS, ("spec", "template", "metadata", "labels")),
    "ReplicaSet": (_APPS, ("spec", "template", "metadata", "labels")),
    "Job": ("batch/v1", ("spec", "template", "metadata", "labels")),
    "CronJob": ("batch/v1", ("spec", "jobTemplate", "spec", "template", "metadata", "labels")),
    "Pod": ("v1", ("metadata", "labels")),
}
"""Where the labels of a workload's pods stand."""

_ROLLOUT = "Changing the template of {} replaces its pods: a rollout."
_RECREATED = "The template of a Job can't be changed: delete {} and apply it again with the label, which runs it anew."
_NEXT_RUN = "The next run of {} has the label; pods that run now stay as they are."
_OWNED = "{} has no template that the input shows; whatever makes it must set the label too."


def pod_label_step(
    pods: Sequence[Pod], asked: Sequence[Requirement], direction: Direction, world: World
) -> Step | None:
    """Labels for the templates of these pods; ``None`` where a label has another value, or a workload no template."""
    labels = _labels(asked)
    if labels is None or any(pod.labels.get(key, value) != value for pod in pods for key, value in labels.items()):
        return None
    workloads = tuple(dict.fromkeys(pod.workload for pod in pods))
    if any(workload.kind not in TEMPLATES for workload in workloads):
        return None
    text = " and ".join(f"`{key}={value}`" for key, value in labels.items())
    patches = tuple(_pod_patch(workload, labels, text, world) for workload in workloads)
    notes = tuple(_note(workload) for workload in workloads)
    return Step(StepKind.LABEL_PODS, direction, patches, notes)


def _note(workload: WorkloadRef) -> str:
    return _NOTES.get(workload.kind, _ROLLOUT).format(workload)


_NOTES = {"Pod": _OWNED, "Job": _RECREATED, "CronJob": _NEXT_RUN}


def _pod_patch(workload: WorkloadRef, labels: dict[str, str], text: str, world: World) -> Patch:
    version, path = TEMPLATES[workload.kind]
    edits = tuple(Edit(EditOp.ADD, (*path, key), value) for key, value in labels.items())
    what = "pod" if workload.kind == "Pod" else "pod template of"
    ref = ObjectRef(workload.kind, workload.name, workload.namespace, version)
    planned = next((pod.origin for pod in world.pods_of(workload)), None)
    title = f"Add the label {text} to the {what} {workload}"
    return Patch(title, ref, edits) if planned is None else Patch(title, ref, edits, origin=planned)


def namespace_label_step(
    names: Sequence[str], asked: Sequence[Requirement], direction: Direction, world: World, *, change: bool = False
) -> Step | None:
    """Labels for namespaces; ``None`` where one has another value, or the label is one that the API server sets.

    With ``change`` another value is replaced: other rules may select by the old one, which the effects show.
    """
    labels = _labels(asked)
    facts = world.engine.facts
    if labels is None or any(key.startswith("kubernetes.io/") for key in labels):
        return None
    others = [
        f"`{key}={facts.namespace_labels(name)[key]}`"
        for name in names
        for key, value in labels.items()
        if facts.namespace_labels(name).get(key, value) != value
    ]
    if others and not change:
        return None
    text = " and ".join(f"`{key}={value}`" for key, value in labels.items())
    edits = tuple(Edit(EditOp.ADD, ("metadata", "labels", key), value) for key, value in labels.items())
    patches = tuple(
        Patch(
            f"Change the label {others[0]} of namespace {name} to {text}"
            if others
            else f"Add the label {text} to namespace {name}",
            ObjectRef("Namespace", name, "", "v1"),
            edits,
            origin=facts.namespaces[name].origin,
        )
        for name in names
        if name in facts.namespaces
    )
    return Step(StepKind.LABEL_NAMESPACE, direction, patches) if patches else None


def _labels(asked: Sequence[Requirement]) -> dict[str, str] | None:
    """The labels that meet the requirements; ``None`` where one can't be met by adding a label."""
    labels: dict[str, str] = {}
    for one in asked:
        if is_derived(one.key):
            return None  # where and as whom a pod runs is no label
        if one.operator is Operator.EXISTS:
            labels.setdefault(one.key, "true")
        elif one.operator is Operator.IN and labels.get(one.key, one.values[0]) in one.values:
            labels.setdefault(one.key, one.values[0])
        else:
            return None
    return labels
