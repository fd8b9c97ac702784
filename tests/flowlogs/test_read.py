"""Inputs to reductions: in one process or several, at once or in parts."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
import xxhash
import zstandard

from bench import hubble_lines
from ringfence.flowlogs import lines as line_module, read as read_module
from ringfence.flowlogs.read import LogReading, Part, read
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.errors import InputError, QueryError
from ringfence.model.flow import LossKind
from ringfence.model.origin import Position
from tests.flowlogs.hubble_lines import DENIED, EXPORTED, LOST

BLOCK = 1 << 14


def only(path: Path, **options: object) -> LogReading:
    (reading,) = read([path], **options)  # type: ignore[arg-type]  # the options of read
    return reading


def same(one: Reduction, other: Reduction) -> None:
    assert one.counted == other.counted
    assert sorted(one.losses, key=str) == sorted(other.losses, key=str)
    assert one.answers == other.answers
    assert (one.lines, one.flows_read, one.first, one.last) == (other.lines, other.flows_read, other.first, other.last)


def digest_of(data: bytes) -> str:
    blocks = [xxhash.xxh3_128(data[at : at + (16 << 20)]).digest() for at in range(0, len(data), 16 << 20)]
    return xxhash.xxh3_128(b"".join(blocks)).hexdigest()


@pytest.fixture(scope="module")
def log() -> bytes:
    """Some hundred lines, among them junk at known places and one that is too long."""
    lines = [line.encode() for line in hubble_lines.make(400, seed=5)]
    lines[100:100] = [b"junk\n", LOST + b"\n", b"\n"]
    lines[250:250] = [b"more junk\n"]
    return b"".join(lines)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are large from the first byte on, and cut into small ranges."""
    monkeypatch.setattr(read_module, "_LARGE", 1)
    monkeypatch.setattr(read_module, "_LARGE_PACKED", 1)
    for module in ("lines", "pool"):
        monkeypatch.setattr(f"ringfence.flowlogs.{module}.DIGEST_BLOCK", BLOCK)


def test_a_file_comes_to_its_flows_losses_and_digest(tmp_path: Path, log: bytes) -> None:
    (tmp_path / "events.log").write_bytes(log)
    found = only(tmp_path / "events.log")
    assert (found.path, found.format, found.resumed) == (str(tmp_path / "events.log"), "hubble", False)
    assert found.part == Part(len(log), digest_of(log), 404)
    assert found.reduction.lines == 404
    assert found.reduction.flows_read == 400
    assert {(loss.kind, loss.count, loss.where and loss.where.line) for loss in found.reduction.losses} == {
        (LossKind.UNREADABLE, 2, 101),
        (LossKind.LOST_EVENTS, 2914, 102),
    }


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("ending", [b"", EXPORTED, EXPORTED[:-30], b"\n\n"], ids=["", "whole", "cut", "empty lines"])
def test_several_processes_read_what_one_does(tmp_path: Path, log: bytes, ending: bytes) -> None:
    file = tmp_path / "events.log"
    file.write_bytes(log + ending)
    one, two = only(file, workers=1), only(file, workers=2)
    same(one.reduction, two.reduction)
    assert (one.format, one.part) == (two.format, two.part)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_another_process_reads_what_is_unpacked_in_this_one(tmp_path: Path, log: bytes, pack: object) -> None:
    plain, packed = tmp_path / "events.log", tmp_path / "events.log.packed"
    plain.write_bytes(log + EXPORTED[:-30])
    packed.write_bytes(pack(plain.read_bytes()))  # type: ignore[operator]  # one of two functions
    one, two = only(plain, workers=1), only(packed, workers=2)
    assert one.part == two.part
    assert one.reduction.counted == two.reduction.counted
    where = {loss.kind: loss.where and loss.where.line for loss in two.reduction.losses}
    assert where == {LossKind.UNREADABLE: 101, LossKind.LOST_EVENTS: 102, LossKind.TRUNCATED: 405}


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("length", [BLOCK * 3, BLOCK - 1, 5000])
def test_a_line_longer_than_a_range(tmp_path: Path, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    long = DENIED.replace(b'"Summary":"', b'"Summary":"' + b"x" * length)
    for extra in (b"", EXPORTED + b"\n"):
        (tmp_path / "events.log").write_bytes(long + b"\n" + long + b"\n" + extra)
        one, two = only(tmp_path / "events.log", workers=1), only(tmp_path / "events.log", workers=3)
        assert one.reduction.flows_read == 2 + bool(extra)
        same(one.reduction, two.reduction)
        assert one.part == two.part


def test_a_line_without_end_is_a_loss_and_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "events.log"
    file.write_bytes(EXPORTED + b"\n" + b"x" * (3 * line_module.MAX_LINE) + b"\n" + DENIED + b"\n")
    found = only(file)
    assert found.reduction.flows_read == 2
    (loss,) = found.reduction.losses
    assert (loss.kind, loss.count, loss.where) == (LossKind.UNREADABLE, 1, Position(str(file), 2))
    assert loss.detail == "Lines of more than 1 MiB are not read."


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("end", [b"\n" + DENIED + b"\n", b""])
def test_a_line_without_end_over_several_ranges(tmp_path: Path, end: bytes) -> None:
    file = tmp_path / "events.log"
    file.write_bytes(EXPORTED + b"\n" + b"x" * (2 * line_module.MAX_LINE) + end)
    one, two = only(file, workers=1), only(file, workers=2)
    same(one.reduction, two.reduction)
    assert [loss.count for loss in two.reduction.losses] == [1]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.usefixtures("small_blocks")
def test_what_was_added_to_a_file_is_read_alone(tmp_path: Path, log: bytes, workers: int) -> None:
    file = tmp_path / "events.log"
    at = log.index(b"\n", len(log) // 2) + 1
    file.write_bytes(log[:at])
    before = only(file, workers=workers)
    file.write_bytes(log)
    after = only(file, workers=workers, known=lambda path: before.part)
    whole = only(file, workers=workers)
    assert after.resumed
    assert after.part == whole.part
    total = before.reduction
    total.merge(after.reduction)
    same(total, whole.reduction)


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress])
def test_a_record_that_was_cut_is_read_when_it_is_complete(tmp_path: Path, pack: object) -> None:
    file = tmp_path / "events.log"
    file.write_bytes(pack(EXPORTED + b"\n" + DENIED[:200]))  # type: ignore[operator]  # one of two functions
    before = only(file)
    assert before.reduction.flows_read == 1
    assert [(loss.kind, loss.where and loss.where.line) for loss in before.reduction.losses] == [
        (LossKind.TRUNCATED, 2)
    ]
    assert before.part == Part(len(EXPORTED) + 1, digest_of(EXPORTED + b"\n"), 1)
    file.write_bytes(pack(EXPORTED + b"\n" + DENIED))  # type: ignore[operator]  # one of two functions
    after = only(file, known=lambda path: before.part)
    assert [flow.reason for flow in after.reduction.counted] == ["POLICY_DENY"]
    assert after.reduction.losses == []


