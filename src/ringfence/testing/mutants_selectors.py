"""Selectors that take in more pods, or fewer, than the one that is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ringfence.model.labels import EVERYTHING, AllOf, LabelExpr, Operator, Requirement
from ringfence.model.policy import PodPeer

SelectorSlip = tuple[str, str, PodPeer]
"""``widen`` or ``narrow``, what was done in words, and the selector with it."""


def selector_slips(peer: PodPeer) -> Iterator[SelectorSlip]:
    """Each requirement left out; each value of a list left out; of a peer with labels on namespaces, those likewise.

    That a policy, or a peer without a namespace selector, means one namespace comes from where it stands and can't be
    left out by a slip; see :func:`namespace_slips` for peers that name it themselves.
    """
    for kind, text, pods in _expression_slips(peer.pods):
        yield kind, text, replace(peer, pods=pods)
    if peer.namespace is None:
        for kind, text, namespaces in _expression_slips(peer.namespaces):
            yield kind, f"{text} on namespaces", replace(peer, namespaces=namespaces)


def namespace_slips(peer: PodPeer) -> Iterator[SelectorSlip]:
    """The same pods of every namespace: an empty ``namespaceSelector`` beside the ``podSelector``."""
    if peer.namespace is not None:
        yield (
            "widen",
            f"pods of every namespace instead of {peer.namespace}",
            replace(peer, namespace=None, namespaces=EVERYTHING),
        )


def _expression_slips(expression: LabelExpr) -> Iterator[tuple[str, str, LabelExpr]]:
    match expression:
        case AllOf(parts):
            for index, part in enumerate(parts):
                rest = (*parts[:index], *parts[index + 1 :])
                yield "widen", f"{part} left out", AllOf(rest)
                for text, narrower in _narrowed(part):
                    yield "narrow", text, AllOf((*parts[:index], narrower, *parts[index + 1 :]))
        case _:
            yield "widen", f"{expression} left out", EVERYTHING
            for text, narrower in _narrowed(expression):
                yield "narrow", text, narrower


def _narrowed(part: LabelExpr) -> Iterator[tuple[str, LabelExpr]]:
    """One value fewer, where a requirement lists several."""
    if not isinstance(part, Requirement) or part.operator is not Operator.IN or len(part.values) < 2:
        return
    for index, value in enumerate(part.values):
        rest = (*part.values[:index], *part.values[index + 1 :])
        yield f"{value} left out of the values of {part.key}", replace(part, values=rest)
