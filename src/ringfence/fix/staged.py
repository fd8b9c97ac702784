"""Fixes for a cluster as it would be with its staged policies enforced: written so that they enforce nothing before.

An edit of a policy that is staged stays an edit of the staged object, and a new policy of Calico's or Kubernetes' is
staged itself; it would isolate pods today otherwise. A policy that is enforced already is edited, and that is said.

Source: Calico reference, "Staged network policy", "Staged global network policy", "Staged Kubernetes network policy".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ringfence.fix.calico_shapes import API_VERSION, is_calico
from ringfence.fix.propose_all import FixSet
from ringfence.fix.search import Fix
from ringfence.fix.world import World
from ringfence.model.objects import RawObject
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch

_KUBERNETES = "networking.k8s.io/"
_NEW = "New policies are staged like those that they go with: all of them are enforced together, or none."
_AT_ONCE = "{} is enforced already: this change holds at once, and not only when the staged policies are enforced."


def as_staged(fix: Fix, staged: Mapping[ObjectRef, RawObject]) -> Fix:
    """The fix on the staged objects; ``staged`` has those by what they would be called if enforced."""
    steps = [replace(step, patches=tuple(_patch(each, staged) for each in step.patches)) for step in fix.steps]
    steps[-1] = replace(steps[-1], notes=(*steps[-1].notes, *_notes(fix.patches, fix.world, staged)))
    patches = tuple(_patch(each, staged) for each in fix.patches)
    return replace(fix, steps=tuple(steps), patches=patches, world=_world(fix.world, staged))


def all_staged(fixes: FixSet, staged: Mapping[ObjectRef, RawObject]) -> FixSet:
    """The same for one fix of many connections."""
    if fixes.world is None:
        return fixes
    notes = dict.fromkeys((*fixes.notes, *_notes(fixes.patches, fixes.world, staged)))
    patches = tuple(_patch(each, staged) for each in fixes.patches)
    return replace(fixes, patches=patches, notes=tuple(notes), world=_world(fixes.world, staged))


def _notes(patches: Iterable[Patch], world: World, staged: Mapping[ObjectRef, RawObject]) -> tuple[str, ...]:
    notes: dict[str, None] = {}
    for patch in patches:
        if patch.manifest is not None and _staged_ref(patch.target) is not None:
            notes[_NEW] = None
        elif patch.manifest is None and patch.target in world.base.raws and patch.target not in staged:
            notes[_AT_ONCE.format(patch.target)] = None
    return tuple(notes)


def _patch(patch: Patch, staged: Mapping[ObjectRef, RawObject]) -> Patch:
    if patch.manifest is None:
        raw = staged.get(patch.target)
        return patch if raw is None else replace(patch, target=raw.ref)
    ref = _staged_ref(patch.target)
    if ref is None:
        return patch
    return replace(patch, target=ref, manifest={**patch.manifest, "apiVersion": ref.api_version, "kind": ref.kind})


def _staged_ref(ref: ObjectRef) -> ObjectRef | None:
    """What a new policy is called when it is staged; ``None`` where its API has no such kind."""
    if is_calico(ref):
        return replace(ref, kind=f"Staged{ref.kind}")
    if ref.api_version.startswith(_KUBERNETES):
        return replace(ref, kind=f"StagedKubernetes{ref.kind}", api_version=API_VERSION)
    return None


def _world(world: World, staged: Mapping[ObjectRef, RawObject]) -> World:
    """The world with the changed objects under their staged names, for those who print them whole."""
    found: dict[ObjectRef, RawObject | None] = {}
    for ref, raw in world.changed.items():
        own = staged.get(ref)
        if own is not None and raw is not None:
            body = {**raw.body, "apiVersion": own.ref.api_version, "kind": own.ref.kind}
            found[own.ref] = RawObject(own.ref, body, raw.source)
    return replace(world, changed={**world.changed, **found})
