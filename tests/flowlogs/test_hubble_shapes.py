"""Lines that are counted by their shape come to the same as lines that are read one by one."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings, strategies as st

from bench import hubble_lines
from ringfence.flowlogs import hubble_shapes
from ringfence.flowlogs.hubble import HubbleReader
from ringfence.flowlogs.hubble_ends import Ends
from ringfence.flowlogs.hubble_shapes import Shapes
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Opening, TcpAnswer
from tests.flowlogs.hubble_lines import DENIED, DNS_ANSWER, EXPORTED, LOST
from tests.flowlogs.test_hubble_known import FILE, joined, one_by_one, same, together

MADE = [line.rstrip("\n").encode() for line in hubble_lines.make(200, seed=5)]
PLAIN = [line for line in MADE if b'"l7"' not in line][:120]
FORWARD = next(line for line in PLAIN if b'"is_reply":false' in line)
REPLY = next(line for line in PLAIN if b'"is_reply":true' in line)
ABOVE = next(line for line in MADE if b'"l7"' in line)
SAMPLES = [ABOVE, DNS_ANSWER, *PLAIN[:6], REPLY, next(line for line in PLAIN if b"DROPPED" in line), EXPORTED, DENIED]

PLACES = (
    b'"latency_ns":"',
    b'"l7":{',
    b'"time":"',
    b'"uuid":"',
    b'"source_port":',
    b'"destination_port":',
    b'"destination":{',
    b'"Type":"',
    b"}",
)
FRAGMENTS = (
    b"", b"0", b"9", b"00", b"-", b".", b".5", b"e3", b"Z", b"+01:00", b" ", b"\t", b"\r", b'"', b"\\", b"\\u0022",
    b'\\"', b",", b":", b"{", b"}", b"[", b"]", b"NaN", b"null", b"true", b"\xff", "é".encode(), b"\x00",
    b'"source_port":1,', b'"destination_port":2,', b'"source_port":1,"destination_port":2,', b'"time":"",',
    b'"time":"2026-07-20T00:00:00.5Z",', b'"uuid":"","', b'"is_reply":true,', b'"is_reply":false,', b'"l7":{},',
    b'"verdict":"DROPPED",', b'x","source_port":1,"destination_port":2,"y":"', b'"destination":{', b'"Type":"',
    b'"l4":{"TCP":{"source_port":1,"destination_port":2}},', b'},"flow":{', b'"lost_events":{},', b'"reply":true,',
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A line with other bytes in it, mostly about the places that are cut out."""
    line = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(0, 3))):
        places = [match.end() for place in PLACES for match in re.finditer(re.escape(place), line)]
        near = draw(st.sampled_from(places)) + draw(st.integers(-18, 40)) if draw(st.booleans()) and places else None
        at = min(max(near if near is not None else draw(st.integers(0, len(line))), 0), len(line))
        gone = draw(st.integers(0, 3))
        line = line[:at] + draw(st.sampled_from(FRAGMENTS)) + line[at + gone :]
    return line.replace(b"\n", b"")


@settings(max_examples=300)
@given(st.lists(mutated(), max_size=12), st.integers(1, 20))
def test_lines_with_other_bytes_are_what_they_are_one_by_one(lines: list[bytes], block: int) -> None:
    mixed = [line for pair in zip(lines, SAMPLES * 2, strict=False) for line in pair]
    same(together([*SAMPLES, *mixed, *lines], block)[0], one_by_one([*SAMPLES, *mixed, *lines]))


@st.composite
def alike(draw: st.DrawFn) -> bytes:
    """A line at another time, with another identifier and other ports."""
    line = draw(st.sampled_from([*PLAIN[:8], REPLY, ABOVE]))
    clock = f"2026-07-{draw(st.integers(19, 33)):02d}T{draw(st.integers(0, 25)):02d}:{draw(st.integers(0, 61)):02d}:"
    digits = draw(st.text(alphabet="0123456789", max_size=10))
    time = f"{clock}{draw(st.integers(0, 61)):02d}{'.' if digits else ''}{digits}Z".encode()
    line = re.sub(rb'"time":"[^"]*"', b'"time":"' + time + b'"', line)
    uuid = draw(st.text(alphabet="0123456789abcdef-", min_size=35, max_size=37)).encode()
    line = re.sub(rb'"uuid":"[^"]*"', b'"uuid":"' + uuid + b'"', line)
    for side in (b"source", b"destination"):
        if draw(st.booleans()):
            port = b"%d" % draw(
                st.sampled_from([0, 1, 80, 443, 9999, 32767, 32768, 60999, 65535, 65536, 99999, 100000])
            )
            line = re.sub(rb'"%b_port":\d+' % side, b'"%b_port":%b' % (side, port), line)
    return line


@given(st.lists(alike(), max_size=30), st.integers(1, 20))
def test_lines_alike_are_what_they_are_one_by_one(lines: list[bytes], block: int) -> None:
    same(together(lines * 2, block)[0], one_by_one(lines * 2))


