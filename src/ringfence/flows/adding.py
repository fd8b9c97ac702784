"""Adds what a log, or its next part, came to, and puts it together with what its input has already.

A log that is followed is stored every few seconds. Its rows are nevertheless those of the log read at once: one for
each flow and hour, each name with its addresses, and each kind of loss and hour. So a store follows what was seen, and
not how often it was written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows import rows
from ringfence.flows.storage import Storage
from ringfence.flows.stored import StoredInput
from ringfence.flows.tables import READ

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

_COUNTED = ("input", "flow", "hour")


def add(storage: Storage, reduction: Reduction, log: StoredInput, notes: Mapping[str, str]) -> None:
    """Adds a reduction, how far its log has now been read, and notes, within a transaction."""
    tables = rows.of_reduction(reduction, log.number, log.cluster, log.format)
    columns = {name: [getattr(log, name)] for name in StoredInput.__dataclass_fields__ if name != "number"}
    row = rows.arrow("inputs", {"input": [log.number], **columns})
    number = storage.keep("input", row.select(["input"]))
    known = storage.fetch(storage.table("inputs").semi_join(number, "input").select("input"))
    came = storage.keep("came", tables.pop("flows"))
    new = came.anti_join(storage.table("flows"), "flow")
    storage.append("touched", came.select("flow").anti_join(storage.table("touched"), "flow"))
    if known.num_rows:
        storage.add_up("flows", storage.keep("new", new), ("flow",), _as_they_are)
        storage.add_up("tallies", storage.keep("counted", tables.pop("tallies")), _COUNTED, _added_up)
        _take_together(storage, tables, log, number)
        storage.remove("inputs", number)
    else:
        storage.append("flows", new)
    for name, table in tables.items():
        storage.append(name, table)
    storage.append("inputs", row)
    for key, value in notes.items():
        storage.set_note(key, value)


def _as_they_are(flows: ir.Table) -> ir.Table:
    return flows


@cache
def _added_up(tallies: ir.Table) -> ir.Table:
    """As :meth:`ringfence.model.flow.Tally.add`."""
    sums = {name: tallies[name].sum().cast("int64") for name in ("records", "connections", "octets", "octets_back")}
    counted = tallies.group_by(*_COUNTED).agg(first=tallies["first"].min(), last=tallies["last"].max(), **sums)
    return counted.select(*READ["tallies"])


def _take_together(storage: Storage, tables: dict[str, pa.Table], log: StoredInput, number: ir.Table) -> None:
    """Has ``tables`` put losses and answers together with those of their log, which it takes out of the store.

    They are few beside tallies, and text, so this is done row by row.
    """
    for name in ("losses", "answers"):
        if not tables[name].num_rows:
            continue
        had = storage.fetch(storage.table(name).semi_join(number, "input").select("input", "body"))
        before = had.column("body").to_pylist()
        bodies = before + tables[name].column("body").to_pylist()
        if name == "losses":
            after = rows.loss_rows(rows.losses_by_hour(bodies), log.number)
        else:
            after = rows.answer_rows(rows.answers_of(bodies), log.number, log.cluster)
        found = after.column("body").to_pylist()
        stay = set(before) & set(found)
        storage.remove(name, storage.keep("gone", had.filter(rows.mask(body not in stay for body in before))))
        tables[name] = after.filter(rows.mask(body not in stay for body in found))
