"""Which flows, ends and pairs something new touches: expressions for Ibis, each made once since compiling takes long.

Names that a function reads beside tables of the store are of results that are kept: see :data:`KEPT`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, reduce
from typing import TYPE_CHECKING

from ringfence.flows.compiling import named, table
from ringfence.flows.merging import PAIR, PAIRS
from ringfence.model.flow import Opening

if TYPE_CHECKING:
    import ibis.expr.types as ir

_NUMBER = "int64"

KEPT: dict[str, dict[str, str]] = {
    "touched": {"flow": _NUMBER},
    "fresh": {"flow": _NUMBER},
    "served": {"port": _NUMBER, "opened": "boolean", "used": _NUMBER},
    "asked": {"port": _NUMBER, "opened": "boolean", "used": "boolean"},
    "changed": {"end": _NUMBER},
    "affected": {"flow": _NUMBER},
    "before": PAIRS,
    "pairs": PAIRS,
    "parties": {"party": _NUMBER},
}
"""``touched`` flows were counted since, ``fresh`` ones are new, ``affected`` ones must be mapped again. ``served`` is
what was known of ports before, ``asked`` those of which more is known; ``changed`` are ends."""


def kept(name: str) -> ir.Table:
    """A result that is kept."""
    return named(name, KEPT[name])


@cache
def touched() -> ir.Table:
    """Flows that were counted since."""
    return table("touched").distinct()


@cache
def every() -> ir.Table:
    """All flows that were seen."""
    return table("tallies").select("flow").distinct()


@cache
def fresh() -> ir.Table:
    """Of the flows that were counted since, those that are new."""
    return kept("touched").anti_join(table("leans"), "flow")


@cache
def served(*, of: str = "") -> ir.Table:
    """Which ports flows tell that they are served, or ask, and how many do: of all flows, or of those that are kept."""
    leans = table("leans")
    if of:
        leans = leans.semi_join(kept(of), "flow")
    opens, answers = (leans.filter(leans.opening == each.value) for each in (Opening.OPENS, Opening.REPLY))
    unknown = leans.filter(leans.opening == Opening.UNKNOWN.value)
    ports = _union(
        rows.filter(rows[name].notnull()).select(port=rows[name]).mutate(opens=is_open)
        for rows, name, is_open in (
            (opens, "destination_served", True),
            (answers, "source_served", True),
            (unknown, "source_served", False),
            (unknown, "destination_served", False),
        )
    )
    return ports.group_by("port").agg(opened=ports.opens.any(), used=(~ports.opens).sum().cast(_NUMBER))


@cache
def asked() -> ir.Table:
    """The ports of which flows that are new tell more than was known."""
    new = served(of="fresh")
    before = kept("served").rename(was_port="port", was_opened="opened", was_used="used")
    both = new.left_join(before, new.port == before.was_port)
    opened = both.opened & ~both.was_opened.fill_null(False)
    told = both.select("port", opened=opened, used=both.used > 0)
    return told.filter(told.opened | told.used)


@cache
def times() -> ir.Table:
    """From when to when the ends of flows are seen that were counted since."""
    leans = table("leans").semi_join(kept("touched"), "flow")
    tallies = table("tallies").semi_join(kept("touched"), "flow")
    counted = tallies.group_by("flow").agg(first=tallies["first"].min(), last=tallies["last"].max())
    both = leans.join(counted, "flow")
    ends = _union(both.select("first", "last", end=both[name]) for name in ("source", "destination"))
    return ends.group_by("end").agg(first=ends["first"].min(), last=ends["last"].max())


@cache
def affected() -> ir.Table:
    """The flows that are to be mapped again."""
    leans, changed, ports, mapped = table("leans"), kept("changed"), kept("asked"), table("mapped")
    ends = ("source", "destination", "writer")
    parts = [kept("touched"), *(leans.semi_join(changed, leans[end] == changed.end).select("flow") for end in ends)]
    unknown = leans.filter(leans.opening == Opening.UNKNOWN.value)
    even = unknown.semi_join(mapped.filter(mapped.even), "flow")
    opened, used = ports.filter(ports.opened), ports.filter(ports.used)
    for end in ("source_served", "destination_served"):
        parts.append(unknown.semi_join(opened, unknown[end] == opened.port).select("flow"))
        parts.append(even.semi_join(used, even[end] == used.port).select("flow"))
    return _union(parts).distinct()


@cache
def ports() -> ir.Table:
    """What is known of the ports that affected flows ask for."""
    leans = table("leans")
    unknown = leans.filter(leans.opening == Opening.UNKNOWN.value).semi_join(kept("affected"), "flow")
    asking = _union(unknown.select(port=unknown[end]) for end in ("source_served", "destination_served"))
    return served().semi_join(asking, "port")


@cache
def flows(of: str, part: int, parts: int) -> ir.Table:
    """A part of the flows that are kept as ``of``, whole, with the times at which they were first and last seen."""
    some, counted = (table(name).semi_join(kept(of), "flow") for name in ("flows", "tallies"))
    if parts > 1:
        some, counted = (each.filter(each.flow % parts == part) for each in (some, counted))
    bounds = counted.group_by("flow").agg(first=counted["first"].min(), last=counted["last"].max())
    return some.join(bounds, "flow")


@cache
def led() -> ir.Table:
    """The pairs that affected flows lead to."""
    return table("mapped").semi_join(kept("affected"), "flow").select(*PAIR).distinct()


@cache
def pairs() -> ir.Table:
    """The pairs that affected flows lead to, and those that they led to before."""
    return _union((kept("before"), led())).distinct()


@cache
def parties() -> ir.Table:
    """The parties of the pairs."""
    rows = kept("pairs")
    return _union(rows.select(party=rows[end]) for end in ("source", "destination")).distinct()


@cache
def said() -> ir.Table:
    """What is said of these parties."""
    mapped = table("mapped")
    numbers = _union(
        mapped.semi_join(kept("parties"), mapped[end] == kept("parties").party).select(said=mapped[f"{end}_said"])
        for end in ("source", "destination")
    )
    return table("said").semi_join(numbers, "said").select("body")


@cache
def number(of: str) -> ir.Table:
    """How many rows are kept."""
    return kept(of).agg(number=kept(of).count())


@cache
def mapped_to_pairs() -> ir.Table:
    """How many rows lead to the pairs."""
    rows = table("mapped").semi_join(kept("pairs"), PAIR)
    return rows.agg(number=rows.count())


def _union(tables: Iterable[ir.Table]) -> ir.Table:
    return reduce(lambda one, other: one.union(other), tables)
