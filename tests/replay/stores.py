"""A store of flows as logs would have filled it, without the logs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.state import state_of
from ringfence.flows.store import StoredInput, opened
from ringfence.model.flow import HOUR, Flow, FlowEnd, Loss, Opening, Outcome, RecordedRule, Tally
from ringfence.model.objects import Snapshot
from tests.replay.worlds import START

SENT = 1_000


def seen(
    source: str,
    destination: str,
    port: int,
    outcome: Outcome = Outcome.ALLOWED,
    *,
    times: int = 1,
    hour: float = 0,
    protocol: str = "TCP",
    policies: tuple[RecordedRule, ...] = (),
    reason: str = "",
) -> tuple[Flow, Tally]:
    """A flow from one address to another, within one hour."""
    flow = Flow(
        FlowEnd(address=source),
        FlowEnd(address=destination),
        protocol,
        port,
        outcome,
        Opening.OPENS,
        per_connection=True,
        policies=policies,
        reason=reason,
        node="n1",
    )
    at = START + hour * HOUR
    return flow, Tally(at, at, times, times, SENT * times, 10 * SENT * times)


def store(path: Path, snapshot: Snapshot, flows: Iterable[tuple[Flow, Tally]], losses: Iterable[Loss] = ()) -> str:
    """A store with these flows, over the pods of a snapshot."""
    reduction = Reduction()
    for flow, tally in flows:
        reduction.add(flow, tally)
    for loss in losses:
        reduction.lose(loss)
    file = str(path / "flows.duckdb")
    with opened(file, write=True) as made:
        made.add_state(state_of(snapshot, START), "cluster.json")
        log = StoredInput(1, "flows.log", "hubble", "", "", 0, "", 0, 1, 1, reduction.first, reduction.last, START)
        made.add(reduction, log)
        made.derive()
    return file
