"""Steps for the slip between one entry with two selectors, which means both, and two entries, which mean either.

In ``from`` and ``to`` a dash more or less makes the difference, and both are valid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ringfence.explain.slips import pod_miss
from ringfence.fix.candidate import Case, Step, StepKind, rule_name
from ringfence.fix.shapes import path_of, value_at
from ringfence.model.objects import Pod
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.policy import PodPeer
from ringfence.model.verdict import RuleTrace

_NAMESPACES, _PODS = "namespaceSelector", "podSelector"


def merging(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """Two entries as one: only those pods of those namespaces, where either was enough."""
    raw, peer = case.world.raw(trace.policy.ref), trace.peer
    if raw is None or not isinstance(peer, PodPeer):
        return
    *base, own = path_of(peer.origin) or ("",)
    entries = value_at(raw.body, tuple(base))
    if not isinstance(entries, list) or not isinstance(own, int) or own >= len(entries):
        return
    wanted = {_NAMESPACES: _PODS, _PODS: _NAMESPACES}
    (key,) = entries[own] if isinstance(entries[own], dict) and len(entries[own]) == 1 else ("",)
    if key not in wanted:
        return
    for other, entry in enumerate(entries):
        if isinstance(entry, dict) and list(entry) == [wanted[key]]:
            spaces, pods = (own, other) if key == _NAMESPACES else (other, own)
            edits = (
                Edit(EditOp.ADD, (*base, spaces, _PODS), entries[pods][_PODS]),
                Edit(EditOp.REMOVE, (*base, pods)),
            )
            title = f"Make one entry of {_text(entries[spaces])} and {_text(entries[pods])} in {rule_name(trace)}"
            patch = Patch(title, trace.policy.ref, edits, origin=peer.origin)
            yield Step(StepKind.MERGE_ENTRIES, case.direction, (patch,))


def splitting(case: Case, trace: RuleTrace, peer: PodPeer) -> Iterator[Step]:
    """One entry as two: those pods in the policy's own namespace, and those namespaces whole, where both was asked."""
    raw = case.world.raw(trace.policy.ref)
    path = path_of(peer.origin)
    entry = value_at(raw.body, path) if raw is not None else None
    if not isinstance(entry, dict) or not {_NAMESPACES, _PODS} <= set(entry) or not isinstance(path[-1], int):
        return
    if not _are_of_home(case, peer, trace.policy.ref.namespace):
        return
    edits = (
        Edit(EditOp.REMOVE, (*path, _PODS)),
        Edit(EditOp.ADD, (*path[:-1], path[-1] + 1), {_PODS: entry[_PODS]}),
    )
    spaces, pods = _text({_NAMESPACES: entry[_NAMESPACES]}), _text({_PODS: entry[_PODS]})
    title = f"Make two entries of {spaces} and {pods} in {rule_name(trace)}: either is enough"
    yield Step(StepKind.SPLIT_ENTRY, case.direction, (Patch(title, trace.policy.ref, edits, origin=peer.origin),))


def _are_of_home(case: Case, peer: PodPeer, home: str) -> bool:
    """True where the peers are of the policy's namespace and meet the selector of pods, so that only *and* hinders.

    For pods of the namespaces that are selected it is enough not to ask for labels: relaxing does that.
    """
    pods: Sequence[Any] = case.peers
    for pod in pods:
        miss = pod_miss(peer, pod, case.world.engine.facts) if isinstance(pod, Pod) else None
        if miss is None or miss.pod or not miss.namespace or pod.namespace != home:
            return False
    return True


def _text(entry: dict[str, Any]) -> str:
    ((key, selector),) = entry.items()
    labels = selector.get("matchLabels") if isinstance(selector, dict) else None
    shown = ", ".join(f"{name}={value}" for name, value in labels.items()) if labels else "…" if selector else "{}"
    return f"{key} `{shown}`"
