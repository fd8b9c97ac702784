"""Files of records: what is read, what is refused with its place, and that junk never ends in anything else."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, strategies as st

from ringfence.model.addresses import V6_BASE, V6_MAX
from ringfence.model.errors import InputError
from ringfence.model.names import NameRecord
from ringfence.names import read_names
from ringfence.names.lines import format_line, parse_line
from ringfence.names.merging import merge
from ringfence.names.reading import read_records
from tests.names.records import NOON, record

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "NameRecord.json").read_text(encoding="utf-8"))
CHECKER = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())

LINE = {
    "name": "api.example.com",
    "address": "203.0.113.7",
    "firstSeen": "2026-11-20T09:00:00Z",
    "lastSeen": "2026-11-23T10:00:00+01:00",
    "ttl": 60,
    "chain": ["edge.example.net"],
}


def without(*keys: str, **others: object) -> str:
    return json.dumps({**{key: value for key, value in LINE.items() if key not in keys}, **others})


def test_a_line_is_a_record_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "names.jsonl"
    path.write_text(f"# recorded by hand\n\n{json.dumps(LINE)}\n", encoding="utf-8-sig")
    (found,) = read_names(str(path), now=NOON).records
    assert (found.name, found.ttl, found.chain) == ("api.example.com", 60, ("edge.example.net",))
    assert found.address == 0xCB007107  # 203.0.113.7
    assert found.first_seen == dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    assert found.last_seen == dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
    assert str(found.origin) == f"{path}:3"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "The line is no JSON object"),
        ("[]", "The record is not valid: Expected `object`, got `array`."),
        (without("address"), "The record is not valid: it is missing required field `address`."),
        (without("name", adress="x", name="a"), "it has the unknown field `adress`"),
        (without(address="203.0.113.300"), "The address '203.0.113.300' is no IP address."),
        (without(address="203.0.113.0/24"), "The address '203.0.113.0/24' is no IP address."),
        (without(name="*.example.com"), "'*.example.com' is no DNS name. A record is of one name, not of a pattern."),
        (without(name="a b"), "'a b' is no DNS name."),
        (without(chain=["a..b"]), "'a..b' is no DNS name."),
        (without(ttl=-1), "The ttl -1 is no number of seconds from 0 to 2147483647."),
        (without(ttl="60"), "at `ttl`"),
        (without(firstSeen="yesterday"), "at `firstSeen`"),
        (without(firstSeen="2026-11-20T09:00:00"), "firstSeen has no time zone. Write it as 2026-11-20T09:00:00Z."),
        (without(firstSeen="2026-11-24T09:00:00Z"), "firstSeen is later than lastSeen."),
    ],
)
def test_a_line_that_is_no_record_is_refused_with_its_place(line: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_records(io.BytesIO(f"{json.dumps(LINE)}\n{line}\n".encode()), "names.jsonl")
    assert str(caught.value).startswith("names.jsonl:2: ")
    assert message in str(caught.value)


def test_three_wrong_lines_are_told_and_the_others_counted() -> None:
    with pytest.raises(InputError) as caught:
        read_records(io.BytesIO(b"x\n" * 5), "n")
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == ["n:1:", "n:2:", "n:3:", "…"]
    assert str(caught.value).endswith("and 2 more lines")


def test_a_file_that_is_not_there_or_empty_or_a_directory_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("# nothing yet\n", encoding="utf-8")
    for path, message in ((tmp_path / "no", "No such file"), (empty, "no record of a name"), (tmp_path, "directory")):
        with pytest.raises(InputError, match=message):
            read_names(str(path))


@given(st.binary(max_size=200))
def test_junk_is_refused_or_read_and_nothing_else(data: bytes) -> None:
    with contextlib.suppress(InputError):
        read_records(io.BytesIO(data), "n")


name_texts = st.sampled_from(["a.example", "b.example", "c.a.example"])
points = st.one_of(st.integers(0, 3), st.integers(V6_BASE, V6_BASE + 3), st.just(V6_MAX))
moments = st.integers(0, 1 << 31).map(lambda second: dt.datetime.fromtimestamp(second, tz=dt.UTC))


@st.composite
def name_records(draw: st.DrawFn) -> NameRecord:
    first, last = sorted([draw(moments), draw(moments)])
    ttl = draw(st.none() | st.integers(0, 86_400))
    return NameRecord(draw(name_texts), draw(points), first, last, ttl, tuple(draw(st.lists(name_texts, max_size=2))))


@given(name_records())
def test_what_is_written_is_read_back_and_keeps_to_the_schema(one: NameRecord) -> None:
    line = format_line(one)
    assert b"\n" not in line
    assert parse_line(line) == one
    CHECKER.validate(json.loads(line))


@given(st.lists(name_records(), max_size=8), st.lists(name_records(), max_size=8))
def test_merged_records_span_what_was_seen_of_each_address(some: list[NameRecord], more: list[NameRecord]) -> None:
    merged = merge(some, more)
    keys = [(each.name, each.address) for each in merged]
    assert len(keys) == len(set(keys))
    assert set(keys) == {(each.name, each.address) for each in (*some, *more)}
    for each in merged:
        same = [one for one in (*some, *more) if (one.name, one.address) == (each.name, each.address)]
        assert each.first_seen == min(one.first_seen for one in same)
        assert each.last_seen == max(one.last_seen for one in same)
        assert (each.ttl, each.chain) in [(one.ttl, one.chain) for one in same if one.last_seen == each.last_seen]
    assert merge(merged) == merged
    assert merge(merge(some), more) == merged


def test_the_example_of_the_documents_keeps_to_the_schema() -> None:
    path = Path(__file__).parents[2] / "examples" / "names" / "names.jsonl"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(lines) == len(read_names(str(path)).records)
    for line in lines:
        CHECKER.validate(json.loads(line))


def test_a_record_without_ttl_and_aliases_is_written_short() -> None:
    assert set(json.loads(format_line(record("a.example", "::1")))) == {"name", "address", "firstSeen", "lastSeen"}
