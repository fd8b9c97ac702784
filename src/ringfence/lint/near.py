"""Selectors that match no pod, and what they miss by: one value, one key, one label."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ringfence.lint.context import LintContext
from ringfence.model.derived import is_derived
from ringfence.model.labels import AllOf, LabelExpr, Labels, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.policy import PodPeer

T = TypeVar("T")

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
    found = context.once(_found)
    if peer not in found:
        found[peer] = _near_miss(context, peer, matched)
    return found[peer]


def _found(_: LintContext) -> dict[PodPeer, NearMiss | None]:
    """The answers so far."""
    return {}


def _near_miss(context: LintContext, peer: PodPeer, matched: tuple[Pod, ...]) -> NearMiss | None:
    misses: list[NearMiss] = []
    if context.namespaces(peer):
        misses += _pod_misses(context, peer, controlled=bool(matched))
    if matched or not context.namespaces(peer):
        misses += _namespace_misses(context, peer, controlled=bool(matched))
    best = min(misses, key=lambda near: near.miss, default=None)
    return replace(best, matched=matched) if best is not None else None


def _controlled(pod: Pod) -> bool:
    return pod.workload.kind != "Pod"


def _pod_misses(context: LintContext, peer: PodPeer, *, controlled: bool) -> Iterator[NearMiss]:
    for requirement, others in _each(peer.pods):
        scope = PodPeer(peer.namespace, peer.namespaces, others)
        index = context.once(_indexes).get(scope)
        if index is None:
            pods = context.selected(scope)
            index = context.once(_indexes)[scope] = _Index(pods, [pod.labels for pod in pods])
        sign = index.sign(requirement, controlled=controlled, lacking=bool(others.parts))
        if sign is not None:
            yield NearMiss(sign[0], requirement, sign[1], sign[2])


def _indexes(_: LintContext) -> dict[PodPeer, _Index[Pod]]:
    """The labels of the pods that a selector matches, by selector: many policies share a namespace."""
    return {}


def _namespace_misses(context: LintContext, peer: PodPeer, *, controlled: bool) -> Iterator[NearMiss]:
    given = [namespace for namespace in context.snapshot.namespaces.values() if namespace.given]
    if controlled:
        given = [
            namespace
            for namespace in given
            if any(map(_controlled, context.selected(PodPeer(namespace.name, pods=peer.pods))))
        ]
    for requirement, others in _each(peer.namespaces):
        near = [namespace for namespace in given if others.matches(namespace.labels)]
        index = _Index([namespace.name for namespace in near], [namespace.labels for namespace in near])
        sign = index.sign(requirement, controlled=False, lacking=bool(others.parts))
        if sign is not None:
            yield NearMiss(sign[0], requirement, sign[1], namespaces=sign[2])


class _Index(Generic[T]):
    """Things by their labels, to look for labels that are like one."""

    def __init__(self, things: Sequence[T], labels: Sequence[Labels]) -> None:
        self._all = list(zip(things, labels, strict=True))
        self._values: dict[str, dict[str, list[T]]] = {}
        for thing, own in self._all:
            for key, value in own.items():
                self._values.setdefault(key, {}).setdefault(value, []).append(thing)

    def sign(
        self, requirement: Requirement, *, controlled: bool, lacking: bool
    ) -> tuple[Miss, str, tuple[T, ...]] | None:
        """The surest sign that a label is meant which the requirement misses, and the things that have it.

        ``controlled`` keeps pods with a controller only. With ``lacking``, that the label is not there is a sign.
        """
        key = requirement.key
        for value, things in sorted(self._values.get(key, {}).items()):
            wanted = requirement.values if requirement.operator is Operator.IN else ()
            if any(alike(value, other) for other in wanted) and (kept := _kept(things, controlled=controlled)):
                return Miss.VALUE, f"{key}={value}", kept
        without = {id(thing) for thing, own in self._all if key not in own}
        for other in sorted(other for other in self._values if other != NAMESPACE_NAME_LABEL and alike(other, key)):
            for value, things in sorted(self._values[other].items()):
                if requirement.matches({key: value}):
                    kept = _kept([thing for thing in things if id(thing) in without], controlled=controlled)
                    if kept:
                        return Miss.KEY, f"{other}={value}", kept
        kept = _kept([thing for thing, own in self._all if key not in own], controlled=controlled) if lacking else ()
        return (Miss.LACKING, "", kept) if kept else None


def _kept(things: Sequence[T], *, controlled: bool) -> tuple[T, ...]:
    return tuple(thing for thing in things if not controlled or (isinstance(thing, Pod) and _controlled(thing)))


def _each(expr: LabelExpr) -> Iterator[tuple[Requirement, AllOf]]:
    """Each requirement that wants a label to be there, with all the others."""
    parts = expr.parts if isinstance(expr, AllOf) else (expr,)
    for number, part in enumerate(parts):
        # What a pod is by where and as whom it runs is no label that somebody misspelt or left out.
        if not isinstance(part, Requirement) or is_derived(part.key):
            continue
        if part.operator in (Operator.IN, Operator.EXISTS):
            yield part, AllOf(parts[:number] + parts[number + 1 :])


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
