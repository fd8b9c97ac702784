"""The tables of a store: what was read, and what is worked out of it."""

from __future__ import annotations

from typing import Any

VERSION = 3
"""Raised when a store of another version could be read wrongly."""

_INT = "int64"
_TEXT = "string"
_TIME = "float64"

READ: dict[str, dict[str, str]] = {
    "inputs": {
        "input": _INT,
        "name": _TEXT,
        "format": _TEXT,
        "cluster": _TEXT,
        "head": _TEXT,
        "head_size": _INT,
        "digest": _TEXT,
        "size": _INT,
        "lines": _INT,
        "records": _INT,
        "first": _TIME,
        "last": _TIME,
        "ingested": _TIME,
    },
    "flows": {"flow": _INT, "cluster": _TEXT, "format": _TEXT, "node": _TEXT, "body": _TEXT},
    "tallies": {
        "flow": _INT,
        "hour": _INT,
        "input": _INT,
        "first": _TIME,
        "last": _TIME,
        "records": _INT,
        "connections": _INT,
        "octets": _INT,
        "octets_back": _INT,
    },
    "losses": {"input": _INT, "body": _TEXT},
    "answers": {"input": _INT, "cluster": _TEXT, "last": _TIME, "body": _TEXT},
    "states": {"cluster": _TEXT, "time": _TIME, "digest": _TEXT, "name": _TEXT, "body": _TEXT},
    "touched": {"flow": _INT},
}
"""What logs and inventories said. An input has a row each time that it was read further: the last one counts.

``touched`` are the flows that were counted since the edges were worked out.
"""

MADE: dict[str, dict[str, str]] = {
    "leans": {
        "flow": _INT,
        "source": _INT,
        "destination": _INT,
        "writer": _INT,
        "opening": _TEXT,
        "source_served": _INT,
        "destination_served": _INT,
    },
    "ends": {
        "end": _INT,
        "kind": _TEXT,
        "cluster": _TEXT,
        "first": _TIME,
        "last": _TIME,
        "digest": _INT,
        "body": _TEXT,
    },
    "said": {"said": _INT, "body": _TEXT},
    "parties": {
        "party": _INT,
        "kind": _TEXT,
        "cluster": _TEXT,
        "namespace": _TEXT,
        "workload": _TEXT,
        "body": _TEXT,
    },
    "mapped": {
        "flow": _INT,
        "since": _TIME,
        "until": _TIME,
        "source": _INT,
        "destination": _INT,
        "source_said": _INT,
        "destination_said": _INT,
        "source_unit": _INT,
        "destination_unit": _INT,
        "protocol": _TEXT,
        "port": _INT,
        "outcome": _TEXT,
        "side": _TEXT,
        "gate": _INT,
        "point": _TEXT,
        "node": _TEXT,
        "format": _TEXT,
        "each": "boolean",
        "reply": "boolean",
        "guessed": "boolean",
        "even": "boolean",
        "unmapped": "boolean",
    },
    "details": {"flow": _INT, "kind": _TEXT, "value": _TEXT},
    "hourly": {
        "source": _INT,
        "destination": _INT,
        "protocol": _TEXT,
        "port": _INT,
        "outcome": _TEXT,
        "hour": _INT,
        "connections": _INT,
        "first": _TIME,
        "last": _TIME,
        "octets": _INT,
        "octets_back": _INT,
    },
    "edges": {
        "source": _INT,
        "destination": _INT,
        "protocol": _TEXT,
        "port": _INT,
        "outcome": _TEXT,
        "connections": _INT,
        "first": _TIME,
        "last": _TIME,
        "octets": _INT,
        "octets_back": _INT,
        "egress": "boolean",
        "ingress": "boolean",
        "guessed": "boolean",
    },
    "edge_details": {
        "source": _INT,
        "destination": _INT,
        "protocol": _TEXT,
        "port": _INT,
        "outcome": _TEXT,
        "kind": _TEXT,
        "value": _TEXT,
    },
    "sightings": {
        "source": _INT,
        "destination": _INT,
        "protocol": _TEXT,
        "port": _INT,
        "hour": _INT,
        "format": _TEXT,
        "node": _TEXT,
        "first": _TIME,
        "last": _TIME,
        "records": _INT,
        "unmapped": _INT,
        "replies_dropped": _INT,
    },
    "seen": {
        "hour": _INT,
        "format": _TEXT,
        "node": _TEXT,
        "first": _TIME,
        "last": _TIME,
        "records": _INT,
        "unmapped": _INT,
        "replies_dropped": _INT,
    },
}
"""What is worked out of them; see :mod:`ringfence.flows.deriving`. ``port`` is :data:`NO_PORT` where there is none.

``leans`` says of each flow what its rows in ``mapped`` rest on: two of the ``ends``, who wrote it, and the ports of
which it tells, or asks, whether they are served. The ``digest`` of an end is of all that is known of it. A party is
numbered by what makes it one; its body is put together from what the rows that lead to it ``said``.
"""

NO_PORT = -1

ANSWER = "answer"
"""The kind of a detail of flows: what their packets, which go back, say to the client. It is none of edges."""

PODS = ("source_pod", "destination_pod")
"""The kinds of details of what was denied: which pods of either end. What passes has too many to keep."""

RESET = "reset"
"""The kind of a detail of edges: hour, number, first and last time of resets, in JSON."""

TABLES = READ | MADE

Columns = dict[str, list[Any]]
"""Rows of a table, by column."""


def empty(table: str) -> Columns:
    """The columns of a table, without rows."""
    return {column: [] for column in TABLES[table]}
