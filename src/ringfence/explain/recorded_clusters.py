"""The edges of one cluster: a store may keep several, and an input is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ringfence.flows.edges import EdgeSet, Party, PartyKind
from ringfence.model.errors import QueryError

if TYPE_CHECKING:
    from ringfence.flows.selection import Selection

T = TypeVar("T")


def of_cluster(edges: EdgeSet, name: str = "") -> EdgeSet:
    """The edges with an end in a cluster; without a name, all, if they are of one cluster.

    Raises:
        QueryError: the edges are of several clusters and none is named, or none is of the named one.
    """
    if not _check(edges.parties, name):
        return edges
    of_party = [party.cluster for party in edges.parties]
    kept = [
        number
        for number, (source, destination) in enumerate(zip(edges.source, edges.destination, strict=True))
        if name in (ends := (of_party[source], of_party[destination])) or ends == ("", "")
    ]
    return replace(
        edges,
        parties=_seen_from(edges.parties, name),
        source=_some(edges.source, kept),
        destination=_some(edges.destination, kept),
        protocol=_some(edges.protocol, kept),
        port=_some(edges.port, kept),
        outcome=_some(edges.outcome, kept),
        connections=_some(edges.connections, kept),
        first=_some(edges.first, kept),
        last=_some(edges.last, kept),
        edges=_some(edges.edges, kept) if edges.edges is not None else None,
    )


def selected_of_cluster(selection: Selection, name: str = "") -> Selection:
    """As :func:`of_cluster`, of edges that are asked where they are.

    Raises:
        QueryError: as there.
    """
    if not _check(selection.parties, name):
        return selection
    return selection.of_cluster(name, _seen_from(selection.parties, name))


def _check(parties: Iterable[Party], name: str) -> bool:
    """Whether a cluster is named, which must be one of these parties'."""
    clusters = sorted({party.cluster for party in parties if party.cluster})
    if not name:
        if len(clusters) > 1:
            raise QueryError(
                f"The flows are of {len(clusters)} clusters ({', '.join(clusters)}), and the input is one. Name it with"
                " --flows-cluster."
            )
        return False
    if name not in clusters:
        known = f"They are of {', '.join(clusters)}." if clusters else "They name no cluster."
        raise QueryError(f"No flow is of cluster {name}. {known}")
    return True


def _seen_from(parties: Iterable[Party], cluster: str) -> list[Party]:
    return [party if party.cluster in ("", cluster) else _elsewhere(party) for party in parties]


def _elsewhere(party: Party) -> Party:
    """An end in another cluster, whose pods the input doesn't have, though a workload of its own may have that name."""
    return Party(PartyKind.UNKNOWN, names=(f"{party} of cluster {party.cluster}",), cluster=party.cluster)


def _some(values: Sequence[T], kept: Sequence[int]) -> list[T]:
    return [values[number] for number in kept]
