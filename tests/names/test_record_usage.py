"""``ringfence dns record``: what is wrong usage, and when it asks; no server is needed for that."""

from __future__ import annotations

import datetime as dt
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ringfence.model.addresses import parse_address
from ringfence.model.errors import QueryError
from ringfence.model.names import NameRecord
from ringfence.names.asking import Asked, parse_server
from ringfence.names.recording import Clock, record
from tests.cli.running import run
from tests.names.records import NOON


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("*.example.com",),
            "'*.example.com' is no DNS name. DNS can't be asked for patterns: name what your pods call.",
        ),
        (("a b",), "'a b' is no DNS name."),
        (("a.example", "--every", "30s"), "--every and --for go together"),
        (("a.example", "--every", "30s", "--for", "10s"), "--every is longer than --for: it would ask once."),
        (("a.example", "--every", "soon", "--for", "10s"), "'soon' is no duration. Write it as 30s, 10m or 1h."),
        (("a.example", "--timeout", "0s"), "'0s' is no duration."),
        (("a.example", "--server", "dns.example"), "'dns.example' is no server."),
        (("a.example", "--server", "127.0.0.1:0"), "'127.0.0.1:0' has no valid port."),
        ((), "Missing argument 'NAME...'"),
    ],
)
def test_wrong_usage_is_told_and_writes_nothing(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    result = run("dns", "record", "--to", str(file), *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not file.exists()


def test_a_pipe_is_not_replaced_by_a_file_of_records(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    result = run("dns", "record", "--to", str(pipe), "a.example")
    assert (result.exit_code, result.stderr) == (
        2,
        f"ringfence: {pipe} is no regular file, so records can't be added to it.\n",
    )
    assert pipe.is_fifo()


def test_a_file_that_is_no_record_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "names.jsonl"
    file.write_text("not ours\n", encoding="utf-8")
    result = run("dns", "record", "a.example", "--to", str(file), "--server", "127.0.0.1:1")
    assert result.exit_code == 2
    assert f"{file}:1: The line is no JSON object" in result.stderr
    assert file.read_text(encoding="utf-8") == "not ours\n"


def test_a_directory_that_is_not_there_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    result = run("dns", "record", "a.example", "--to", str(tmp_path / "no" / "n.jsonl"), "--server", "127.0.0.1:1")
    assert result.exit_code == 2
    assert f"There is no directory {tmp_path / 'no'}." in result.stderr


def test_without_dnspython_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name == "dns" or name.startswith("dns.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "dns", None)
    monkeypatch.setitem(sys.modules, "dns.resolver", None)
    result = run("dns", "record", "a.example", "--to", str(tmp_path / "n.jsonl"))
    assert result.exit_code == 2
    assert "pip install 'ringfence[dns]'" in result.stderr


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("10.0.0.10", ("10.0.0.10", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[::1]:5353", ("::1", 5353)),
    ],
)
def test_a_server_is_an_address_with_or_without_a_port(text: str, server: tuple[str, int]) -> None:
    assert parse_server(text) == server


@pytest.mark.parametrize(
    "text", ["", "a", "10.0.0.10:", "10.0.0.10:x", "[::1]5353", "[::1]:99999", "10.0.0.10:9999999"]
)
def test_anything_else_is_no_server(text: str) -> None:
    with pytest.raises(QueryError):
        parse_server(text)


@dataclass
class Ticking:
    """A clock that only sleeping and asking move."""

    seconds: float = 0.0
    asked: list[float] = field(default_factory=list)
    slow: float = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: NOON + dt.timedelta(seconds=self.seconds), lambda: self.seconds, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def ask(self, name: str, now: dt.datetime) -> Asked:
        self.asked.append(self.seconds)
        self.seconds += self.slow
        return Asked((NameRecord(name, parse_address("203.0.113.7"), now, now),))


@pytest.mark.parametrize(
    ("every", "lasting", "slow", "asked"),
    [
        (0, 0, 0, [0]),
        (30, 90, 0, [0, 30, 60, 90]),
        (30, 100, 0, [0, 30, 60, 90]),
        # An answer that takes 40 s makes it miss a round, and the next one is on time again.
        (30, 120, 40, [0, 60, 120]),
    ],
)
def test_rounds_keep_their_time(every: float, lasting: float, slow: float, asked: list[float], tmp_path: Path) -> None:
    ticking = Ticking(slow=slow)
    path = str(tmp_path / "names.jsonl")
    found = record(["a.example"], [ticking], path, every=every, lasting=lasting, clock=ticking.clock())
    assert ticking.asked == asked
    assert found.rounds == len(asked)
    (one,) = found.total
    assert (one.first_seen, one.last_seen) == (NOON, NOON + dt.timedelta(seconds=asked[-1]))
