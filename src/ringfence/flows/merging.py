"""From mapped flows to edges: expressions for Ibis, so that DuckDB and Spark work them out alike.

The rule for counting. One connection is seen at several points, on two nodes, and in several records. Within an hour,
and for each pod (or address) that opens connections:

1. What nodes say of the same two pods at the same point is the same; the largest counts. Where a record has its side,
   each node tells of its own pods: if one has moved between nodes, both counts are of other connections, and are added.
2. What a point says of different destination pods is different; it is added.
3. What different points say is the same; the largest counts. Points that write one record a connection are preferred to
   those that count packets or intervals.
4. Reply packets belong to the connection that they answer; they count only where nothing else of it was seen.
5. A connection that one side allowed and the other denied was denied: what had passed the policies of the source only
   (:func:`ringfence.flows.mapping.gate`) is allowed less what the destination's denied.

A connection of which a source only says that it goes on counts as one in the hour.

Resets: where within an hour packets that come back to a pod (or address) from another reset, and none of them accepts,
what it opened was refused; each reset is of one connection. The edge keeps its outcome, since no policy refused it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ringfence.flows.compiling import kept, named, table
from ringfence.flows.tables import ANSWER, MADE, RESET

if TYPE_CHECKING:
    import ibis.expr.types as ir

PAIR = ("source", "destination", "protocol", "port")

PAIRS = {name: MADE["edges"][name] for name in PAIR}

OUTCOMES = ("allowed", "denied", "rejected", "audited", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Plan:
    """Expressions in the order in which they are worked out: ``kept`` ones, by name, then rows for ``tables``."""

    kept: tuple[tuple[str, ir.Table], ...]
    tables: tuple[tuple[str, ir.Table], ...]


@cache
def plan(part: int = 0, parts: int = 1) -> Plan:
    """How the edges of the pairs that are kept as ``pairs`` are worked out of ``tallies``, ``mapped`` and ``details``.

    What an edge comes to depends on the flows of its pair alone. So any of them can be worked out by themselves, and
    many in parts: here those whose source's number leaves ``part`` when it is divided by ``parts``.
    """
    mapped = table("mapped").semi_join(named("pairs", PAIRS), PAIR)
    if parts > 1:
        mapped = mapped.filter(mapped.source % parts == part)
    rows = kept("rows", mapped)
    found = observed(table("tallies").semi_join(rows, "flow"), rows)
    seen_kept = kept("observed", found)
    by_hour = _by_hour(seen_kept)
    hourly = _hourly(kept("by_hour", by_hour))
    hourly_kept = kept("hourly", hourly)
    return Plan(
        (("rows", mapped), ("observed", found), ("by_hour", by_hour), ("hourly", hourly)),
        (
            ("hourly", hourly_kept),
            ("edges", _edges(hourly_kept, seen_kept)),
            ("edge_details", _edge_details(seen_kept, table("details"))),
            ("sightings", _sightings(seen_kept)),
        ),
    )


def observed(tallies: ir.Table, mapped: ir.Table) -> ir.Table:
    """Each flow and hour with its edge: turned round if it is a reply, and with what it counts for."""
    import ibis

    t = tallies.group_by("flow", "hour").agg(
        first=tallies["first"].min(),
        last=tallies["last"].max(),
        records=tallies.records.sum(),
        connections=tallies.connections.sum(),
        octets=tallies.octets.sum(),
        octets_back=tallies.octets_back.sum(),
    )
    m = mapped.rename(mapped_flow="flow")
    joined = t.join(m, [t.flow == m.mapped_flow, t["first"] >= m.since, t["first"] < m.until]).drop("mapped_flow")
    ways = joined.filter(~joined.reply).select(*PAIR).distinct()
    ways = ways.rename({f"way_{name}": name for name in PAIR}).mutate(way=ibis.literal(True))
    both = joined.left_join(ways, [joined[name] == ways[f"way_{name}"] for name in PAIR])
    both = both.mutate(dropped=both.reply & both.way.notnull())
    counts = ibis.coalesce(both.connections, both.records)
    return both.mutate(
        counts=ibis.ifelse(both.dropped, 0, counts),
        least=ibis.ifelse(both.dropped, 0, 1).cast("int64"),
        # Packets that open are told by their flags, also of connections that a verdict denies or audits.
        each=both["each"] | (both.connections.notnull() & ~both.format.startswith("hubble")),
        octets=ibis.ifelse(both.reply, both.octets_back, both.octets),
        octets_back=ibis.ifelse(both.reply, both.octets, both.octets_back),
    ).select(
        "flow", "hour", "first", "last", "records", "counts", "least", "octets", "octets_back", *PAIR, "source_unit",
        "destination_unit", "outcome", "side", "gate", "point", "node", "format", "each", "dropped", "guessed",
        "unmapped",
    )  # fmt: skip


def _by_hour(seen: ir.Table) -> ir.Table:
    """For each edge without its outcome, and hour: what counts for each outcome, in columns."""
    import ibis

    at = (*PAIR, "hour", "source_unit", "outcome", "side", "gate", "format", "point", "each")
    a_pod = _folded(seen, (*at, "destination_unit", "node"), "sum")
    by_node = (*at, "destination_unit")
    sided, other = a_pod.filter(a_pod.side != ""), a_pod.filter(a_pod.side == "")
    a_node = ibis.union(_folded(sided, by_node, "sum"), _folded(other, by_node, "max"))
    a_point = _folded(a_node, at, "sum")
    a_unit = a_point.group_by(*PAIR, "hour", "source_unit").agg(**_outcomes(a_point))
    a_unit = a_unit.mutate(**_decided(a_unit))
    sums: dict[str, Any] = {f"n_{outcome}": a_unit[f"n_{outcome}"].sum() for outcome in OUTCOMES}
    for outcome in OUTCOMES:
        sums[f"f_{outcome}"] = a_unit[f"f_{outcome}"].min()
        sums[f"l_{outcome}"] = a_unit[f"l_{outcome}"].max()
        sums[f"o_{outcome}"] = a_unit[f"o_{outcome}"].sum()
        sums[f"b_{outcome}"] = a_unit[f"b_{outcome}"].sum()
    return a_unit.group_by(*PAIR, "hour").agg(**sums)


def _folded(t: ir.Table, keys: tuple[str, ...], how: str) -> ir.Table:
    import ibis

    return t.group_by(*keys).agg(
        counts=ibis.greatest(getattr(t.counts, how)(), t.least.max()),
        least=t.least.max(),
        octets=getattr(t.octets, how)(),
        octets_back=getattr(t.octets_back, how)(),
        first=t["first"].min(),
        last=t["last"].max(),
    )


def _outcomes(t: ir.Table) -> dict[str, Any]:
    """What the points of one client say, by outcome: the largest count of each kind of point."""
    columns: dict[str, Any] = {}
    for outcome in OUTCOMES:
        here = t.outcome == outcome
        columns[f"f_{outcome}"] = t["first"].min(where=here)
        columns[f"l_{outcome}"] = t["last"].max(where=here)
        columns[f"o_{outcome}"] = t.octets.max(where=here)
        columns[f"b_{outcome}"] = t.octets_back.max(where=here)
        for side in ("egress", "ingress", ""):
            at = here & (t.side == side)
            name = f"{outcome}_{side or 'neither'}"
            columns[f"{name}_each"] = t.counts.max(where=at & t["each"])
            columns[f"{name}_other"] = t.counts.max(where=at & ~t["each"])
    allowed = t.outcome == "allowed"
    for gate in (0, 1, 2):
        columns[f"past_{gate}_each"] = t.counts.max(where=allowed & (t.gate == gate) & t["each"])
        columns[f"past_{gate}_other"] = t.counts.max(where=allowed & (t.gate == gate) & ~t["each"])
    return columns


def _decided(t: ir.Table) -> dict[str, Any]:
    """What counts for each outcome, after the two sides of a connection are put together."""
    import ibis

    def best(outcome: str, side: str) -> Any:
        name = f"{outcome}_{side}"
        return ibis.coalesce(t[f"{name}_each"], t[f"{name}_other"], 0)

    def total(outcome: str) -> Any:
        return ibis.greatest(best(outcome, "neither"), best(outcome, "egress") + best(outcome, "ingress"))

    def past(gate: int, kind: str) -> Any:
        return ibis.coalesce(t[f"past_{gate}_{kind}"], 0)

    def larger(outcome: str) -> Any:
        return ibis.greatest(*(best(outcome, side) for side in ("egress", "ingress", "neither")))

    at_ingress = best("denied", "ingress") + best("rejected", "ingress")
    anywhere = total("denied") + total("rejected")
    surely = ibis.greatest(past(2, "each"), past(1, "each") - at_ingress, 0)
    before = ibis.greatest(past(0, "each"), past(0, "other"))
    perhaps = ibis.greatest(past(2, "other"), past(1, "other") - at_ingress, before - anywhere, 0)
    by_connection = (
        t.past_1_each.notnull()
        | t.past_2_each.notnull()
        | t.audited_egress_each.notnull()
        | t.audited_ingress_each.notnull()
        | t.audited_neither_each.notnull()
    )
    allowed = ibis.ifelse(by_connection, surely, perhaps)
    audited, failed = larger("audited"), larger("failed")
    known = allowed + anywhere + audited + failed
    return {
        "n_allowed": allowed,
        "n_denied": total("denied"),
        "n_rejected": total("rejected"),
        "n_audited": audited,
        "n_failed": failed,
        "n_unknown": ibis.ifelse(known == 0, larger("unknown"), 0),
    }


def _hourly(by_hour: ir.Table) -> ir.Table:
    import ibis

    parts = []
    for outcome in OUTCOMES:
        counted = by_hour.filter(by_hour[f"n_{outcome}"] > 0)
        parts.append(
            counted.select(
                *PAIR,
                outcome=ibis.literal(outcome),
                hour=counted.hour,
                connections=counted[f"n_{outcome}"].cast("int64"),
                first=counted[f"f_{outcome}"],
                last=counted[f"l_{outcome}"],
                octets=counted[f"o_{outcome}"].cast("int64"),
                octets_back=counted[f"b_{outcome}"].cast("int64"),
            )
        )
    return ibis.union(*parts)


def _edges(hourly: ir.Table, seen: ir.Table) -> ir.Table:
    edges = hourly.group_by(*PAIR, "outcome").agg(
        connections=hourly.connections.sum().cast("int64"),
        first=hourly["first"].min(),
        last=hourly["last"].max(),
        octets=hourly.octets.sum().cast("int64"),
        octets_back=hourly.octets_back.sum().cast("int64"),
    )
    counted = seen.filter(~seen.dropped)
    sides = counted.group_by(*PAIR, "outcome").agg(
        egress=(counted.side == "egress").any(),
        ingress=(counted.side == "ingress").any(),
        guessed=counted.guessed.all(),
    )
    return edges.join(sides, [*PAIR, "outcome"])[tuple(MADE["edges"])]


def _edge_details(seen: ir.Table, details: ir.Table) -> ir.Table:
    import ibis

    counted = seen.filter(~seen.dropped).select("flow", *PAIR, "outcome").distinct()
    of_edges = counted.join(details.filter(details.kind != ANSWER), "flow")
    columns = (*PAIR, "outcome", "kind", "value")
    return ibis.union(of_edges.select(*columns).distinct(), _resets(seen, details).select(*columns))


def _resets(seen: ir.Table, details: ir.Table) -> ir.Table:
    """For each edge that packets came back from: the hours in which they only reset."""
    import ibis

    answers = details.filter(details.kind == ANSWER).select("flow", answer=details.value)
    told = seen.join(answers, "flow")
    pair = (*PAIR, "hour", "source_unit", "destination_unit")
    each = told.group_by(*pair, "answer", "node", "point").agg(
        number=told.records.sum(), first=told["first"].min(), last=told["last"].max()
    )
    units = each.group_by(*pair).agg(
        number=each.number.max(where=each.answer == RESET),
        first=each["first"].min(),
        last=each["last"].max(),
        accepted=(each.answer != RESET).any(),
    )
    units = units.filter(~units.accepted)
    hours = units.group_by(*PAIR, "hour").agg(
        number=units.number.sum(), first=units["first"].min(), last=units["last"].max()
    )
    parts = [hours[name].cast("string") for name in ("hour", "number", "first", "last")]
    value = ibis.literal("[") + parts[0] + "," + parts[1] + "," + parts[2] + "," + parts[3] + "]"
    found = hours.mutate(kind=ibis.literal(RESET), value=value)
    # The packets that come back may be of another outcome than those that went: nobody judges them.
    return ibis.union(*(found.mutate(outcome=ibis.literal(outcome)) for outcome in ("allowed", "unknown")))


def _sightings(seen: ir.Table) -> ir.Table:
    return seen.group_by(*PAIR, "hour", "format", "node").agg(
        first=seen["first"].min(),
        last=seen["last"].max(),
        records=seen.records.sum().cast("int64"),
        unmapped=seen.records.sum(where=seen.unmapped).fill_null(0).cast("int64"),
        replies_dropped=seen.records.sum(where=seen.dropped).fill_null(0).cast("int64"),
    )


@cache
def seen() -> ir.Table:
    """What there are records of, by hour, format and node."""
    sightings = table("sightings")
    return sightings.group_by("hour", "format", "node").agg(
        first=sightings["first"].min(),
        last=sightings["last"].max(),
        records=sightings.records.sum().cast("int64"),
        unmapped=sightings.unmapped.sum().cast("int64"),
        replies_dropped=sightings.replies_dropped.sum().cast("int64"),
    )
