"""Steps that correct a policy which was meant to deny a connection, and by a slip doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringfence.explain.causes import object_name as named
from ringfence.explain.meant import Correction, Meant, meant_to_deny
from ringfence.fix.candidate import Case, Step, StepKind
from ringfence.fix.labels import pod_label_step
from ringfence.fix.selectors import corrected, last_first, relaxed
from ringfence.fix.shapes import path_of, value_at
from ringfence.fix.world import World
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import Direction

_FIRST = (
    "This way is first although others change less: {} was written to deny this, and {}, so it is wrong for "
    "everything that it was to guard."
)


def meant_steps(case: Case) -> Iterator[Step]:
    """The corrections of policies that would then deny the case; for the first of its pods, as all are alike."""
    ends = case.subjects[0], case.peers[0]
    if case.direction is Direction.INGRESS:
        ends = ends[1], ends[0]
    for meant in meant_to_deny(case.world.engine, case.direction, ends, case.ports[0], case.world.writes):
        if case.world.raw(meant.policy.ref) is not None:
            yield from _steps(case, meant)


def _steps(case: Case, meant: Meant) -> Iterator[Step]:
    if meant.types:
        yield _with_type(case, meant)
    elif meant.moved:
        yield _moved(case, meant)
    elif meant.lacking:
        yield from _without_label(case, meant)
    else:
        yield from _respelt(case, meant)


def _with_type(case: Case, meant: Meant) -> Step:
    present = value_at(_body(case.world, meant), ("spec", "policyTypes"))
    word = str(meant.direction).capitalize()
    kinds = [*present, word] if isinstance(present, list) and present else ["Ingress", word]
    edit = (
        Edit(EditOp.ADD, ("spec", "policyTypes", len(present)), word)
        if isinstance(present, list) and present
        else Edit(EditOp.ADD, ("spec", "policyTypes"), list(dict.fromkeys(kinds)))
    )
    title = f"Add {word} to the policyTypes of {named(meant.policy.ref)}"
    return _correcting(case, meant, StepKind.CORRECT_TYPES, title, (edit,), f"its policyTypes leave out {word}")


def _moved(case: Case, meant: Meant) -> Step:
    """The policy in the other namespace: one object goes and another comes."""
    ref = meant.policy.ref
    body = _body(case.world, meant)
    target = ObjectRef(ref.kind, ref.name, meant.moved, ref.api_version)
    metadata = {**body["metadata"], "namespace": meant.moved}
    title = f"Move {named(ref)} to namespace {meant.moved}"
    patches = (
        Patch(title, ref, delete=True, origin=meant.policy.origin),
        Patch(f"Apply it as {named(target)}", target, manifest={**body, "metadata": metadata}),
    )
    notes = (_FIRST.format(named(ref), f"selects no pod of namespace {ref.namespace}"),)
    return Step(StepKind.MOVE_POLICY, case.direction, patches, notes, first=True)


def _without_label(case: Case, meant: Meant) -> Iterator[Step]:
    path = path_of(meant.policy.subject.origin)
    selector = value_at(_body(case.world, meant), path)
    edits = [edit for one in meant.lacking for edit in relaxed(one, path, selector)]
    asked = " and ".join(f"`{one}`" for one in meant.lacking)
    if edits:
        title = f"Don't ask for {asked} in the podSelector of {named(meant.policy.ref)}"
        patch = Patch(title, meant.policy.ref, last_first(edits), origin=meant.policy.subject.origin)
        yield Step(StepKind.RELAX_SELECTOR, case.direction, (patch,))
    lacking = [
        end
        for end in case.subjects
        if isinstance(end, Pod) and not all(one.matches(end.labels) for one in meant.lacking)
    ]
    step = pod_label_step(lacking, meant.lacking, case.direction, case.world)
    if step is not None:
        yield step


def _respelt(case: Case, meant: Meant) -> Iterator[Step]:
    body = _body(case.world, meant)
    path = path_of((meant.peer or meant.policy.subject).origin)
    pods, spaces = _selectors(path, body)
    edits: list[Edit] = []
    for one, place in (*((one, pods) for one in meant.pods), *((one, spaces) for one in meant.namespaces)):
        found = tuple(corrected(one.asked, one.key, one.value, place, value_at(body, place)))
        if not found:
            return
        edits += found
    says = " and ".join(map(_change, (*meant.pods, *meant.namespaces)))
    what = "podSelector" if meant.policy.ref.namespace else "subject"
    title, why = f"Correct {says} in the {what} of {named(meant.policy.ref)}", "selects no pod as it stands"
    if meant.peer is not None:
        title = f"Correct {says} in {named(meant.policy.ref)}, {meant.direction} rule {meant.rule + 1}"
        why = f"{meant.direction} rule {meant.rule + 1} of it matches no pod as it stands"
    yield _correcting(case, meant, StepKind.CORRECT_SELECTOR, title, tuple(edits), why)


def _selectors(path: Path, body: dict[str, Any]) -> tuple[Path, Path]:
    """Where the selectors of pods and of namespaces stand; ``path`` is that of the subject."""
    subject = value_at(body, path)
    if path and path[-1] == "podSelector":
        return path, ()
    if isinstance(subject, dict) and "pods" in subject:
        return (*path, "pods", "podSelector"), (*path, "pods", "namespaceSelector")
    if path and path[-1] == "pods":
        return (*path, "podSelector"), (*path, "namespaceSelector")
    return (), path if path and path[-1] == "namespaces" else (*path, "namespaces")


def _change(one: Correction) -> str:
    return f"`{one.asked}` to `{one.key}={one.value}`"


def _correcting(case: Case, meant: Meant, kind: StepKind, title: str, edits: tuple[Edit, ...], why: str) -> Step:
    sure = meant.idle or meant.types
    notes = (_FIRST.format(named(meant.policy.ref), why),) if sure else ()
    patch = Patch(title, meant.policy.ref, edits, origin=(meant.peer or meant.policy.subject).origin)
    return Step(kind, case.direction, (patch,), notes, first=sure)


def _body(world: World, meant: Meant) -> dict[str, Any]:
    raw = world.raw(meant.policy.ref)
    return dict(raw.body) if raw is not None else {}
