"""Whatever lines say, readers raise nothing, and each line becomes a flow or a loss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.registry import by_name
from ringfence.model.flow import LossKind
from tests.flowlogs import samples
from tests.flowlogs.reading import read

LOGS = samples.LOGS | {"kube-network-policies": samples.LOGS["kube-network-policies"] + b"\n" + samples.KNP_TEXT}
NAMES = sorted(LOGS)
JSON = sorted({"aws-agent", "calico", "gke", "goldmane", "kube-network-policies", "loki", "netobserv"})

# Losses that count lines or records that were not read. Others speak of what the source lost.
READ = {LossKind.UNREADABLE, LossKind.FOREIGN, LossKind.TRUNCATED, LossKind.LOST_EVENTS, LossKind.NO_DATA}


def accounted(reduction: Reduction) -> int:
    losses = [loss for loss in reduction.losses if loss.kind in READ or loss.kind is LossKind.RATE_LIMITED]
    return reduction.flows_read + sum(loss.count or 0 for loss in losses)


def consistent(reduction: Reduction) -> None:
    tallies = [tally for hours in reduction.counted.values() for tally in hours.values()]
    assert sum(tally.records for tally in tallies) == reduction.flows_read
    assert all(0 < tally.first <= tally.last for tally in tallies)
    for flow in reduction.counted:
        assert flow.protocol
        assert flow.port is None or 0 <= flow.port < (256 if flow.protocol.startswith("ICMP") else 65536)
    assert all(loss.detail and (loss.count is None or loss.count > 0) for loss in reduction.losses)


@st.composite
def mutated(draw: st.DrawFn, log: bytes) -> bytes:
    """A line of a log with parts cut out, put in, and swapped."""
    line = draw(st.sampled_from(log.split(b"\n")))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(line)))
        end = draw(st.integers(start, min(len(line), start + 30)))
        junk = draw(st.binary(max_size=6) | st.sampled_from([b"", b"-", b'"', b"{", b"}", b"\xff", b"9" * 30, b"null"]))
        line = line[:start] + junk.replace(b"\n", b" ") + line[end:]
    return line


@pytest.mark.parametrize("name", NAMES)
def test_mutated_lines_become_flows_or_losses(name: str) -> None:
    @given(st.lists(mutated(LOGS[name]) | st.sampled_from(LOGS[name].split(b"\n")), min_size=1, max_size=6))
    def holds(lines: list[bytes]) -> None:
        by_name(name).recognises(lines)
        reduction = read(name, b"\n".join(lines))
        consistent(reduction)

    holds()


@pytest.mark.parametrize("name", NAMES)
def test_a_mutated_line_alone_is_never_dropped_in_silence(name: str) -> None:
    @given(mutated(LOGS[name]))
    def holds(line: bytes) -> None:
        if line.strip():
            assert accounted(read(name, line)) > 0 or _nothing_to_count(name, line)

    holds()


def _nothing_to_count(name: str, line: bytes) -> bool:
    """A header, an empty page, and a document with nothing in it hold no record."""
    if name == "aws-vpc":
        return b"srcaddr" in line
    if name in {"gke", "goldmane", "loki"}:
        try:
            value = json.loads(line)
        except ValueError:
            return False
        return value == [] or _empty(value)
    return False


def _empty(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    if "data" in value and isinstance(value["data"], dict):
        streams = value["data"].get("result")
        return isinstance(streams, list) and not any(
            isinstance(stream, dict) and isinstance(stream.get("values"), list) and stream["values"]
            for stream in streams
        )
    return value.get("items") == [] or value.get("entries") == []


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def retyped(draw: st.DrawFn, record: Any) -> Any:
    """A record with other values at some of its keys, at any depth."""
    if isinstance(record, dict):
        return {
            key: draw(values) if draw(st.integers(0, 12)) == 0 else draw(retyped(item)) for key, item in record.items()
        }
    if isinstance(record, list):
        return [draw(retyped(item)) for item in record]
    return draw(values) if draw(st.integers(0, 12)) == 0 else record


@pytest.mark.parametrize("name", JSON)
def test_values_of_other_types_become_flows_or_losses(name: str) -> None:
    records = [json.loads(line) for line in samples.LOGS[name].split(b"\n") if line.startswith((b"{", b"["))]

    @given(st.sampled_from(records).flatmap(retyped))
    def holds(record: Any) -> None:
        line = json.dumps(record).encode("utf-8", "surrogatepass")
        by_name(name).recognises([line])
        consistent(read(name, line))

    holds()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "line",
    [
        b"IN=" * 100_000,
        b"IN=a OUT=b " * 50_000,
        b"SRC=1 " + b"IN=a OUT=b " * 50_000,
        b"|1|acl_log(" * 50_000,
        b'I0712 09:53:52.2 1 a.go:1] "x" ' + b"a" * 500_000,
        b"2023/07/04 12:45:21.804416 " + b"Ingress Allow " * 30_000,
        b"Flow Info: Src IP: " * 20_000,
        b"Node: ;SIP: " * 50_000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\x00" * 100,
        b"{}",
        b"[]",
        b"null",
        b'"',
        b"\xff" * 50,
        b" " * 9,
    ],
)
def test_lines_of_no_sense(name: str, line: bytes) -> None:
    by_name(name).recognises([line])
    consistent(read(name, line))