@pytest.mark.parametrize("now", [DENIED + b"\n" + EXPORTED + b"\n", b"", EXPORTED[:100]])
def test_a_file_that_is_another_one_now_is_read_from_its_beginning(tmp_path: Path, now: bytes) -> None:
    file = tmp_path / "events.log"
    file.write_bytes(now)
    found = only(file, format="hubble", known=lambda path: Part(len(EXPORTED) + 1, digest_of(EXPORTED + b"\n"), 1))
    assert not found.resumed
    assert found.reduction.flows_read == now.count(b"\n")


def test_a_truncated_gzip_gives_what_it_has_and_a_loss(tmp_path: Path) -> None:
    file = tmp_path / "events.log.gz"
    lines = b"".join(line.encode() for line in hubble_lines.make(400))
    file.write_bytes(gzip.compress(lines)[:-2000])
    found = only(file)
    assert 100 < found.reduction.flows_read < 400
    details = [loss.detail for loss in found.reduction.losses if loss.kind is LossKind.TRUNCATED]
    assert "The input was read only in part: the gzip data ends before its end." in details


def test_stdin_is_read_as_a_file_is(log: bytes) -> None:
    (found,) = read(["-"], stdin=io.BytesIO(log))
    assert (found.path, found.format, found.part.size) == ("-", "hubble", len(log))
    assert found.reduction.losses[0].where == Position("stdin", 101)


def test_files_of_a_directory_come_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(EXPORTED + b"\n")
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(DENIED))
    (tmp_path / "notes.txt").write_text("Saved on Friday.\n")
    (tmp_path / "z-empty.log").write_text("\n")
    found = list(read([tmp_path]))
    assert [(Path(each.path).name, each.format, each.reduction.flows_read) for each in found] == [
        ("a.log", "hubble", 1),
        ("b.log.gz", "hubble", 1),
        ("notes.txt", "", 0),
        ("z-empty.log", "", 0),
    ]
    (loss,) = found[2].reduction.losses
    assert loss.kind is LossKind.FOREIGN
    assert loss.where == Position(str(tmp_path / "notes.txt"))


def test_a_file_that_was_named_and_is_no_log_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Saved on Friday.\n")
    with pytest.raises(InputError, match=r"notes\.txt is in no known log format\. Known are hubble, "):
        list(read([tmp_path / "notes.txt"]))


def test_a_format_that_is_named_is_taken(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Saved on Friday.\n")
    found = only(tmp_path / "notes.txt", format="hubble")
    assert (found.format, found.reduction.lines) == ("hubble", 1)
    assert [loss.kind for loss in found.reduction.losses] == [LossKind.UNREADABLE]


def test_a_format_that_there_is_not() -> None:
    with pytest.raises(QueryError, match=r"^There is no log format 'hubbel'\. Formats are auto, hubble, "):
        read(["-"], format="hubbel")


def test_a_wrapped_log_is_unwrapped_and_keeps_its_line_numbers(tmp_path: Path) -> None:
    stamp = b"2026-07-31T10:00:00Z stdout "
    lines = [b"F " + EXPORTED, b"P " + DENIED[:300], b"F " + DENIED[300:], b"P junk", b"F junk", b"P " + DENIED[:10]]
    file = tmp_path / "0.log"
    file.write_bytes(b"".join(stamp + line + b"\r\n" for line in lines))
    found = only(file)
    assert found.reduction.flows_read == 2
    assert {(loss.kind, loss.where and loss.where.line) for loss in found.reduction.losses} == {
        (LossKind.UNREADABLE, 4),
        (LossKind.TRUNCATED, 6),
    }


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "events.log").write_bytes(b"\xef\xbb\xbf" + EXPORTED + b"\n")
    found = only(tmp_path / "events.log")
    assert (found.reduction.flows_read, found.reduction.losses) == (1, [])


def test_a_document_that_is_too_large_is_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_module, "MAX_WHOLE", 100)
    (tmp_path / "loki.json").write_text('{"status":"success","data":{"resultType":"streams","result":[]}}' + " " * 99)
    found = only(tmp_path / "loki.json", format="loki")
    assert [loss.kind for loss in found.reduction.losses] == [LossKind.UNREADABLE]
