"""The names by which an address outside the cluster was asked for, before a connection used it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import inf

from ringfence.flows.timeline import Span
from ringfence.model.flow import NameAnswer

Names = tuple[str, ...]

OTHERS = 2


class AskedNames:
    """DNS answers by address.

    What a pod asked itself counts before what its namespace asked, and that before what anybody asked: many names share
    an address at a CDN. Of one kind, the name that was asked last before the connection is the best.
    """

    def __init__(self, answers: Iterable[tuple[str, NameAnswer]] = ()) -> None:
        """``answers`` are given with the name of their cluster."""
        self._found: dict[tuple[str, str], dict[tuple[str, str], _Asked]] = defaultdict(dict)
        for cluster, answer in answers:
            for address in answer.addresses:
                of = self._found[cluster, address]
                key = (answer.name, answer.asked_by)
                first = answer.time if answer.first is None else answer.first
                if key in of:
                    of[key].add(first, answer.time, answer.chain)
                else:
                    of[key] = _Asked(first, answer.time, answer.chain)

    def of(self, cluster: str, address: str, client: tuple[str, str], told: Names = ()) -> list[Span[Names]]:
        """The names of an address for a client (namespace and pod), over the time, the best first.

        ``told`` are names that a record gives the address itself: they count before what others than the client's
        namespace asked.
        """
        asked = self._found.get((cluster, address))
        if not asked:
            return [Span(-inf, inf, told)]
        namespace, pod = client
        ranked = sorted(
            ((_nearness(by, namespace, pod), times, name) for (name, by), times in asked.items()),
            key=lambda each: (each[0], each[1].first, each[2]),
        )
        cuts = sorted({times.first for _, times, _ in ranked})
        found: list[Span[Names]] = [Span(-inf, cuts[0], told)]
        for since, until in zip(cuts, [*cuts[1:], inf], strict=True):
            names = _names([each for each in ranked if each[1].first <= since], told)
            before = found[-1].holder
            if before and before[0] == names[0]:
                found[-1] = Span(found[-1].since, until, names)
            else:
                found.append(Span(since, until, names))
        return found

    def known(self, cluster: str, address: str) -> list[tuple[str, str, float, Names]]:
        """All that names of an address rest on: name, who asked, since when, and the chain."""
        asked = self._found.get((cluster, address), {})
        return sorted((name, by, times.first, times.chain) for (name, by), times in asked.items())


class _Asked:
    """From when to when a name was asked, and the chain of its latest answer."""

    __slots__ = ("chain", "first", "last")

    def __init__(self, first: float, last: float, chain: Names) -> None:
        self.first, self.last, self.chain = first, last, chain

    def add(self, first: float, last: float, chain: Names) -> None:
        self.first = min(self.first, first)
        if (last, chain) > (self.last, self.chain):
            self.last, self.chain = last, chain


def _nearness(by: str, namespace: str, pod: str) -> int:
    if by and by == f"{namespace}/{pod}":
        return 0
    return 1 if namespace and by.startswith(f"{namespace}/") else OTHERS


def _names(asked: list[tuple[int, _Asked, str]], told: Names) -> Names:
    nearest = min(nearness for nearness, _, _ in asked)
    every = {name for _, _, name in asked} | set(told)
    if nearest == OTHERS and told:
        return (told[0], *sorted(every - {told[0]}))
    _, best, name = max((each for each in asked if each[0] == nearest), key=lambda each: (each[1].first, each[2]))
    return (name, *best.chain, *sorted(every - {name, *best.chain}))