def count(lines: list[bytes], shapes: Shapes | None = None) -> tuple[Reduction, list[int], Shapes]:
    shapes, into = shapes or Shapes(Ends()), Reduction()
    after, numbers, others = shapes.count(joined(lines), 1, into)
    shapes.settle()
    assert after == len(lines) + 1
    assert others == [lines[number - 1] for number in numbers]
    return into, numbers, shapes


def test_a_line_of_a_known_shape_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    found, others, shapes = count(MADE)
    assert others == []
    monkeypatch.setattr(hubble_shapes, "decode_line", None)
    again, others, _ = count(MADE, shapes)
    assert others == []
    same(found, again)
    same(found, one_by_one(MADE))


@pytest.mark.parametrize(
    "line",
    [
        LOST,
        b"",
        b"junk",
        re.sub(rb',"is_reply":(true|false)', b"", FORWARD).replace(b'"SYN":true', b'"ACK":true'),  # whose port is it?
        FORWARD.replace(b'"uuid"', b'"time":"2026-07-20T00:00:01Z","uuid"'),
        FORWARD.replace(b'"l4":', b'"l4":{"TCP":{"source_port":1,"destination_port":2}},"l4":'),
        FORWARD.replace(b'"l4":', b'"l\\u0034":'),
        FORWARD.replace(b'Z"}', b'Z","x":1}'),
        FORWARD.replace(b'"Type":', b'"l\\u0037":{},"Type":'),
        FORWARD.replace(b'"Type":', b'"latency_ns":"5","Type":'),
        FORWARD.replace(b'"flow":{', b'"flow":{"l7":{"type":"SAMPLE"},'),
        FORWARD.replace(b'"source_port":', b'"source_port":0'),
        FORWARD[:-10] + b"x" + FORWARD[-9:],  # both times differ
        json.dumps(json.loads(FORWARD)["flow"], separators=(",", ":")).encode(),
    ],
)
def test_lines_of_another_form_are_left_to_the_caller(line: bytes) -> None:
    assert count([FORWARD, line])[1] == [2]


def with_more_behind(line: bytes) -> bytes:
    """A line that goes on behind what its shape ends with, up to the same last bytes, with another flow."""
    end = line.rindex(b'"time":"') + len(b'"time":"')
    last = line[end - 150 : end]
    for begin in (b'","flow":{"verdict":"DROPPED","x', b'","flow":{"verdict":"DROPPED","x":"'):
        for cut in range(50):
            longer = line[:end] + begin + last[cut:] + line[end:]
            try:
                json.loads(longer)
            except ValueError:
                continue
            return longer
    raise AssertionError("no such line")


@pytest.mark.parametrize(
    "line",
    [
        FORWARD[:-1] + b"]",
        FORWARD[:-10] + b'"' + FORWARD[-9:],
        FORWARD[:-10] + b"\\" + FORWARD[-9:],
        re.sub(rb'"source_port":\d+', b'"source_port":01', FORWARD),
        re.sub(rb'"destination_port":\d+', b'"destination_port":01', FORWARD),
        re.sub(rb'("destination":\{.*?"pod_name":"[^"]*)[^"]"', rb'\1Z"', FORWARD),
        re.sub(rb'("source":\{.*?"pod_name":"[^"]*)[^"]"', rb'\1Z"', FORWARD),
        re.sub(rb'"traffic_direction":"EGRESS"', b'"traffic_direction":"EGRESX"', FORWARD),
        with_more_behind(FORWARD),
        with_more_behind(REPLY),
    ],
)
def test_lines_that_nearly_have_a_known_shape(line: bytes) -> None:
    lines = [FORWARD, REPLY, line, FORWARD, line]
    same(together(lines, 2)[0], one_by_one(lines))


def test_a_port_within_a_text_is_no_port() -> None:
    text = b'"Summary":"\\"source_port\\":1,\\"destination_port\\":2"'
    line = re.sub(rb'"Summary":"[^"]*"', lambda _: text, FORWARD)
    other = line.replace(b'\\":1', b'\\":7')
    found, others, _ = count([line, other, line])
    assert others == []
    same(found, one_by_one([line, other, line]))


@pytest.mark.parametrize("separators", [(", ", ":"), (", ", ": ")])
def test_spaces_behind_commas_and_colons_are_known(separators: tuple[str, str]) -> None:
    lines = [json.dumps(json.loads(line), separators=separators).encode() for line in PLAIN]
    found, others, _ = count([b"", *lines])
    assert others == [1]
    same(found, one_by_one(PLAIN))


def test_lines_without_an_identifier_are_another_shape() -> None:
    lines = [re.sub(rb',"uuid":"[^"]*"', b"", line) for line in PLAIN]
    found, others, _ = count([*PLAIN, *lines])
    assert others == []
    same(found, one_by_one([*PLAIN, *lines]))


