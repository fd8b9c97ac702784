"""Labels that select some pods of a namespace and no others: the fewest, and only such as last.

What the API server and controllers put on pods changes with every rollout or replica, and what tools for delivery put
there says nothing of what a pod is. Source: Kubernetes documentation, "Well-Known Labels, Annotations and Taints";
"Recommended Labels". Cilium leaves the former out of identities (Cilium documentation, "Limiting Identity-Relevant
Labels"), so a selector of them would select nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ringfence.fix.shapes import VOLATILE
from ringfence.model.labels import AllOf, LabelExpr, Operator, Requirement, match_labels
from ringfence.model.objects import Pod

_LIKED = (
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "app.kubernetes.io/instance",
    "name",
    "run",
    "app.kubernetes.io/component",
    "component",
    "tier",
    "role",
)
_NAMED = "app.kubernetes.io/"
_SYSTEM = ("kubernetes.io", "k8s.io", "istio.io", "helm.sh", "argoproj.io", "openshift.io", "cattle.io")
_OTHERS = frozenset({"app.kubernetes.io/managed-by", "chart", "heritage"})
_MOST_LABELS = 3
_MOST_KEYS = 10
_MOST_EXCLUSIONS = 3


def lasting(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that a rule may select by."""
    return {key: value for key, value in labels.items() if value and _lasts(key)}


def _lasts(key: str) -> bool:
    if key in VOLATILE or key in _OTHERS or key.endswith("-hash"):
        return False
    domain, slash, _ = key.rpartition("/")
    return (
        key.startswith(_NAMED)
        or not slash
        or not any(domain == each or domain.endswith(f".{each}") for each in _SYSTEM)
    )


def common(pods: Sequence[Pod]) -> dict[str, str]:
    """The lasting labels that all of the pods have alike."""
    found = lasting(pods[0].labels)
    for pod in pods[1:]:
        found = {key: value for key, value in found.items() if pod.labels.get(key) == value}
    return found


@dataclass(frozen=True, slots=True)
class Choice:
    """A selector, and the pods of the namespace that it selects besides those that are meant."""

    expression: LabelExpr
    others: tuple[Pod, ...] = ()


class Field:
    """The pods of one namespace that selectors are to tell apart."""

    def __init__(self, pods: Iterable[Pod]) -> None:
        self._pods = tuple(pods)
        self._index: dict[tuple[str, str], int] = {}
        self._place = {id(pod): number for number, pod in enumerate(self._pods)}
        for number, pod in enumerate(self._pods):
            for label in pod.labels.items():
                self._index[label] = self._index.get(label, 0) | 1 << number

    def choose(self, pods: Sequence[Pod]) -> Choice:
        """The shortest selector of exactly these pods; the nearest one where none is exact."""
        meant = sum(1 << self._place[id(pod)] for pod in pods if id(pod) in self._place)
        labels = common(pods)
        keys = sorted(labels, key=_rank)[:_MOST_KEYS]
        for size in range(1, min(_MOST_LABELS, len(keys)) + 1):
            for some in combinations(keys, size):
                chosen = {key: labels[key] for key in some}
                if not self._selected(chosen) & ~meant:
                    return Choice(match_labels(chosen))
        chosen = {key: labels[key] for key in sorted(labels, key=_rank)[:_MOST_KEYS]}
        left = self._selected(chosen) & ~meant
        if not left:
            return Choice(match_labels(self._thinned(chosen, meant)))
        others = [pod for number, pod in enumerate(self._pods) if left >> number & 1]
        return self._excluding(chosen, pods, others, meant)

    def _selected(self, labels: Mapping[str, str]) -> int:
        found = (1 << len(self._pods)) - 1
        for label in labels.items():
            found &= self._index.get(label, 0)
        return found

    def _thinned(self, labels: dict[str, str], meant: int) -> dict[str, str]:
        """Without the labels that exclude nobody, the least liked first."""
        for key in sorted(labels, key=_rank, reverse=True):
            fewer = {other: value for other, value in labels.items() if other != key}
            if fewer and not self._selected(fewer) & ~meant:
                labels = fewer
        return labels

    def _excluding(self, labels: dict[str, str], pods: Sequence[Pod], others: list[Pod], meant: int) -> Choice:
        """What the others have and the meant pods don't is asked to be absent."""
        requirements: list[Requirement] = []
        left = list(others)
        while left and len(requirements) < _MOST_EXCLUSIONS:
            found = _exclusion(left[0], pods)
            if found is None:
                break
            requirements.append(found)
            left = [pod for pod in left if found.matches(pod.labels)]
        if left:
            short = self._as_good(labels, len(others) + meant.bit_count())
            return Choice(match_labels(short), tuple(others))
        return Choice(AllOf((*match_labels(labels).parts, *_merged(requirements))))

    def _as_good(self, labels: dict[str, str], selected: int) -> dict[str, str]:
        """The fewest labels that select no more than all of them do."""
        for key in sorted(labels, key=_rank, reverse=True):
            fewer = {other: value for other, value in labels.items() if other != key}
            if fewer and self._selected(fewer).bit_count() <= selected:
                labels = fewer
        return labels


def _merged(requirements: Iterable[Requirement]) -> list[Requirement]:
    """One requirement a key."""
    values: dict[str, set[str]] = {}
    for each in requirements:
        values.setdefault(each.key, set()).update(each.values)
    return [
        Requirement(key, Operator.NOT_IN if values[key] else Operator.DOES_NOT_EXIST, tuple(sorted(values[key])))
        for key in sorted(values)
    ]


def _exclusion(other: Pod, pods: Sequence[Pod]) -> Requirement | None:
    for key, value in sorted(lasting(other.labels).items(), key=lambda item: _rank(item[0])):
        if not any(key in pod.labels for pod in pods):
            return Requirement(key, Operator.DOES_NOT_EXIST)
        if not any(pod.labels.get(key) == value for pod in pods):
            return Requirement(key, Operator.NOT_IN, (value,))
    return None


def _rank(key: str) -> tuple[int, str]:
    if key in _LIKED:
        return (_LIKED.index(key), key)
    return (len(_LIKED) + (1 if "/" in key else 0), key)
