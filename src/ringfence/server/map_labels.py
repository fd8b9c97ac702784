"""The labels by which a map is filtered: those of namespaces and pods that put workloads into groups, as teams do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ringfence.cluster import Cluster
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.server.map_pairs import Member

OWNERS: Final = ("team", "owner", "app.kubernetes.io/part-of")
"""Labels that mostly name who is responsible, likeliest first."""

MOST_VALUES: Final = 200
"""A label with more values than this groups nothing."""

_SINGLE: Final = (
    NAMESPACE_NAME_LABEL, "pod-template-hash", "controller-revision-hash", "pod-template-generation",
    "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name", "controller-uid", "job-name",
)  # fmt: skip
"""Labels that Kubernetes itself gives to one object each."""


def labels_of(cluster: Cluster) -> dict[str, tuple[str, ...]]:
    """The values of each label that groups workloads, owners first."""
    found: dict[str, set[str]] = {}
    for labels in _all(cluster):
        for key, value in labels.items():
            found.setdefault(key, set()).add(value)
    kept = {key: tuple(sorted(values)) for key, values in found.items() if key not in _SINGLE}
    return {key: kept[key] for key in sorted(kept, key=_order) if len(kept[key]) <= MOST_VALUES}


def marked(members: Sequence[Member], key: str, value: str) -> list[bool]:
    """Which workloads have the label, or are in a namespace that has it."""
    return [
        member.namespace_labels.get(key) == value or any(pod.labels.get(key) == value for pod in member.pods)
        for member in members
    ]


def _all(cluster: Cluster) -> Iterable[dict[str, str]]:
    spaces = {pod.namespace for pod in cluster.snapshot.pods}
    yield from (dict(each.labels) for name, each in cluster.snapshot.namespaces.items() if name in spaces)
    yield from (dict(pod.labels) for pod in cluster.snapshot.pods)


def _order(key: str) -> tuple[int, str]:
    return OWNERS.index(key) if key in OWNERS else len(OWNERS), key
