"""Which edges of a store a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.flows.storage import Storage
from ringfence.model.flow import HOUR, Outcome

if TYPE_CHECKING:
    import ibis.expr.types as ir

PAIR_AND_OUTCOME = ("source", "destination", "protocol", "port", "outcome")


@dataclass(frozen=True, slots=True)
class Choice:
    """Edges of a store; an empty field chooses all.

    ``namespaces`` and ``workloads`` (``namespace/Kind/name``, ``Kind/name`` or ``name``) are of either end. ``since``
    and ``until`` are seconds since 1970, UTC; the hours that they lie in count whole. ``external`` chooses edges with
    an end outside the cluster, or with False those without. ``cluster`` chooses those with an end in it, or with two
    ends of which no cluster is known.
    """

    namespaces: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    outcomes: tuple[Outcome, ...] = ()
    ports: tuple[int, ...] = ()
    external: bool | None = None
    cluster: str = ""

    @property
    def has_window(self) -> bool:
        """Whether some hours are left out."""
        return self.since is not None or self.until is not None

    @property
    def all_edges(self) -> bool:
        """Whether no edge of the hours that are chosen is left out."""
        return self == Choice(since=self.since, until=self.until)


def in_window(table: ir.Table, choice: Choice) -> ir.Table:
    """The rows of the hours that are chosen."""
    if choice.since is not None:
        table = table.filter(table.hour >= int(choice.since // HOUR))
    if choice.until is not None:
        table = table.filter(table.hour * HOUR < choice.until)
    return table


def chosen(storage: Storage, choice: Choice) -> ir.Table:
    """The edges that are chosen, with what they count for in the window."""
    edges = storage.table("edges")
    if choice.has_window:
        hours = in_window(storage.table("hourly"), choice)
        counted = hours.group_by(*PAIR_AND_OUTCOME).agg(
            connections=hours.connections.sum().cast("int64"),
            first=hours["first"].min(),
            last=hours["last"].max(),
            octets=hours.octets.sum().cast("int64"),
            octets_back=hours.octets_back.sum().cast("int64"),
        )
        flags = edges.select(*PAIR_AND_OUTCOME, "egress", "ingress", "guessed")
        edges = counted.join(flags, list(PAIR_AND_OUTCOME))[tuple(edges.columns)]
    if choice.outcomes:
        edges = edges.filter(edges.outcome.isin([outcome.value for outcome in choice.outcomes]))
    if choice.ports:
        edges = edges.filter(edges.port.isin(list(choice.ports)))
    parties = storage.table("parties")
    if choice.namespaces:
        edges = _with_end(edges, parties.filter(parties.namespace.isin(list(choice.namespaces))))
    if choice.workloads:
        edges = _with_end(edges, _workloads(parties, choice.workloads))
    if choice.external is not None:
        outside = parties.filter(parties.kind == "external").party
        has = edges.source.isin(outside) | edges.destination.isin(outside)
        edges = edges.filter(has if choice.external else ~has)
    if choice.cluster:
        own, none = (parties.filter(parties.cluster == name).party for name in (choice.cluster, ""))
        edges = edges.filter(
            edges.source.isin(own)
            | edges.destination.isin(own)
            | (edges.source.isin(none) & edges.destination.isin(none))
        )
    return edges


def _with_end(edges: ir.Table, parties: ir.Table) -> ir.Table:
    return edges.filter(edges.source.isin(parties.party) | edges.destination.isin(parties.party))


def _workloads(parties: ir.Table, texts: tuple[str, ...]) -> ir.Table:
    full = [text for text in texts if text.count("/") == 2]
    named = [text for text in texts if text.count("/") == 1]
    short = [text for text in texts if "/" not in text]
    whole = parties.namespace + "/" + parties.workload
    name = parties.workload.re_replace("^[^/]*/", "")
    return parties.filter(whole.isin([*full, *named]) | parties.workload.isin(named) | name.isin(short))
