"""Which of many calls that passed policies may deny: those that they surely allow are told in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.explain.recorded import Basis
from ringfence.explain.recorded_verdict import RecordedJudge
from ringfence.flows.selection import CALL
from ringfence.model.ports import MAX_PORT, MIN_PORT, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


def not_surely_allowed(calls: pa.Table, judge: RecordedJudge) -> pa.Table:
    """The calls (in the columns of :data:`CALL`) of which the policies don't let every pair of replicas pass.

    It may keep some that are allowed, which the judge tells of one call at a time.
    """
    import numpy as np

    from ringfence.engine.columns import Calls, Shape, judge as judged

    engine, ends = judge.engine, judge.ends.ends
    shapes = [
        [Shape(atom) for atom in sorted({engine.atom(each) for each in end.end.endpoints})] for end in ends
    ]  # fmt: skip
    known = np.array([end.basis not in (Basis.SERVICE, Basis.NOTHING) for end in ends], dtype=np.bool_)
    source, destination, port = (calls.column(name).to_numpy() for name in (CALL[0], CALL[1], CALL[3]))
    names = calls.column(CALL[2]).combine_chunks().dictionary_encode()
    numbers = [int(Protocol[name]) if name in Protocol.__members__ else -1 for name in names.dictionary.to_pylist()]
    protocol = np.array([*numbers, -1], dtype=np.int64)[names.indices.to_numpy(zero_copy_only=False)]
    asked = known[source] & known[destination] & (protocol >= 0) & (port >= MIN_PORT) & (port <= MAX_PORT)
    found = judged(engine, shapes, Calls(source[asked], destination[asked], protocol[asked], port[asked]))
    allowed = np.zeros(len(calls), dtype=np.bool_)
    allowed[asked] = found.pairs == found.allowed
    return calls.filter(~allowed)
