"""Lines that are counted as known come to the same as lines that are read one by one."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given, strategies as st

from bench import hubble_lines
from ringfence.flowlogs.hubble import HubbleReader
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import LossKind
from ringfence.model.origin import Position
from tests.flowlogs.hubble_lines import DENIED, DNS_ANSWER, EXPORTED, LOST

FILE = "events.log"
MADE = [line.rstrip("\n").encode() for line in hubble_lines.make(300, seed=3)]
BARE = [json.dumps(json.loads(line)["flow"], separators=(",", ":")).encode() for line in MADE[:40]]
OTHERS = [EXPORTED, DENIED, DNS_ANSWER, LOST, b"", b"  ", b"junk"]


def together(lines: list[bytes], block: int = 1000) -> tuple[Reduction, HubbleReader]:
    reader, into = HubbleReader(), Reduction()
    for first in range(0, len(lines), block):
        reader.block(joined(lines[first : first + block]), FILE, first + 1, into)
    reader.end(into)
    return into, reader


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def one_by_one(lines: list[bytes]) -> Reduction:
    reader, into = HubbleReader(), Reduction()
    for number, line in enumerate(lines, 1):
        if line.strip():
            reader.line(line, Position(FILE, number), into)
    reader.end(into)
    return into


def same(one: Reduction, other: Reduction) -> None:
    assert one.counted == other.counted
    assert one.losses == other.losses
    assert one.answers == other.answers
    assert (one.flows_read, one.first, one.last) == (other.flows_read, other.first, other.last)


@st.composite
def later(draw: st.DrawFn) -> bytes:
    """A line at another time, with other ports."""
    line = draw(st.sampled_from(MADE + BARE)).decode()
    time = json.loads(line)["flow" if line.startswith('{"flow"') else "time"]
    time = time if isinstance(time, str) else time["time"]
    digits = draw(st.sampled_from(["", ".5", ".500", ".123456", ".123456789"]))
    moment = f"2026-07-20T{draw(st.integers(0, 2)):02d}:{draw(st.integers(0, 59)):02d}:07{digits}Z"
    for side in draw(st.sampled_from([(), ("source",), ("destination",), ("source", "destination")])):
        port = draw(st.sampled_from([80, 443, 8080, 40000, 60998]))
        line = re.sub(rf'"{side}_port":\d+', f'"{side}_port":{port}', line)
    return line.replace(time, moment).encode()


@given(st.lists(later() | st.sampled_from(MADE + BARE + OTHERS), max_size=60), st.integers(1, 20))
def test_many_lines_are_what_they_are_one_by_one(lines: list[bytes], block: int) -> None:
    same(together(lines * 2, block)[0], one_by_one(lines * 2))


VALUES: dict[str, list[object]] = {
    "is_reply": [True, False, None],
    "reply": [True],
    "verdict": ["DROPPED", "AUDIT", 7],
    "node_name": ["", "kind/other"],
    "event_type": [{"type": 1}, {"type": 4}, {"type": 2}, {"type": 129}, None],
    "traffic_direction": ["INGRESS", 3],
    "drop_reason": [133, 5],
    "policy_match_type": [4],
    "IP": [{"source": "10.9.9.9", "destination": "10.9.9.8"}, None],
    "source": [{}, None, {"identity": 2}, 5],
    "source_names": [["a.example.com"], []],
    "destination_service": [{"name": "cart", "namespace": "shop"}],
    "aggregate": [{"ingress_flow_count": "3"}, {"egress_flow_count": 2}],
    "policy_log": [["first"], ["second"]],
    "l4": [
        {"ICMPv4": {"type": 8}},
        {"ICMPv4": {}},
        {"SCTP": {"source_port": 80, "destination_port": 40000}},
        {"UDP": {"source_port": 40000, "destination_port": 53}},
        {"TCP": {"source_port": 40000, "destination_port": 53}},
        {"TCP": {"source_port": 40000, "destination_port": 53, "flags": {"SYN": True, "ACK": True}}},
        {"VRRP": {}},
        None,
    ],
    "l7": [
        {"type": "REQUEST", "http": {"method": "GET", "url": "http://shop/cart/17?x"}},
        {"type": "RESPONSE", "http": {"method": "GET", "url": "http://shop/cart/18"}},
        {"type": "REQUEST", "kafka": {"topic": "orders"}},
        {"type": "RESPONSE", "dns": {"query": "a.example.", "ips": ["192.0.2.1"], "ttl": 3}},
        {"type": "RESPONSE", "dns": {"query": "A.example", "ips": ["192.0.2.1"], "ttl": 4, "cnames": ["b.example."]}},
        {"type": "RESPONSE", "dns": {"query": "a.example.", "ips": ["192.0.2.1"], "rcode": 3}},
        {},
    ],
}


@st.composite
def altered(draw: st.DrawFn) -> bytes:
    """A line that says other things."""
    message = json.loads(draw(st.sampled_from(MADE[:30])))
    for field in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=4)):
        message["flow"][field] = draw(st.sampled_from(VALUES[field]))
    return json.dumps(message).encode()


@given(st.lists(altered(), max_size=40))
def test_lines_that_differ_in_what_they_say_are_told_apart(lines: list[bytes]) -> None:
    same(together(lines * 2, 9)[0], one_by_one(lines * 2))


@given(st.randoms(use_true_random=False), st.lists(st.tuples(st.integers(0, 60), st.binary(max_size=6)), max_size=12))
def test_spoilt_lines_are_what_they_are_one_by_one(rng: random.Random, spots: list[tuple[int, bytes]]) -> None:
    lines = MADE[:10] * 2
    for length, instead in spots:
        line = rng.choice(lines)
        at = rng.randrange(len(line))
        lines.append((line[:at] + instead + line[at + length :]).replace(b"\n", b""))
    same(together(lines)[0], one_by_one(lines))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"uuid":"', b'"uuid":"x'),
        (b'"uuid":"', b'"uuid":"x","verdict":"DROPPED","a":"'),
        (b'"source_port":', b'"source_port":x'),
        (b'"source_port":', b'"source_port":123456789'),
        (b'"destination_port":', b'"destination_port":""'),
        (b'"time":"2026', b'"time":"9999'),
        (b'"time":"2026-07-20T00', b'"time":"2026-07-20T77'),
        (b"Z", b"+00:00"),
        (b'Z"}', b'Z","x":1}'),
        (b'Z"}', b'Z"}}'),
        (b'Z"}', b'Z"'),
        (b'Z"}', b'Z"} '),
        (b"}", b"}}"),
        (b'"Type":"L3_L4"', b'"Type":7'),
        (b'{"flow":{"time"', b'{ "flow": {"time"'),
    ],
)
def test_lines_of_another_form_are_read_as_json(old: bytes, new: bytes) -> None:
    lines = [*MADE[:5], *(line.replace(old, new) for line in MADE[:5])]
    same(together(lines)[0], one_by_one(lines))


def test_lines_that_recur_are_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    found, reader = together(MADE)
    read = []
    monkeypatch.setattr("ringfence.flowlogs.hubble_known.make_flow", lambda *words: read.append(words))
    reader.block(joined(MADE), FILE, 1, found)
    reader.end(found)
    assert read == []
    assert found.flows_read == 2 * len(MADE)


def test_lines_that_differ_in_the_served_port_alone_are_told_apart() -> None:
    line = next(line for line in MADE if b'"is_reply":false' in line)
    lines = [re.sub(rb'"destination_port":\d+', b'"destination_port":%d' % port, line) for port in (80, 443, 80, 8080)]
    found, _ = together(lines * 3)
    assert sorted((flow.port, tally.records) for flow, hours in found.counted.items() for tally in hours.values()) == [
        (80, 6),
        (443, 3),
        (8080, 3),
    ]


def test_each_reduction_gets_what_was_counted_for_it() -> None:
    first, reader = together(MADE)
    second = Reduction()
    reader.block(joined(MADE[:7]), FILE, 1, second)
    reader.end(second)
    same(first, one_by_one(MADE))
    same(second, one_by_one(MADE[:7]))


def test_no_more_lines_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.flowlogs.hubble_known._MOST", 5)
    lines = MADE * 2
    found, reader = together(lines)
    same(found, one_by_one(lines))
    assert len(reader._known._flows) <= 5


@pytest.mark.parametrize("digits", ["999999999", "5Z", "²", "5e3", "1_0", "-5", "", " 5", "500+01:00"])
def test_times_of_every_form_are_what_they_are_one_by_one(digits: str) -> None:
    lines = [*MADE[:3], *(re.sub(rb":\d\d\.\d+Z", f":59.{digits}Z".encode(), line) for line in MADE[:3])]
    same(together(lines)[0], one_by_one(lines))


def test_a_line_that_is_not_read_stands_at_its_number() -> None:
    found, _ = together([*MADE[:7], b"junk", *MADE[:3], b"junk"], block=4)
    (loss,) = found.losses
    assert (loss.kind, loss.count, loss.where) == (LossKind.UNREADABLE, 2, Position(FILE, 8))
