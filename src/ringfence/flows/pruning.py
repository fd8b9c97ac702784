"""Takes what is old out of a store."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.flows import rows
from ringfence.flows.deriving import ALL, stale
from ringfence.flows.storage import Storage
from ringfence.model.flow import HOUR


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many hours and records were taken out, and how many records are left."""

    hours: int
    records: int
    left: int


def prune(storage: Storage, before: float) -> Pruned:
    """Takes out all hours that end at ``before`` (seconds since 1970, UTC) or earlier, and what belongs to them only.

    Which logs have been read is kept, so none is counted again. Of the inventories, the last of each cluster before
    that time stays: it is what the remaining flows are mapped by.
    """
    tallies = storage.table("tallies")
    old = (tallies.hour + 1) * HOUR <= before
    sums = storage.fetch(
        tallies.agg(
            hours=tallies.hour.nunique(where=old),
            records=tallies.records.sum(where=old),
            left=tallies.records.sum(where=~old),
        )
    ).to_pylist()[0]
    if not sums["hours"]:
        return Pruned(0, 0, int(sums["left"] or 0))
    with storage.changing():
        kept = storage.keep("tallies", tallies.filter(~old))
        storage.replace("tallies", kept)
        flows = storage.table("flows")
        storage.replace("flows", storage.keep("flows", flows.filter(flows.flow.isin(kept.flow))))
        answers = storage.table("answers")
        storage.replace("answers", storage.keep("answers", answers.filter(answers["last"] >= before)))
        states = storage.fetch(storage.table("states"))
        storage.replace("states", states.filter(_needed(states.to_pydict(), before)))
        losses = storage.fetch(storage.table("losses"))
        recent = [_is_recent(body, before) for body in losses.column("body").to_pylist()]
        storage.replace("losses", losses.filter(rows.mask(recent)))
        stale(storage, ALL)
    return Pruned(int(sums["hours"]), int(sums["records"] or 0), int(sums["left"] or 0))


def _needed(states: dict[str, list[object]], before: float) -> object:
    last: dict[object, float] = {}
    times = [float(str(time)) for time in states["time"]]
    for cluster, time in zip(states["cluster"], times, strict=True):
        if time < before:
            last[cluster] = max(time, last.get(cluster, time))
    return rows.mask(
        [time >= before or time == last[cluster] for cluster, time in zip(states["cluster"], times, strict=True)]
    )


def _is_recent(body: str, before: float) -> bool:
    (loss,) = rows.losses_of([body])
    return loss.last is None or loss.last >= before
