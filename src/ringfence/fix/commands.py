"""A patch as ``kubectl`` commands, and as a manifest to apply."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from ringfence.fix.world import World
from ringfence.fix.yaml_dump import document
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import EditOp, Patch, apply_edits

_SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def kubectl(patch: Patch) -> str:
    """The command that applies one patch to a running cluster; a label of a template is a merge patch (RFC 7386)."""
    if patch.manifest is not None:
        return f"kubectl apply -f - <<'EOF'\n{document(patch.manifest)}EOF"
    kind = resource(patch.target)
    where = f" -n {shlex.quote(patch.target.namespace)}" if patch.target.namespace else ""
    if patch.delete:
        return f"kubectl delete {kind} {shlex.quote(patch.target.name)}{where}"
    if patch.target.kind == "Job":  # its template is immutable (Job, "Pod Template", in the API reference)
        again = "# Then apply its manifest with the change: -o manifest shows it, --write puts it into the file."
        return f"kubectl delete {kind} {shlex.quote(patch.target.name)}{where}\n{again}"
    form = "merge" if _merges(patch) else "json"
    body = apply_edits({}, patch.edits) if form == "merge" else _as_json(patch)
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return f"kubectl patch {kind} {shlex.quote(patch.target.name)}{where} --type={form} -p {shlex.quote(text)}"


def resource(target: ObjectRef) -> str:
    """The kind of an object as kubectl takes it, with its version and group: other APIs have kinds of the same name."""
    group, slash, version = target.api_version.partition("/")
    kind = target.kind.lower()
    return f"{kind}.{version}.{group}" if slash else kind


def _merges(patch: Patch) -> bool:
    """True where a merge patch says the same: only additions, and none inside a list."""
    return all(edit.op is EditOp.ADD and all(isinstance(step, str) for step in edit.path) for edit in patch.edits)


def _as_json(patch: Patch) -> list[dict[str, Any]]:
    found = []
    for edit in patch.edits:
        step: dict[str, Any] = {"op": str(edit.op), "path": edit.pointer}
        if edit.op is not EditOp.REMOVE:
            step["value"] = edit.value
        found.append(step)
    return found


def manifest(patch: Patch, world: World) -> str:
    """The object after the patch, ready for ``kubectl apply``.

    ``world`` is the patched cluster. Of a workload or namespace only the labels are known: that is a part, which
    ``kubectl apply --server-side`` merges into what is there.
    """
    if patch.manifest is not None:
        return document(patch.manifest)
    if patch.delete:
        return f"# {patch.target.kind} {patch.target.namespace}/{patch.target.name} goes: {kubectl(patch)}\n"
    raw = world.raw(patch.target)
    if raw is not None:
        return document(clean(raw.body))
    identity = {"name": patch.target.name}
    if patch.target.namespace:
        identity["namespace"] = patch.target.namespace
    body = {"apiVersion": patch.target.api_version, "kind": patch.target.kind, "metadata": identity}
    head = "# Only what changes: apply it with kubectl apply --server-side.\n"
    return head + document(apply_edits(body, patch.edits))


def clean(body: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what the API server writes into it."""
    result = {key: value for key, value in body.items() if key != "status"}
    metadata = result.get("metadata")
    if isinstance(metadata, dict):
        metadata = {key: value for key, value in metadata.items() if key not in _SERVER_FIELDS}
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
            metadata["annotations"] = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
        result["metadata"] = metadata
    return result
