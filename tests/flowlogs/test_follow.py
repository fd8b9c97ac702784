"""A file that grows: each complete line is read once, through rotation and restarts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import hubble_lines
from ringfence.flowlogs.follow import Chunk, follow
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.errors import InputError
from ringfence.model.flow import LossKind
from tests.flowlogs.hubble_lines import DENIED, EXPORTED

LINES = [line.encode() for line in hubble_lines.make(40, seed=9)]


class Steps:
    """Does one thing after the other to a file, each when the reader has nothing more to read; then ends."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._steps = list(steps)

    def __call__(self) -> bool:
        if not self._steps:
            return True
        self._steps.pop(0)()
        return False


def append(path: Path, data: bytes) -> Callable[[], object]:
    def write() -> None:
        with path.open("ab") as stream:
            stream.write(data)

    return write


def collect(path: Path, *steps: Callable[[], object], **options: object) -> tuple[Reduction, list[Chunk]]:
    chunks = list(follow(path, poll=0.001, stop=Steps(*steps), **options))  # type: ignore[arg-type]  # options of follow
    total = Reduction()
    for chunk in chunks:
        total.merge(chunk.reduction)
    return total, chunks


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "events.log"


def test_what_is_appended_is_read_and_a_last_line_waits_for_its_end(log: Path) -> None:
    log.write_bytes(LINES[0] + LINES[1][:50])
    total, chunks = collect(log, append(log, LINES[1][50:]), append(log, LINES[2] + LINES[3][:-1]))
    assert total.flows_read == 3
    assert total.losses == []
    assert chunks[-1].mark.offset == sum(map(len, LINES[:3]))
    assert chunks[-1].mark.lines == 3
    assert {chunk.format for chunk in chunks} == {"hubble"}


def test_a_file_that_is_not_there_yet_is_waited_for(log: Path) -> None:
    total, _ = collect(log, lambda: None, append(log, LINES[0]), lambda: None)
    assert total.flows_read == 1


def test_a_file_that_never_comes_is_nothing(log: Path) -> None:
    assert collect(log)[1] == []


def test_a_file_of_empty_lines_has_no_format_yet(log: Path) -> None:
    log.write_bytes(b"\n\n")
    total, _ = collect(log, append(log, b"\n" + LINES[0]))
    assert total.flows_read == 1


def test_a_renamed_file_is_read_to_its_end_before_the_new_one(log: Path) -> None:
    log.write_bytes(LINES[0])

    def rotate() -> None:
        old = log.with_suffix(".log.1")
        append(log, LINES[1])()
        log.rename(old)
        append(old, LINES[2])()
        log.write_bytes(LINES[3])

    total, chunks = collect(log, rotate, append(log, LINES[4]))
    assert total.flows_read == 5
    assert total.losses == []
    assert chunks[-1].mark.offset == len(LINES[3] + LINES[4])


def test_a_renamed_file_that_ends_within_a_line_is_a_loss(log: Path) -> None:
    log.write_bytes(LINES[0] + LINES[1][:100])

    def rotate() -> None:
        log.rename(log.with_suffix(".1"))
        log.write_bytes(LINES[2])

    total, _ = collect(log, rotate)
    assert total.flows_read == 2
    assert [(loss.kind, loss.where and loss.where.line) for loss in total.losses] == [(LossKind.TRUNCATED, 2)]


def test_a_file_that_is_removed_and_comes_again(log: Path) -> None:
    log.write_bytes(LINES[0])
    total, _ = collect(log, log.unlink, append(log, LINES[1]))
    assert total.flows_read == 2


@pytest.mark.parametrize("now", [LINES[5], b"".join(LINES[5:9])], ids=["shorter", "longer"])
def test_an_emptied_file_is_read_from_its_beginning_and_told(log: Path, now: bytes) -> None:
    log.write_bytes(LINES[0] + LINES[1])
    total, chunks = collect(log, lambda: log.write_bytes(now))
    assert total.flows_read == 2 + now.count(b"\n")
    (loss,) = total.losses
    assert loss.kind is LossKind.NO_DATA
    assert loss.detail == "The file was emptied while it was read: what was written just before is missing."
    assert chunks[-1].mark.offset == len(now)


def test_it_goes_on_where_it_was_told_to(log: Path) -> None:
    log.write_bytes(b"".join(LINES[:5]) + LINES[5][:9])
    first, chunks = collect(log)
    append(log, LINES[5][9:] + LINES[6])()
    second, _ = collect(log, mark=chunks[-1].mark)
    assert (first.flows_read, second.flows_read) == (5, 2)
    assert second.losses == []
    whole, _ = collect(log)
    first.merge(second)
    assert first.counted == whole.counted


