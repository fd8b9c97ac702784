"""Numbers the parties of edges, and puts together what is known of each."""

from __future__ import annotations

import heapq
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


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says of a party: by which key it is known, and one of its pods; ``labels`` are None if not known."""

    key: PartyKey
    pod: str
    labels: tuple[Label, ...] | None
    names: tuple[str, ...]


class PartyBook:
    """Parties by what makes them one: labels are intersected, names and pods are united."""

    def __init__(self) -> None:
        self._known: dict[PartyKey, _Known] = {}

    def add(self, said: Said) -> None:
        """Takes in what a row says."""
        known = self._known.setdefault(said.key, _Known())
        if said.pod:
            known.pods.add(said.pod)
        if said.labels is not None:
            known.labels = set(said.labels) if known.labels is None else known.labels & set(said.labels)
        known.names.update(said.names)

    def parties(self) -> dict[PartyKey, Party]:
        """All parties."""
        return {key: _party(key, known) for key, known in self._known.items()}


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
