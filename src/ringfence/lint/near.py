"""Selectors that match no pod, and what they miss by: one value, one key, one label."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ringfence.lint.context import LintContext
from ringfence.model.labels import AllOf, LabelExpr, Labels, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.policy import PodPeer

_SEPARATOR = re.compile(r"[-_./]")
_SHORTEST = 4
"""Shorter words are one letter apart by chance: api and app, or the a and b of client-a and client-b."""


class Miss(enum.IntEnum):
    """How a selector misses, the surest sign of a slip first."""

    VALUE = 0
    """The label is there with a value that is spelled otherwise."""
    KEY = 1
    """The value is there under a key that is spelled otherwise."""
    LACKING = 2
    """Everything else matches, and the label is not there."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """One requirement that keeps a selector from matching: ``found`` is what is there instead, as ``key=value``.

    ``pods`` are those that all other requirements match; for a requirement on namespaces, ``namespaces`` are.
    ``matched`` are the pods that the selector does match, where those are pods without a controller only.
    """

    miss: Miss
    requirement: Requirement
    found: str = ""
    pods: tuple[Pod, ...] = ()
    namespaces: tuple[str, ...] = ()
    matched: tuple[Pod, ...] = ()


def near_miss(context: LintContext, peer: PodPeer) -> NearMiss | None:
    """The slip that a selector without a match most probably is; ``None`` where it matches, or nothing is near.

    A selector that matches nothing but pods without a controller, which somebody started by hand, while it misses a
    workload's, counts as one without a match: this is how a rule that is wrong passes its test.
    """
    matched = context.selected(peer)
    if any(_controlled(pod) for pod in matched):
        return None
    found: list[NearMiss] = []
    if context.namespaces(peer):
        found += _pod_misses(context, peer, controlled=bool(matched))
    if matched or not context.namespaces(peer):
        found += _namespace_misses(context, peer, controlled=bool(matched))
    best = min(found, key=lambda near: near.miss, default=None)
    return replace(best, matched=matched) if best is not None else None


def _controlled(pod: Pod) -> bool:
    return pod.workload.kind != "Pod"


def _pod_misses(context: LintContext, peer: PodPeer, *, controlled: bool) -> Iterator[NearMiss]:
    for requirement, others in _each(peer.pods):
        groups: dict[tuple[Miss, str], list[Pod]] = {}
        for pod in context.selected(PodPeer(peer.namespace, peer.namespaces, others)):
            if controlled and not _controlled(pod):
                continue
            sign = _sign(requirement, pod.labels, lacking=bool(others.parts))
            if sign is not None:
                groups.setdefault(sign, []).append(pod)
        if groups:
            miss, found = min(groups)
            yield NearMiss(miss, requirement, found, tuple(groups[miss, found]))


def _namespace_misses(context: LintContext, peer: PodPeer, *, controlled: bool) -> Iterator[NearMiss]:
    given = [namespace for namespace in context.snapshot.namespaces.values() if namespace.given]
    for requirement, others in _each(peer.namespaces):
        groups: dict[tuple[Miss, str], list[str]] = {}
        for namespace in given:
            if not others.matches(namespace.labels):
                continue
            if controlled and not any(map(_controlled, context.selected(PodPeer(namespace.name, pods=peer.pods)))):
                continue
            sign = _sign(requirement, namespace.labels, lacking=bool(others.parts))
            if sign is not None:
                groups.setdefault(sign, []).append(namespace.name)
        if groups:
            miss, found = min(groups)
            yield NearMiss(miss, requirement, found, namespaces=tuple(groups[miss, found]))


def _each(expr: LabelExpr) -> Iterator[tuple[Requirement, AllOf]]:
    """Each requirement that wants a label to be there, with all the others."""
    parts = expr.parts if isinstance(expr, AllOf) else (expr,)
    for number, part in enumerate(parts):
        if isinstance(part, Requirement) and part.operator in (Operator.IN, Operator.EXISTS):
            yield part, AllOf(parts[:number] + parts[number + 1 :])


def _sign(requirement: Requirement, labels: Labels, *, lacking: bool) -> tuple[Miss, str] | None:
    key = requirement.key
    if key in labels:
        if requirement.operator is Operator.IN and any(alike(labels[key], value) for value in requirement.values):
            return Miss.VALUE, f"{key}={labels[key]}"
        return None
    for other, value in labels.items():
        if other != NAMESPACE_NAME_LABEL and alike(other, key) and requirement.matches({key: value}):
            return Miss.KEY, f"{other}={value}"
    return (Miss.LACKING, "") if lacking else None


def alike(one: str, other: str) -> bool:
    """True for two spellings of one word: other case or separators, or one letter more, less, other or swapped."""
    if one == other:
        return False
    if same_spelling(one) == same_spelling(other):
        return True
    ours, theirs = _SEPARATOR.split(one), _SEPARATOR.split(other)
    if len(ours) != len(theirs):
        return False
    different = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    return len(different) == 1 and _one_slip(*different[0])


def same_spelling(text: str) -> str:
    """The text without case and separators."""
    return _SEPARATOR.sub("", text).casefold()


def _one_slip(one: str, other: str) -> bool:
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    a, b = one[start : len(one) - end], other[start : len(other) - end]
    if any(letter.isdigit() for letter in a + b):
        return False  # web-1 and web-2 are two things, not two spellings
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == 2 and a == b[::-1])
