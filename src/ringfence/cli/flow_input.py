"""Reads what a question about recorded traffic is asked of: the edges of a store, and names that the logs tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from ringfence.cli.progress import progress

if TYPE_CHECKING:
    from ringfence.flows.choosing import Choice
    from ringfence.flows.edges import EdgeSet
    from ringfence.flows.selection import Selection
    from ringfence.flows.store import Store
    from ringfence.model.names import Names
    from ringfence.model.verdict import Endpoint


cluster_option = click.option(
    "--flows-cluster", metavar="NAME", default="", help="The cluster of the store that PATH is, where it keeps several."
)
"""``--flows-cluster``, which the command gets as ``flows_cluster``."""


def read_edges(
    store: str, choice: Choice | None = None, *, engine: str = "duckdb", whole: bool = False, cluster: str = ""
) -> EdgeSet:
    """The edges of a store; ``whole`` brings hours, policies and all else with them.

    ``cluster`` names that which the question is about, where the store keeps several.

    Raises:
        QueryError: it keeps several, and none is named, or none of that name.
        InputError: the store isn't there, is none, or has no edge of the choice. An answer about nothing would pass
            for a good one.
    """
    from ringfence.explain.recorded_clusters import of_cluster
    from ringfence.flows.store import opened
    from ringfence.model.errors import InputError

    with progress("Reading the flows"), opened(store, engine=engine) as flows:
        edges = flows.edges(choice, whole=whole)
    if not len(edges):
        raise InputError(nothing(store, choice))
    return of_cluster(edges, cluster)


def selected(flows: Store, choice: Choice, cluster: str = "") -> Selection:
    """As :func:`read_edges`, of an open store, whose edges stay where they are.

    Raises:
        QueryError: as there.
        InputError: the store has no edge of the choice.
    """
    from ringfence.explain.recorded_clusters import selected_of_cluster
    from ringfence.model.errors import InputError

    found = flows.selection(choice)
    if not found.parties:
        raise InputError(nothing(flows.path, choice))
    return selected_of_cluster(found, cluster)


def nothing(store: str, choice: Choice | None) -> str:
    """Says that a store has no edge of a choice."""
    chosen = " of this choice" if choice is not None and choice != type(choice)() else ""
    return f"{store} has no connection{chosen}, so nothing can be said of any."


def read_between(
    store: str, sources: Iterable[Endpoint], destinations: Iterable[Endpoint], cluster: str = ""
) -> EdgeSet:
    """The edges of a store, whole, that may be between these ends; none is an answer, too.

    Raises:
        InputError: the store isn't there, or is none.
    """
    from ringfence.explain.recorded_clusters import of_cluster
    from ringfence.flows.choosing import Choice
    from ringfence.flows.store import opened
    from ringfence.model.objects import Pod

    chosen: tuple[str, ...] = ()
    for ends in (sources, destinations):
        chosen = chosen or tuple(dict.fromkeys(str(end.workload) for end in ends if isinstance(end, Pod)))
    with progress("Reading the flows"), opened(store) as flows:
        return of_cluster(flows.edges(Choice(workloads=chosen), whole=True), cluster)


def with_flow_names(names: Names | None, edges: EdgeSet | Selection) -> Names | None:
    """The recorded DNS answers of the input with those that the logs tell; None where there is neither."""
    from ringfence.explain.recorded_names import names_of

    return names_of(edges.parties, edges.coverage, names) or None
