"""Lines out of what collectors put around them."""

from __future__ import annotations

import json

import pytest

from ringfence.flowlogs import unwrap
from ringfence.flowlogs.unwrap import unwrapper_for

PLAIN = b'{"flow":{}}'
STAMP = b"2026-07-31T10:00:00.123456789Z"


def docker(text: str) -> bytes:
    return json.dumps({"log": text, "stream": "stdout", "time": STAMP.decode()}).encode()


def unwrapped(*lines: bytes) -> list[bytes]:
    unwrapper = unwrapper_for(lines)
    assert unwrapper is not None
    return [line for line in map(unwrapper.line, lines) if line is not None]


@pytest.mark.parametrize(
    "line",
    [
        STAMP + b" stdout F " + PLAIN,
        STAMP + b" stderr F " + PLAIN,
        b"2026-07-31T10:00:00+02:00 stdout F " + PLAIN,
        STAMP + b" stdout F:partial " + PLAIN,
        docker(PLAIN.decode() + "\n"),
        json.dumps({"log": PLAIN.decode(), "kubernetes": {"pod_name": "x"}}).encode(),
        json.dumps({"log": f"{STAMP.decode()} stdout F {PLAIN.decode()}", "kubernetes": {}}).encode(),
        json.dumps({"message": PLAIN.decode() + "\n", "@timestamp": "x"}).encode(),
        json.dumps({"MESSAGE": PLAIN.decode(), "_PID": "1"}).encode(),
    ],
)
def test_the_line_within(line: bytes) -> None:
    assert unwrapped(line) == [PLAIN]


def test_lines_that_are_not_wrapped_have_no_unwrapper() -> None:
    assert unwrapper_for([PLAIN, b"text", b'{"log":7}', b'{"msg":"log"}', b'{"log":']) is None


def test_a_line_that_is_not_wrapped_stays_among_wrapped_ones() -> None:
    assert unwrapped(STAMP + b" stdout F a", PLAIN, b"text") == [b"a", PLAIN, b"text"]


def test_parts_of_a_long_line_are_joined() -> None:
    lines = [b" stdout P {", b" stderr P x", b' stdout P "a"', b" stderr F y", b" stdout F :1}", b" stdout F end"]
    assert unwrapped(*[STAMP + line for line in lines]) == [b"xy", b'{"a":1}', b"end"]


def test_parts_of_a_long_line_are_joined_for_docker_and_in_json() -> None:
    assert unwrapped(docker("{"), docker("}\n"), docker("x\n")) == [b"{}", b"x"]
    cri = [f"{STAMP.decode()} stdout {part}" for part in ("P {", "F }")]
    assert unwrapped(*[json.dumps({"log": line}).encode() for line in cri]) == [b"{}"]


def test_parts_without_end_are_given_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwrap, "MAX_JOINED", 5)
    assert unwrapped(*[STAMP + b" stdout P abc"] * 3) == [b"abcabc"]


def test_a_fresh_unwrapper_has_no_parts() -> None:
    unwrapper = unwrapper_for([STAMP + b" stdout P a"])
    assert unwrapper is not None
    assert unwrapper.line(STAMP + b" stdout P a") is None
    assert unwrapper.pending
    assert not unwrapper.fresh().pending
    assert unwrapper.fresh().line(STAMP + b" stdout F b") == b"b"
