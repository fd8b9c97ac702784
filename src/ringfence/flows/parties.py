"""Numbers the parties of edges, and puts together what is known of each."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.flows.edges import Party, PartyKind
from ringfence.flows.state import Label

MAX_PODS = 20

PartyKey = tuple[str, str, str, str, str, str, str]
"""Kind, cluster, namespace, workload, address, best name, Service."""


@dataclass(slots=True)
class _Known:
    labels: set[Label] | None = None
    names: set[str] = field(default_factory=set)
    chain: tuple[str, ...] = ()
    pods: set[str] = field(default_factory=set)


class PartyBook:
    """Parties by what makes them one: labels are intersected, names and pods are united."""

    def __init__(self) -> None:
        self._numbers: dict[PartyKey, int] = {}
        self._known: list[_Known] = []

    def number(self, key: PartyKey) -> int:
        """The party's number."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._known)
            self._known.append(_Known())
        return found

    def pod(self, number: int, name: str, labels: Iterable[Label] | None) -> None:
        """One of the party's pods; ``labels`` are None where they are not known."""
        known = self._known[number]
        if name:
            known.pods.add(name)
        if labels is not None:
            known.labels = set(labels) if known.labels is None else known.labels & set(labels)

    def names(self, number: int, names: Iterable[str]) -> None:
        """Names of the party's address."""
        self._known[number].names.update(names)

    def parties(self) -> list[Party]:
        """All parties, by their numbers."""
        return [_party(key, known) for key, known in zip(self._numbers, self._known, strict=True)]


def _party(key: PartyKey, known: _Known) -> Party:
    kind, cluster, namespace, workload, address, name, service = key
    others = tuple(sorted(known.names - {name}))
    return Party(
        PartyKind(kind),
        namespace,
        workload,
        address,
        (name, *others) if name else others,
        service,
        tuple(sorted(known.labels or ())),
        tuple(heapq.nsmallest(MAX_PODS, known.pods)),
        cluster,
    )
