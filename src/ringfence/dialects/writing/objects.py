"""What all manifests share: names, where they came from, and Kubernetes label selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ringfence.dialects.selectors import key_problem, value_problem
from ringfence.dialects.writing.losses import Manifest, Target
from ringfence.dialects.writing.terms import Literal
from ringfence.model.labels import Operator
from ringfence.model.policy import Policy

FROM = "ringfence.dev/from"
"""The annotation that names the policy that an object was made of."""

_MAX_NAME = 253
_WRITTEN = (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)


class Namer:
    """Gives each object a name that no other of its kind and namespace has."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str, str]] = set()

    def name(self, kind: str, namespace: str, wanted: str) -> str:
        """``wanted``, as far as names may have its characters, with a number where it is taken."""
        base = re.sub(r"[^a-z0-9.-]+", "-", wanted.lower()).strip("-.")[: _MAX_NAME - 4] or "policy"
        found, number = base, 1
        while (kind, namespace, found) in self._taken:
            number += 1
            found = f"{base}-{number}"
        self._taken.add((kind, namespace, found))
        return found


def source_of(policy: Policy) -> str:
    """``Kind/name``, or ``namespace/Kind/name``: what the annotation says."""
    return str(policy.ref)


def manifest(
    api_version: str, kind: str, name: str, namespace: str, source: str, target: Target, spec: Mapping[str, Any]
) -> Manifest:
    """An object with its keys in the usual order."""
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    annotations = {**({FROM: source} if source else {}), **target.annotations}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": dict(spec)}


class UnwritableError(Exception):
    """A selector asks for something that the dialect's selectors can't; the message says what."""


def selector(literals: Iterable[Literal], key_of: Callable[[str], str]) -> Manifest:
    """A label selector of Kubernetes' form; ``key_of`` gives the key that the dialect has for one of the engine.

    Raises:
        UnwritableError: a literal has no such form.
    """
    labels: dict[str, str] = {}
    expressions: list[Manifest] = []
    for literal in literals:
        asked = literal.requirement
        if asked.operator not in _WRITTEN or not literal.holds:
            how = asked.operator.value.lower() if literal.holds else f"not {asked.operator.value.lower()}"
            raise UnwritableError(f"It asks for labels {how} of {' or '.join(asked.values)} at {asked.key}.")
        key = key_of(asked.key)
        problem = next((value_problem(value) for value in asked.values if value_problem(value)), "")
        if problem or key_problem(key.rpartition(":")[2]):
            raise UnwritableError(f"It asks for {asked}, which no label can be.")
        if asked.operator is Operator.IN and len(asked.values) == 1:
            labels[key] = asked.values[0]
        else:
            values = {"values": list(asked.values)} if asked.values else {}
            expressions.append({"key": key, "operator": asked.operator.value, **values})
    return {
        **({"matchLabels": labels} if labels else {}),
        **({"matchExpressions": expressions} if expressions else {}),
    }
