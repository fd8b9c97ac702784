"""The two states of a cluster that are compared, and their engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from ringfence.engine import Engine
from ringfence.engine.universe import PodKey, pod_key
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Policy, PolicySet

_SHARE = 4
_FEW = 20


@dataclass(frozen=True, slots=True)
class State:
    """A cluster with its policies, and its engine where there is one already."""

    snapshot: Snapshot
    policy_set: PolicySet
    engine: Engine | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of both states.

    The new one is made from the old where little changed; it then knows unchanged policies as they stand in the old
    input. ``moved`` gives the policy of the new input by the identity of the old one, since its lines may be others.
    ``same_pods`` tells that both have the very same pods.
    """

    old: Engine
    new: Engine
    moved: Mapping[int, Policy] = field(default_factory=dict)
    same_pods: bool = False


def engines(old: State, new: State) -> Engines:
    """Engines for both states, of which the second shares with the first what did not change."""
    first = old.engine or Engine.build(old.snapshot, old.policy_set)
    return _derived(first, old, new) or Engines(first, new.engine or Engine.build(new.snapshot, new.policy_set))


def _derived(first: Engine, old: State, new: State) -> Engines | None:
    """The new engine as a change of the old one; ``None`` where too much changed, or what can't be changed so."""
    if old.snapshot.nodes != new.snapshot.nodes or old.snapshot.accounts != new.snapshot.accounts:
        return None
    policies = _policy_changes(old.policy_set, new.policy_set)
    pods = _pod_changes(old.snapshot.pods, new.snapshot.pods)
    namespaces = [
        namespace
        for name, namespace in new.snapshot.namespaces.items()
        if namespace.labels != first.facts.namespace_labels(name)
    ]
    if policies is None or pods is None or len(namespaces) > _FEW:
        return None
    engine = first
    for namespace in namespaces:
        engine = engine.with_namespace(namespace)
    if any(pods):
        engine = engine.with_pods(*pods)
    removed, added, moved = policies
    if removed or added:
        engine = engine.with_policies(removed, added)
    return Engines(first, engine, moved, same_pods=not any(pods))


_PolicyChanges = tuple[list[Policy], list[tuple[str, Policy]], dict[int, Policy]]


def _policy_changes(old: PolicySet, new: PolicySet) -> _PolicyChanges | None:
    """Policies to remove, policies to add with their stage, and unchanged ones: old identity to new value."""
    names = [stage.name for layer in old.layers for stage in layer.stages]
    if _skeleton(old) != _skeleton(new) or len(set(names)) != len(names):
        return None
    removed: list[Policy] = []
    added: list[tuple[str, Policy]] = []
    moved: dict[int, Policy] = {}
    total = 0
    for ours, theirs in zip(old.layers, new.layers, strict=True):
        for before, after in zip(ours.stages, theirs.stages, strict=True):
            total += len(before.policies)
            # Most stand at the same place on both sides; only the others are looked up.
            others: list[tuple[Policy | None, Policy | None]] = []
            for was, now in zip_longest(before.policies, after.policies):
                if was is not None and now is not None and was == now:
                    moved[id(was)] = now
                else:
                    others.append((was, now))
            known = {policy.ref: policy for policy, _ in others if policy is not None}
            fresh = {policy.ref: policy for _, policy in others if policy is not None}
            if len(known) + len(fresh) != sum(policy is not None for place in others for policy in place):
                return None
            for ref, policy in fresh.items():
                if known.get(ref) == policy:
                    moved[id(known.pop(ref))] = policy
                else:
                    added.append((before.name, policy))
            removed += known.values()
    if len(removed) + len(added) > max(_FEW, total // _SHARE):
        return None
    return removed, added, moved


def _skeleton(policy_set: PolicySet) -> object:
    return [
        (layer.name, [(stage.name, stage.kind, stage.default) for stage in layer.stages]) for layer in policy_set.layers
    ]


def _pod_changes(old: tuple[Pod, ...], new: tuple[Pod, ...]) -> tuple[list[Pod], list[Pod]] | None:
    """Pods to remove and pods to add."""
    if old == new:  # in the same order, which is the usual case and quick to tell
        return [], []
    before: dict[PodKey, Pod] = {pod_key(pod): pod for pod in old}
    after: dict[PodKey, Pod] = {pod_key(pod): pod for pod in new}
    if len(before) != len(old) or len(after) != len(new):
        return None
    removed = [pod for key, pod in before.items() if key not in after or after[key] != pod]
    added = [pod for key, pod in after.items() if key not in before or before[key] != pod]
    if len(removed) + len(added) > max(_FEW, len(old) // _SHARE):
        return None
    return removed, added
