"""A cluster with patches applied: the patched objects, and an engine over them that shares what didn't change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ringfence.dialects import AUTO, cni_of, read_policies
from ringfence.engine import Engine
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Namespace, Pod, RawObject, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef, Position
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction, Policy, PolicySet, Stage
from ringfence.model.verdict import Endpoint

PodKey = tuple[str, str, str, str]


class PatchError(Exception):
    """A patch can't be applied here: its object is not there, is there twice, or is refused afterwards."""


class _Nowhere:
    """The places of an object that is in no file yet."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 -- the protocol's
        """No place."""
        return Position("")


def key_of(pod: Pod) -> PodKey:
    """What a pod is known by, whatever its labels are."""
    return (pod.namespace, pod.name, pod.workload.kind, pod.workload.name)


@dataclass(frozen=True, slots=True)
class _Base:
    """The cluster as it is, indexed once for all candidates."""

    snapshot: Snapshot
    cni: str
    raws: Mapping[ObjectRef, RawObject]
    twice: frozenset[ObjectRef]
    workloads: Mapping[WorkloadRef, tuple[Pod, ...]]
    namespaces: Mapping[str, tuple[Pod, ...]]


@dataclass(frozen=True)
class World:
    """A cluster after some patches. ``pods`` are the pods that were changed, by what they are known by."""

    base: _Base
    engine: Engine
    changed: Mapping[ObjectRef, RawObject | None] = field(default_factory=dict)
    pods: Mapping[PodKey, Pod] = field(default_factory=dict)
    spaces: Mapping[str, Namespace] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot, engine: Engine, *, cni: str = AUTO) -> World:
        """The cluster as it is; ``engine`` is the one over ``snapshot``."""
        raws: dict[ObjectRef, RawObject] = {}
        twice = {raw.ref for raw in snapshot.policies if raw.ref in raws or raws.update({raw.ref: raw})}
        workloads: dict[WorkloadRef, list[Pod]] = defaultdict(list)
        namespaces: dict[str, list[Pod]] = defaultdict(list)
        for pod in snapshot.pods:
            workloads[pod.workload].append(pod)
            namespaces[pod.namespace].append(pod)
        by_workload = {ref: tuple(pods) for ref, pods in workloads.items()}
        by_namespace = {name: tuple(pods) for name, pods in namespaces.items()}
        known = cni_of(snapshot) if cni == AUTO else cni
        return cls(_Base(snapshot, known, raws, frozenset(twice), by_workload, by_namespace), engine)

    # ---- what is there -------------------------------------------------------------------------------------------

    def raw(self, ref: ObjectRef) -> RawObject | None:
        """A policy object as it stands after the patches; ``None`` where it isn't there, or there twice."""
        if ref in self.base.twice:
            return None
        return self.changed[ref] if ref in self.changed else self.base.raws.get(ref)

    def writes(self, ref: ObjectRef, direction: Direction) -> bool:
        """True where a policy's manifest has the list of a direction's rules, be it empty."""
        raw = self.raw(ref)
        spec = raw.body.get("spec") if raw is not None else None
        return isinstance(spec, dict) and spec.get(str(direction)) is not None

    def pod(self, pod: Pod) -> Pod:
        """The pod after the patches."""
        return self.pods.get(key_of(pod), pod)

    def end(self, end: Endpoint) -> Endpoint:
        """The endpoint after the patches."""
        return self.pod(end) if isinstance(end, Pod) else end

    def pods_of(self, workload: WorkloadRef) -> tuple[Pod, ...]:
        """The pods of a workload after the patches."""
        return tuple(self.pod(pod) for pod in self.base.workloads.get(workload, ()))

    def pods_in(self, namespace: str) -> tuple[Pod, ...]:
        """The pods of a namespace after the patches."""
        return tuple(self.pod(pod) for pod in self.base.namespaces.get(namespace, ()))

    def policy_names(self, namespace: str) -> frozenset[str]:
        """The names that policies of a namespace have; of cluster-scoped ones for the empty namespace."""
        refs = {*self.base.raws, *(ref for ref, raw in self.changed.items() if raw is not None)}
        return frozenset(ref.name for ref in refs if ref.namespace == namespace)

    @cached_property
    def policies(self) -> Mapping[ObjectRef, tuple[str, Policy]]:
        """Every policy that is evaluated, with the name of its stage."""
        return {
            policy.ref: (stage.name, policy)
            for layer in self.engine.policy_set.layers
            for stage in layer.stages
            for policy in stage.policies
        }

    # ---- patches -------------------------------------------------------------------------------------------------

    def patched(self, patches: Iterable[Patch]) -> World:
        """The cluster after more patches.

        Raises:
            PatchError: one can't be applied, or the API server would refuse what it makes.
        """
        world = self
        for patch in patches:
            world = world._patched(patch)
        return world

    def with_new(self, patches: Sequence[Patch]) -> World:
        """The cluster with new policies, all at once: what ``patched`` gives, in the time of one of them.

        Raises:
            PatchError: the API server would refuse one.
        """
        raws = {patch.target: RawObject(patch.target, dict(patch.manifest or {}), _Nowhere()) for patch in patches}
        known = {stage.name for layer in self.engine.policy_set.layers for stage in layer.stages}
        added = [part for raw in raws.values() for part in self._read(raw)]
        there = any(ref in self.base.raws or ref in self.changed for ref in raws)
        if there or len(raws) < len(patches) or not all(name in known for name, _ in added):
            return self.patched(patches)
        engine = self.engine.with_policies([], added)
        return replace(self, engine=engine, changed={**self.changed, **raws}, patches=(*self.patches, *patches))

    def _patched(self, patch: Patch) -> World:
        patches = (*self.patches, patch)
        if patch.target.kind == "Namespace":
            return self._relabelled_namespace(patch, patches)
        if patch.target in self.base.raws or patch.manifest is not None or patch.target in self.changed:
            return self._changed_policy(patch, patches)
        return self._relabelled_pods(patch, patches)

    def _changed_policy(self, patch: Patch, patches: tuple[Patch, ...]) -> World:
        before = self.raw(patch.target)
        try:
            body = patch.apply(before.body if before is not None else None)
        except LookupError as error:
            raise PatchError(str(error)) from None
        after = None if body is None else RawObject(patch.target, body, before.source if before else _Nowhere())
        removed = [policy for _, policy in self._parts.get(patch.target, ())]
        added = [] if after is None else self._read(after)
        known = {stage.name for layer in self.engine.policy_set.layers for stage in layer.stages}
        if all(name in known for name, _ in added):
            engine = self.engine.with_policies(removed, added)
        else:
            engine = self._rebuilt(patch.target, after)
        return replace(self, engine=engine, changed={**self.changed, patch.target: after}, patches=patches)

    @cached_property
    def _parts(self) -> Mapping[ObjectRef, list[tuple[str, Policy]]]:
        """The policies that each object is read into, with the names of their stages."""
        parts: dict[ObjectRef, list[tuple[str, Policy]]] = defaultdict(list)
        for layer in self.engine.policy_set.layers:
            for stage in layer.stages:
                for policy in stage.policies:
                    parts[policy.ref].append((stage.name, policy))
        return parts

    def _read(self, raw: RawObject) -> list[tuple[str, Policy]]:
        policy_set, findings = read_policies(self.base.snapshot, cni=self.base.cni, only=(raw,))
        wrong = [finding for finding in findings if finding.severity is Severity.ERROR]
        stages = [
            (stage.name, policy) for layer in policy_set.layers for stage in layer.stages for policy in stage.policies
        ]
        before = self.raw(raw.ref)
        if not stages or (wrong and len(wrong) > len(self.errors(before))):
            raise PatchError(wrong[0].what if wrong else f"{raw.ref} can't be read")
        return stages

    def errors(self, raw: RawObject | None) -> tuple[Finding, ...]:
        """What the API server would refuse in a policy object; nothing for ``None``."""
        if raw is None:
            return ()
        _, findings = read_policies(self.base.snapshot, cni=self.base.cni, only=(raw,))
        return tuple(finding for finding in findings if finding.severity is Severity.ERROR)

    def refused(self, patches: Iterable[Patch]) -> bool:
        """True where one of the objects that the patches changed is still one that the API server would refuse."""
        return any(self.errors(self.changed.get(target)) for target in {patch.target for patch in patches})

    def _rebuilt(self, ref: ObjectRef, after: RawObject | None) -> Engine:
        """For the first policy of a stage: the set of stages changes, and everything is judged anew."""
        raws = {**self.base.raws, **self.changed, ref: after}
        spaces = {**self.base.snapshot.namespaces, **self.spaces}
        pods = tuple(self.pod(pod) for pod in self.base.snapshot.pods)
        kept = tuple(raw for raw in raws.values() if raw is not None)
        snapshot = replace(self.base.snapshot, namespaces=spaces, pods=pods, policies=kept)
        fresh, _ = read_policies(snapshot, cni=self.base.cni)
        return Engine.build(snapshot, _reusing(fresh, self.engine.policy_set))

    def _relabelled_namespace(self, patch: Patch, patches: tuple[Patch, ...]) -> World:
        name = patch.target.name
        space = self.spaces.get(name) or self.base.snapshot.namespaces.get(name) or Namespace(name, {})
        labels = _labels_after(patch, space.labels)
        changed = replace(space, labels=labels)
        return replace(
            self, engine=self.engine.with_namespace(changed), spaces={**self.spaces, name: changed}, patches=patches
        )

    def _relabelled_pods(self, patch: Patch, patches: tuple[Patch, ...]) -> World:
        ref = WorkloadRef(patch.target.namespace, patch.target.kind, patch.target.name)
        before = self.pods_of(ref)
        if not before:
            raise PatchError(f"{patch.target} is not in the input")
        after = [replace(pod, labels=_labels_after(patch, pod.labels)) for pod in before]
        pods = {**self.pods, **{key_of(pod): pod for pod in after}}
        return replace(self, engine=self.engine.with_pods(before, after), pods=pods, patches=patches)


def _labels_after(patch: Patch, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels after edits at ``…/labels/KEY``.

    Raises:
        PatchError: an edit is of something else.
    """
    after: dict[str, Any] = dict(labels)
    for edit in patch.edits:
        if len(edit.path) < 2 or edit.path[-2] != "labels":
            raise PatchError(f"{patch.target}: only labels can be changed here, not {edit.pointer}")
        after[str(edit.path[-1])] = edit.value
    return after


def _reusing(fresh: PolicySet, known: PolicySet) -> PolicySet:
    """The fresh set, with the very policies of the known one where they are equal, so that they keep their identity."""
    same = {policy.ref: policy for policy in known.policies()}

    def stage_of(stage: Stage) -> Stage:
        policies = tuple(same[each.ref] if same.get(each.ref) == each else each for each in stage.policies)
        return replace(stage, policies=policies)

    return PolicySet(
        tuple(replace(layer, stages=tuple(stage_of(stage) for stage in layer.stages)) for layer in fresh.layers)
    )