def test_shapes_that_differ_between_both_ends_are_told_apart() -> None:
    lines = [FORWARD.replace(b'"ID":', b'"ID":%d' % number) for number in range(1, 60)]
    named = [
        line.replace(b"k8s:app.kubernetes.io/part-of=shop", b"k8s:part=%d" % number)
        for number, line in enumerate(lines)
    ]
    found, others, _ = count(named * 2)
    assert 0 < len(others) < 2 * len(named)  # so many are compared one after the other, and no more
    same(together(named * 2)[0], one_by_one(named * 2))
    assert len(found.counted) + len(others) // 2 == len(named)


def test_ports_of_one_shape_are_counted_apart() -> None:
    lines = [re.sub(rb'"destination_port":\d+', b'"destination_port":%d' % port, FORWARD) for port in range(1, 30)]
    found, others, _ = count(lines * 2)
    assert others == []
    assert sorted(flow.port or 0 for flow in found.counted) == list(range(1, 30))


def test_packets_are_told_apart_by_their_flags() -> None:
    trace = next(line for line in PLAIN if b'"is_reply":true' in line)
    lines = [
        trace.replace(b'"ACK":true', b'"SYN":true,"ACK":true'),
        trace,
        trace,
        trace.replace(b'"ACK":true', b'"RST":true,"ACK":true'),
    ]
    found = count(lines)[0]
    told = {flow.answer: tally for flow, hours in found.counted.items() for tally in hours.values()}
    assert all(flow.opening is Opening.REPLY for flow in found.counted)
    assert {answer: (tally.records, tally.connections) for answer, tally in told.items()} == {
        TcpAnswer.ACCEPTED: (1, 1),
        TcpAnswer.NONE: (2, 0),
        TcpAnswer.RESET: (1, 0),
    }


@pytest.mark.parametrize("most", [0, 5_000, 50_000])
def test_shapes_are_forgotten_when_they_take_too_much(most: int) -> None:
    lines = PLAIN * 3
    shapes, into = Shapes(Ends(), most), Reduction()
    left = []
    for line in lines:
        left += shapes.count(line + b"\n", 1, into)[2]
    shapes.settle()
    into.merge(one_by_one(left))
    assert into.counted == one_by_one(lines).counted


def test_shapes_that_never_recur_are_given_up() -> None:
    lines = [FORWARD.replace(b'"ethernet":', b'"number":%d,"ethernet":' % number) for number in range(400)]
    shapes = Shapes(Ends(), 100_000)
    found, left = Reduction(), []
    for line in lines:
        left += shapes.count(line + b"\n", 1, found)[2]
    shapes.settle()
    assert 0 < len(left) < len(lines)
    assert count([FORWARD], shapes)[1] == [1]
    found.merge(one_by_one(left))
    assert found.counted == one_by_one(lines).counted


def test_shapes_are_given_up_when_few_lines_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubble_shapes, "_TRIAL", 50)
    for others, given_up in ((20, False), (200, True)):
        _, _, shapes = count([FORWARD] * 30 + [LOST] * others)
        assert (count([FORWARD], shapes)[1] == [1]) is given_up


def test_answers_that_took_another_time_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        re.sub(
            rb'"latency_ns":"\d+"', b'"latency_ns":"%d"' % number, re.sub(rb"T\d\d:\d\d:", b"T03:%02d:" % number, ABOVE)
        )
        for number in range(1, 9)
    ]
    found, _, shapes = count(lines[:1])
    monkeypatch.setattr(hubble_shapes, "decode_line", None)
    for line in lines[1:]:
        assert shapes.count(line + b"\n", 1, found)[2] == []
    shapes.settle()
    same(found, one_by_one(lines))
    (answer,) = found.answers.values()
    assert answer.first is not None
    assert answer.time - answer.first == 7 * 60


def test_requests_of_many_kinds_are_given_up() -> None:
    lines = [ABOVE.replace(b'"query":"', b'"query":"n%d.' % number) for number in range(99)]
    shapes = Shapes(Ends(), 100_000)
    found, left = Reduction(), []
    for line in [*lines, FORWARD]:
        left += shapes.count(line + b"\n", 1, found)[2]
    assert 0 < len(left) < len(lines)
    assert FORWARD not in left
    shapes.settle()
    found.merge(one_by_one(left))
    same(found, one_by_one([*lines, FORWARD]))


def test_flows_without_a_node_get_the_one_that_writes() -> None:
    line = re.sub(rb',"node_name":"[^"]*"', b"", FORWARD)
    reader, into = HubbleReader(), Reduction(writer="node-1")
    reader.block(joined([line, FORWARD, DNS_ANSWER]), FILE, 1, into)
    reader.end(into)
    assert sorted(flow.node for flow in into.counted) == sorted(
        ["node-1", json.loads(FORWARD)["node_name"].partition("/")[2], "worker"]
    )


def test_a_reduction_that_follows_gets_only_its_own() -> None:
    first, _, shapes = count(PLAIN)
    second, others, _ = count(PLAIN[:5], shapes)
    assert others == []
    same(first, one_by_one(PLAIN))
    same(second, one_by_one(PLAIN[:5]))
