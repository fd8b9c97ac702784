"""Peers that stand as two entries, *or*, where one entry with both, *and*, was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ringfence.lint.context import LintContext, PlacedRule
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Pod
from ringfence.model.policy import PodPeer


@dataclass(frozen=True, slots=True)
class Slip:
    """Two entries next to each other, and the pods that they select as written, and as one entry."""

    namespaces: PodPeer
    pods: PodPeer
    either: tuple[Pod, ...]
    both: tuple[Pod, ...]

    @property
    def more(self) -> tuple[Pod, ...]:
        """The pods that the written reading admits beyond the other."""
        wanted = {id(pod) for pod in self.both}
        return tuple(pod for pod in self.either if id(pod) not in wanted)


def and_or_slips(context: LintContext, placed: PlacedRule) -> Iterator[Slip]:
    """The slips of a rule: the entry with the pod selector adds nothing, and together they would select fewer pods."""
    for first, second in pairwise(placed.rule.peers or ()):
        for namespaces, pods in ((first, second), (second, first)):
            if isinstance(namespaces, PodPeer) and isinstance(pods, PodPeer):
                slip = _slip(context, placed, namespaces, pods)
                if slip is not None:
                    yield slip


def _slip(context: LintContext, placed: PlacedRule, namespaces: PodPeer, pods: PodPeer) -> Slip | None:
    if namespaces.namespace is not None or namespaces.pods != EVERYTHING:
        return None
    if pods.namespace is None or pods.namespace != placed.policy.ref.namespace or pods.pods == EVERYTHING:
        return None
    either = context.selected(namespaces)
    inside = {id(pod) for pod in either}
    if any(id(pod) not in inside for pod in context.selected(pods)):
        return None  # the entry has a use of its own
    both = context.selected(PodPeer(None, namespaces.namespaces, pods.pods))
    return Slip(namespaces, pods, either, both) if 0 < len(both) < len(either) else None
