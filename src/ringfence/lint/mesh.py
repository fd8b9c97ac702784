"""What rules about a mesh share: its policies, the pods that they seem to be for, and who has an identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ringfence.lint.context import LintContext
from ringfence.model import derived
from ringfence.model.labels import AllOf
from ringfence.model.mesh import mesh_mode
from ringfence.model.objects import Pod, RawObject
from ringfence.model.policy import Policy

ALLOW_STAGE = "istio-allow"
MESH_STAGES = ("istio-mtls", "istio-deny", ALLOW_STAGE)


@dataclass(frozen=True, slots=True)
class MeshPolicy:
    """One policy that a mesh enforces, and the object that it is read from."""

    raw: RawObject
    policy: Policy
    stage: str

    @property
    def spec(self) -> dict[str, Any]:
        """What its author wrote."""
        spec = self.raw.body.get("spec")
        return spec if isinstance(spec, dict) else {}


def mesh_policies(context: LintContext) -> tuple[MeshPolicy, ...]:
    """The policies of the mesh, in the order judged."""
    return context.once(_mesh_policies)


def _mesh_policies(context: LintContext) -> tuple[MeshPolicy, ...]:
    found = []
    for stage, policy in context.policies:
        raw = context.raw(policy.ref)
        if stage.name in MESH_STAGES and raw is not None:
            found.append(MeshPolicy(raw, policy, stage.name))
    return tuple(found)


def in_mesh(context: LintContext, pod: Pod) -> bool:
    """True for a pod with a sidecar or behind ztunnel: it is guarded, and has an identity."""
    namespace = context.snapshot.namespaces.get(pod.namespace)
    return bool(mesh_mode(pod, namespace.labels if namespace is not None else {}))


def meant(context: LintContext, policy: Policy) -> tuple[Pod, ...]:
    """The pods that a policy selects by namespace and labels, in the mesh or not."""
    pods = policy.subject.pods
    parts = pods.parts if isinstance(pods, AllOf) else (pods,)
    asked = AllOf(tuple(part for part in parts if derived.MESH not in set(part.keys())))
    return context.selected(replace(policy.subject, pods=asked))


def operations(policy: MeshPolicy) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Every operation of a policy, with the numbers of its rule and its entry."""
    for number, rule in enumerate(_list(policy.spec.get("rules"))):
        for entry, to in enumerate(_list(rule.get("to") if isinstance(rule, dict) else None)):
            operation = to.get("operation") if isinstance(to, dict) else None
            if isinstance(operation, dict):
                yield number, entry, operation


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
