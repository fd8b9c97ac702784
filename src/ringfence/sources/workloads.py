"""Which workload a pod belongs to, and which workloads have no pod yet.

A workload whose pods are not in the input is one *planned* pod, made of its template: replicas collapse, and a workload
scaled to zero is planned too, because it is meant to run again. What never runs again has none: a ReplicaSet that its
owner has replaced, and a Job that has ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ringfence.model.objects import WorkloadRef
from ringfence.sources.items import Item
from ringfence.sources.kinds import (
    WORKLOAD_KINDS,
    ApiObject,
    CronJobObject,
    ObjectMeta,
    OwnerReference,
    PodTemplate,
    WorkloadObject,
)

_HASH_LABEL: Final = "pod-template-hash"
_STEPS: Final = frozenset({"ReplicaSet", "Job"})
"""Kinds that stand between a pod and what its author wrote, so that their owner is named even when it is absent.

A StatefulSet of an operator's custom resource stays the StatefulSet.
"""
_CRON_SUFFIX: Final = re.compile(r"(.+)-\d+")
_MOST_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload of the input."""

    ref: WorkloadRef
    item: Item
    struct: ApiObject


def owner_of(metadata: ObjectMeta | None) -> OwnerReference | None:
    """The reference that names what manages an object: the controller, else the first one.

    A Node is no owner here: it only runs the static pods that name it.
    """
    references = metadata.ownerReferences if metadata is not None else None
    if not references:
        return None
    first = references[0]
    if first.controller and first.name and first.kind != "Node":
        return first
    usable = [each for each in references if each.name and each.kind != "Node"]
    return next((each for each in usable if each.controller), usable[0] if usable else None)


class Owners:
    """Answers which workload a pod belongs to.

    Source: ownerReferences in the Kubernetes API reference ("owners and dependents").
    """

    def __init__(self, workloads: dict[WorkloadRef, Workload]) -> None:
        self._workloads = workloads
        self._tops: dict[WorkloadRef, WorkloadRef] = {}
        self._of_pods: dict[tuple[str | None, ...], WorkloadRef] = {}
        self._shared: dict[WorkloadRef, WorkloadRef] = {}

    def of_pod(self, namespace: str, name: str, owner: OwnerReference | None, labels: dict[str, str]) -> WorkloadRef:
        """The topmost owner that is known: up through the objects that are present, else the last one named.

        ``owner`` is the pod's :func:`owner_of`. Pods of one workload get the very same reference.
        """
        if owner is None:
            return WorkloadRef(namespace, "Pod", name)
        key = namespace, owner.kind, owner.name, labels.get(_HASH_LABEL)
        known = self._of_pods.get(key)
        if known is None:
            direct = WorkloadRef(namespace, owner.kind or "Pod", owner.name or "")
            found = self.top(direct) if direct in self._workloads else self._absent(direct, labels)
            known = self._of_pods[key] = self._shared.setdefault(found, found)
        return known

    def _absent(self, direct: WorkloadRef, labels: dict[str, str]) -> WorkloadRef:
        """The present owner of an owner that is absent, known by how controllers name what they make."""
        above: WorkloadRef | None = None
        suffix = "-" + labels.get(_HASH_LABEL, "")
        if direct.kind == "ReplicaSet" and len(suffix) > 1 and direct.name.endswith(suffix):
            above = WorkloadRef(direct.namespace, "Deployment", direct.name.removesuffix(suffix))
        elif direct.kind == "Job" and (match := _CRON_SUFFIX.fullmatch(direct.name)):
            above = WorkloadRef(direct.namespace, "CronJob", match[1])
        return above if above is not None and above in self._workloads else direct

    def top(self, ref: WorkloadRef) -> WorkloadRef:
        """The topmost owner of a workload, itself where it has none."""
        top = self._tops.get(ref)
        if top is None:
            top = self._tops[ref] = self._climb(ref)
        return top

    def _climb(self, ref: WorkloadRef) -> WorkloadRef:
        for _ in range(_MOST_STEPS):  # owners may name each other in a circle
            workload = self._workloads.get(ref)
            owner = owner_of(workload.struct.metadata) if workload is not None else None
            if owner is None:
                return ref
            above = WorkloadRef(ref.namespace, owner.kind or "Pod", owner.name or "")
            if above not in self._workloads and ref.kind not in _STEPS:
                return ref
            ref = above
        return ref

    def unstarted(self, living: set[WorkloadRef], ended: set[WorkloadRef]) -> Iterator[tuple[Workload, WorkloadRef]]:
        """The workloads that have no pod in the input, and what their planned pod belongs to.

        ``living`` are the workloads of pods that run, ``ended`` of pods that have completed.
        """
        planned = set(living)
        for ref, workload in self._workloads.items():
            top = self.top(ref)
            if top in planned or (top != ref and (top in self._workloads or _replicas(workload) == 0)):
                continue
            if ref.kind == "Job" and (top in ended or _has_ended(workload)):
                continue
            planned.add(top)
            yield workload, top


def template_of(workload: Workload) -> tuple[PodTemplate | None, tuple[str | int, ...]]:
    """A workload's pod template and its path."""
    struct = workload.struct
    if isinstance(struct, WorkloadObject):
        return (struct.spec.template if struct.spec is not None else None), ("spec", "template")
    if isinstance(struct, CronJobObject):
        job = struct.spec.jobTemplate if struct.spec is not None else None
        template = job.spec.template if job is not None and job.spec is not None else None
        return template, ("spec", "jobTemplate", "spec", "template")
    return None, ()


def is_workload(kind: str) -> bool:
    """True for the kinds that make pods."""
    return kind in WORKLOAD_KINDS


def _replicas(workload: Workload) -> int:
    struct = workload.struct
    replicas = struct.spec.replicas if isinstance(struct, WorkloadObject) and struct.spec is not None else None
    return 1 if replicas is None else replicas


def _has_ended(workload: Workload) -> bool:
    struct = workload.struct
    status = struct.status if isinstance(struct, WorkloadObject) else None
    conditions = status.conditions if status is not None else None
    return any(each.type in ("Complete", "Failed") and each.status == "True" for each in conditions or ())
