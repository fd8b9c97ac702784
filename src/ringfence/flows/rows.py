"""From what a log said to rows of the tables of a store, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.numbers import number_of
from ringfence.flows.state import State
from ringfence.flows.tables import TABLES, Columns, empty
from ringfence.model.flow import HOUR, Flow, Loss, NameAnswer
from ringfence.model.origin import Position

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[Any, ...]
"""The values of one row, in the order of its table's columns."""

_encoder = msgspec.json.Encoder()
_flow = msgspec.json.Decoder(Flow)
_loss = msgspec.json.Decoder(Loss)
_answer = msgspec.json.Decoder(NameAnswer)
_state = msgspec.json.Decoder(State)


def arrow(table: str, columns: Mapping[str, Any]) -> pa.Table:
    """Columns as rows of a table."""
    import pyarrow as pa

    types = {"int64": pa.int64(), "float64": pa.float64(), "string": pa.string(), "boolean": pa.bool_()}
    return pa.table({name: pa.array(columns[name], types[kind]) for name, kind in TABLES[table].items()})


def columns_of(table: str, listed: Sequence[Row]) -> Columns:
    """Rows of a table, by column. To append a value to each of many columns, row by row, takes three times as long."""
    if not listed:
        return empty(table)
    return dict(zip(TABLES[table], map(list, zip(*listed, strict=True)), strict=True))


def of_reduction(reduction: Reduction, number: int, cluster: str, log_format: str) -> dict[str, pa.Table]:
    """The rows of what a log, or a part of it, came to; ``number`` is the input's."""
    flows, tallies = empty("flows"), empty("tallies")
    prefix = f"{cluster}\n{log_format}\n"
    for flow, hours in reduction.counted.items():
        body = _encoder.encode(flow).decode()
        key = number_of(prefix + body)
        for column, value in zip(flows.values(), (key, cluster, log_format, flow.node, body), strict=True):
            column.append(value)
        for hour, tally in hours.items():
            row = (
                key,
                hour,
                number,
                tally.first,
                tally.last,
                tally.records,
                tally.connections,
                tally.octets,
                tally.octets_back,
            )
            for column, value in zip(tallies.values(), row, strict=True):
                column.append(value)
    return {
        "flows": arrow("flows", flows),
        "tallies": arrow("tallies", tallies),
        "losses": loss_rows(reduction.losses, number),
        "answers": answer_rows(reduction.answers.values(), number, cluster),
    }


def loss_rows(losses: Collection[Loss], number: int) -> pa.Table:
    """The rows of losses of an input."""
    bodies = [_encoder.encode(loss).decode() for loss in losses]
    return arrow("losses", {"input": [number] * len(losses), "body": bodies})


def answer_rows(answers: Collection[NameAnswer], number: int, cluster: str) -> pa.Table:
    """The rows of DNS answers of an input."""
    columns = {
        "input": [number] * len(answers),
        "cluster": [cluster] * len(answers),
        "last": [answer.time for answer in answers],
        "body": [_encoder.encode(answer).decode() for answer in answers],
    }
    return arrow("answers", columns)


def state_body(state: State) -> str:
    """A state as text."""
    return _encoder.encode(state).decode()


def digest_of(body: str) -> str:
    """The digest by which a state is recognised."""
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def with_cluster(body: str, cluster: str) -> str:
    """The text of a state, with the name of its cluster where it has none."""
    state = state_of_body(body)
    return body if state.cluster else state_body(replace(state, cluster=cluster))


def mask(keep: Iterable[bool]) -> pa.Array:
    """Which rows of a table to keep."""
    import pyarrow as pa

    return pa.array(list(keep), pa.bool_())


def flow_of(body: str) -> Flow:
    """A flow from its text."""
    return _flow.decode(body)


def losses_of(bodies: Iterable[str]) -> list[Loss]:
    """Losses from their texts, in any order; those of one kind, sentence and node become one, at their first place."""
    together = Reduction()
    for loss in sorted(map(_loss.decode, bodies), key=_of_loss):
        together.lose(loss)
    return together.losses


def losses_by_hour(bodies: Iterable[str]) -> list[Loss]:
    """As :func:`losses_of`, but apart for each hour that one ends in, so that what is old can be taken out."""
    hours: dict[float | None, list[str]] = {}
    for body in bodies:
        last = _loss.decode(body).last
        hours.setdefault(None if last is None else last // HOUR, []).append(body)
    return [loss for some in hours.values() for loss in losses_of(some)]


def answers_of(bodies: Iterable[str]) -> list[NameAnswer]:
    """DNS answers from their texts; equal ones to the same pod become one."""
    together = Reduction()
    for body in bodies:
        together.answer(_answer.decode(body))
    return list(together.answers.values())


def answer_of(body: str) -> NameAnswer:
    """A DNS answer from its text."""
    return _answer.decode(body)


def state_of_body(body: str) -> State:
    """A state from its text."""
    return _state.decode(body)


def _of_loss(loss: Loss) -> tuple[str, str, str, str, int, int]:
    where = loss.where or Position("")
    return loss.kind.value, loss.detail, loss.node, where.file, where.line, where.column