def test_every_mark_is_one_to_go_on_from(log: Path) -> None:
    log.write_bytes(LINES[0])
    _, chunks = collect(log, *(append(log, line) for line in LINES[1:6]))
    for read, chunk in enumerate(chunks, 1):
        rest, _ = collect(log, mark=chunk.mark)
        assert rest.flows_read == 6 - read


def test_a_file_that_was_renamed_meanwhile_is_read_to_its_end_first(log: Path) -> None:
    log.write_bytes(LINES[0])
    mark = collect(log)[1][-1].mark
    append(log, LINES[1])()
    log.rename(log.with_name("events-20260801.log"))
    log.write_bytes(LINES[2])
    total, _ = collect(log, mark=mark)
    assert total.flows_read == 2
    assert total.losses == []


def test_a_file_that_is_gone_meanwhile_is_a_loss(log: Path) -> None:
    log.write_bytes(LINES[0] + LINES[1])
    mark = collect(log)[1][-1].mark
    other = log.with_name("new")
    other.write_bytes(LINES[2])
    other.rename(log)
    total, _ = collect(log, mark=mark)
    assert total.flows_read == 1
    assert [loss.kind for loss in total.losses] == [LossKind.NO_DATA]
    assert total.losses[0].where is not None
    assert total.losses[0].where.line == 3


def test_a_file_that_was_copied_elsewhere_and_back_is_still_the_same(log: Path) -> None:
    log.write_bytes(LINES[0])
    mark = collect(log)[1][-1].mark
    data = log.read_bytes() + LINES[1]
    log.with_name("copy").write_bytes(data)
    log.unlink()
    log.with_name("copy").rename(log)
    total, _ = collect(log, mark=mark)
    assert (total.flows_read, total.losses) == (1, [])


def test_a_mark_made_when_a_file_was_emptied_leads_to_its_beginning(log: Path) -> None:
    log.write_bytes(LINES[0] + LINES[1])
    _, chunks = collect(log, lambda: log.write_bytes(LINES[2]))
    (mark,) = [chunk.mark for chunk in chunks if chunk.reduction.losses]
    total, _ = collect(log, mark=mark)
    assert total.flows_read == 1


def test_a_header_is_read_again_when_it_goes_on(log: Path) -> None:
    log.write_bytes(b"srcaddr dstaddr srcport dstport protocol start end action interface-id\n")
    append(log, b"10.0.0.1 10.0.0.2 40000 443 6 1785492000 1785492001 ACCEPT eni-1\n")()
    mark = collect(log)[1][-1].mark
    append(log, b"10.0.0.1 10.0.0.2 40001 443 6 1785492000 1785492001 REJECT eni-1\n")()
    total, _ = collect(log, mark=mark)
    (flow,) = total.counted
    assert (flow.source.address, flow.destination.address, flow.port) == ("10.0.0.1", "10.0.0.2", 443)
    assert total.losses == []


def test_what_waits_for_the_next_line_is_given_up_at_the_end(log: Path) -> None:
    first = (
        b'{"ts":1720777151838.3552,"msg":"Evaluating packet","id":9,"direction":"Egress","srcPod":"default/frontend",'
        b'"dstPod":"default/backend","packet":{"ID":9,"Family":"IPv4","SrcIP":"10.0.1.3","DstIP":"10.0.2.2",'
        b'"Proto":"TCP","SrcPort":40243,"DstPort":8080}}\n'
    )
    log.write_bytes(first)
    total, _ = collect(log)
    assert len(total.counted) + len(total.losses) == 1


def test_a_line_that_is_too_long_is_a_loss_once(log: Path) -> None:
    log.write_bytes(EXPORTED + b"\n" + b"x" * (1 << 20) + b"x\n" + DENIED + b"\n")
    total, _ = collect(log, append(log, LINES[0]), lambda: log.rename(log.with_suffix(".1")))
    assert total.flows_read == 3
    assert [(loss.kind, loss.count) for loss in total.losses] == [(LossKind.UNREADABLE, 1)]


def test_no_log_and_documents_cannot_be_followed(log: Path) -> None:
    log.write_text("Saved on Friday.\n")
    with pytest.raises(InputError, match="is in no known log format"):
        collect(log)
    with pytest.raises(InputError, match=r"is one document of .*, which can't be followed\.$"):
        collect(log, format="loki")


def test_names_with_wildcards_are_names(tmp_path: Path) -> None:
    log = tmp_path / "ev[1]*.log"
    log.write_bytes(LINES[0])
    mark = collect(log)[1][-1].mark
    log.rename(tmp_path / "ev[1]*.log.1")
    log.write_bytes(LINES[1])
    total, _ = collect(log, mark=mark)
    assert (total.flows_read, total.losses) == (1, [])
