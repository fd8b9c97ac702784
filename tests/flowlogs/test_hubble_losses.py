"""What a log of Hubble lacks, and lines that are no flows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position
from tests.flowlogs.hubble_lines import DENIED, DNS_ANSWER, EXPORTED, LOST, UNAVAILABLE
from tests.flowlogs.reading import FILE, read

HERE = Position(FILE, 1)
SECOND = "2026-07-31T10:00:00Z"
SECONDS = 1785492000.0


@pytest.mark.parametrize(
    ("source", "count", "detail", "lost"),
    [
        ("PERF_EVENT_RING_BUFFER", "2914", "Hubble lost events: the kernel's ring buffer was full.", 2914),
        ("OBSERVER_EVENTS_QUEUE", 7, "Hubble lost events: Hubble's queue was full.", 7),
        ("HUBBLE_RING_BUFFER", "1",
         "Hubble lost events: Hubble's ring buffer was overwritten before it was read.", 1),
        (9, "many", "Hubble lost events: no reason is given.", None),
    ],
)  # fmt: skip
def test_lost_events(source: object, count: object, detail: str, lost: int | None) -> None:
    event = {"lost_events": {"source": source, "num_events_lost": count}, "node_name": "kind/w", "time": SECOND}
    found = read("hubble", json.dumps(event))
    assert found.losses == [Loss(LossKind.LOST_EVENTS, detail, lost, "w", HERE, SECONDS, SECONDS)]


@pytest.mark.parametrize(
    ("state", "word"), [("NODE_UNAVAILABLE", "unavailable"), ("NODE_GONE", "gone"), ("NODE_ERROR", "failing")]
)
def test_nodes_that_relay_lost(state: str, word: str) -> None:
    event = {"node_status": {"state_change": state, "node_names": ["kind/a", "kind/b"]}, "time": SECOND}
    detail = f"Hubble Relay found a node {word}, whose flows are missing."
    assert read("hubble", json.dumps(event)).losses == [
        Loss(LossKind.NODE_UNAVAILABLE, detail, None, node, HERE, SECONDS, SECONDS) for node in ("a", "b")
    ]


def test_a_node_that_is_connected_loses_nothing() -> None:
    event = {"node_status": {"state_change": "NODE_CONNECTED", "node_names": ["kind/a"]}}
    assert read("hubble", json.dumps(event)).losses == []


@pytest.mark.parametrize(
    ("line", "kind", "detail"),
    [
        (b"level=info msg=started", LossKind.UNREADABLE, "A line is no JSON object."),
        (EXPORTED[:-40], LossKind.UNREADABLE, "A line is no JSON object."),
        (b'{"flow":{"time":"2026-07-31T10:00:00Z","node_name":"\xff"}}', LossKind.UNREADABLE,
         "A line is no JSON object."),
        (b"[" * 10_000, LossKind.UNREADABLE, "A record has a field of another type than Hubble's."),
        (b'{"flow":{"verdict":"DROPPED","l4":{"TCP":{"source_port":"many"}}}}', LossKind.UNREADABLE,
         "A record has a field of another type than Hubble's."),
        (b'{"flow":{"time":"2026-07-31T10:00:00Z","verdict":"DROPPED","source":{"labels":7}}}', LossKind.UNREADABLE,
         "A record has a field of another type than Hubble's."),
        (b'{"flow":{"verdict":"DROPPED"}}', LossKind.UNREADABLE, "A flow has no time."),
        (b'{"flow":{"verdict":"DROPPED","time":"yesterday"}}', LossKind.UNREADABLE, "A flow has no time."),
        (b'{"flow":{"verdict":"DROPPED","time":"2026-07-31T10:00:00.12x4Z"}}', LossKind.UNREADABLE,
         "A flow has no time."),
        (b'{"flow":{"verdict":"DROPPED","time":"2026-07-99T10:00:00.124Z"}}', LossKind.UNREADABLE,
         "A flow has no time."),
        (b'{"agent_event":{"type":"AGENT_STARTED"},"time":"2026-07-31T10:00:00Z"}', LossKind.FOREIGN,
         "Events of the agent are no flows."),
        (b'{"debug_event":{"type":"DBG_GENERIC"}}', LossKind.FOREIGN, "Events of the agent are no flows."),
        (b'{"flow":{"time":"2026-07-31T10:00:00Z","event_type":{"type":3}}}', LossKind.FOREIGN,
         "Debug captures tell no verdict."),
        (b'{"level":"info"}', LossKind.FOREIGN, "JSON objects without a flow of Hubble."),
    ],
)  # fmt: skip
def test_lines_that_are_no_flows_are_counted(line: bytes, kind: LossKind, detail: str) -> None:
    found = read("hubble", line)
    assert found.losses == [Loss(kind, detail, 1, where=HERE)]
    assert found.counted == {}


LINES = [EXPORTED, DENIED, DNS_ANSWER, LOST, UNAVAILABLE]
SPOTS = st.tuples(st.sampled_from(LINES), st.integers(0, 900), st.integers(0, 40), st.binary(max_size=8))


def spoilt(spot: tuple[bytes, int, int, bytes]) -> bytes:
    line, at, length, instead = spot
    return (line[:at] + instead + line[at + length :]).replace(b"\n", b" ")


def accounted(found: Reduction) -> int:
    """Lines that became flows, losses of their own, or losses that count them."""
    events = [loss for loss in found.losses if loss.kind in (LossKind.LOST_EVENTS, LossKind.NODE_UNAVAILABLE)]
    lines = [loss for loss in found.losses if loss.kind in (LossKind.UNREADABLE, LossKind.FOREIGN)]
    return found.flows_read + len(events) + sum(loss.count or 0 for loss in lines)


@given(SPOTS.map(spoilt) | st.binary().map(lambda line: line.replace(b"\n", b"")))
def test_any_line_is_a_flow_or_a_loss(line: bytes) -> None:
    found = read("hubble", line)
    quiet = line.strip() == b"" or b"node_status" in line or b"aggregate" in line
    assert accounted(found) == 1 or quiet
    for hours in found.counted.values():
        assert all(tally.first <= tally.last for tally in hours.values())


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["time", "verdict", "l4", "IP", "source", "l7", "event_type", "is_reply", "drop_reason_desc"])


@given(st.sampled_from([EXPORTED, DENIED, DNS_ANSWER]), KEYS, JSON)
def test_any_value_of_any_field_gives_a_flow_or_a_loss(line: bytes, key: str, value: Any) -> None:
    record = json.loads(line)
    record["flow"][key] = value
    assert accounted(read("hubble", json.dumps(record))) == 1
