"""The manifests for Kustomize: a base, and an overlay that holds what changes: the recorded addresses of names.

Source: Kubernetes SIG CLI, kustomization reference (``resources``, ``patches``); RFC 6902 for the patches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ringfence.egress.frozen import addresses_at
from ringfence.egress.metadata import NAMES, RECORDED, made_for, owner_of
from ringfence.egress.proposing import Proposal
from ringfence.generate.manifest import Manifest

_OVERLAY = "overlays/current"


def overlay(answer: Proposal) -> Mapping[str, str]:
    """The files by their paths."""
    files: dict[str, str] = {}
    resources, patches = [], []
    for manifest in answer.manifests:
        name = f"{manifest.body['kind'].lower()}-{manifest.ref.name}.yaml"
        resources.append(name)
        files[f"base/{name}"] = manifest.text()
        operations = _operations(answer, manifest)
        if operations:
            path = f"addresses-{manifest.ref.name}.yaml"
            files[f"{_OVERLAY}/{path}"] = _patch(operations)
            patches.append({"path": path, "target": _target(manifest)})
    files["base/kustomization.yaml"] = _kustomization({"resources": resources})
    files[f"{_OVERLAY}/kustomization.yaml"] = _kustomization(
        {"resources": ["../../base"], **({"patches": patches} if patches else {})}
    )
    return dict(sorted(files.items()))


def _kustomization(fields: Mapping[str, Any]) -> str:
    body = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **fields}
    return Manifest(body).text()


def _target(manifest: Manifest) -> Mapping[str, str]:
    group, _, version = manifest.body["apiVersion"].rpartition("/")
    found = {"group": group, "version": version, "kind": manifest.body["kind"], "name": manifest.ref.name}
    return {**found, **({"namespace": manifest.ref.namespace} if manifest.ref.namespace else {})}


def _operations(answer: Proposal, manifest: Manifest) -> Sequence[tuple[str, Any]]:
    """The path and value of everything that newer records would change."""
    plan = next((each for each in answer.plans if owner_of(each) == made_for(manifest.body)), None)
    places = addresses_at(manifest.body, plan) if plan is not None else {}
    if not places:
        return ()
    found: list[tuple[str, Any]] = []
    for path in places:
        value: Any = manifest.body
        for step in path:
            value = value[step]
        found.append(("/" + "/".join(map(str, path)), value))
    notes = manifest.body["metadata"]["annotations"]
    escaped = {key: key.replace("~", "~0").replace("/", "~1") for key in (NAMES, RECORDED) if key in notes}
    found.extend((f"/metadata/annotations/{text}", notes[key]) for key, text in escaped.items())
    return found


def _patch(operations: Sequence[tuple[str, Any]]) -> str:
    head = "# The addresses of names, as they were on record. This file alone changes when they do.\n"
    return head + "".join(
        "- " + Manifest({"op": "replace", "path": path, "value": value}).text().replace("\n", "\n  ").rstrip(" ")
        for path, value in operations
    )
