"""From paths to bytes: files, directories, stdin; plain, gzip and zstd."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, strategies as st

from ringfence.flowlogs.openers import Content, Input, find_inputs, open_input
from ringfence.model.errors import InputError


def everything(data: bytes, size: int = 1000) -> tuple[bytes, str]:
    content = Content(io.BytesIO(data))
    parts = []
    while part := content.read(size):
        parts.append(part)
    return b"".join(parts), content.fault


TEXT = b"".join(b"line %d of a log that recurs\n" % number for number in range(5000))


@pytest.mark.parametrize(
    "packed",
    [
        TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
        gzip.compress(TEXT) + b"\0" * 512,
        zstandard.compress(TEXT),
        zstandard.compress(TEXT[:100]) + zstandard.compress(TEXT[100:]),
    ],
    ids=["plain", "gzip", "two members", "padded", "zstd", "two frames"],
)
def test_content_is_unpacked(packed: bytes) -> None:
    assert everything(packed) == (TEXT, "")


@given(st.binary(max_size=50), st.integers(1, 30), st.integers(0, 40))
def test_what_is_peeked_at_is_read_again(data: bytes, size: int, peek: int) -> None:
    if data.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        data = b"x" + data
    content = Content(io.BytesIO(data))
    assert content.peek(peek) == data[:peek]
    assert content.read(size) == data[:size]
    assert content.read(size) == data[size : 2 * size]


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (gzip.compress(TEXT)[:-9], "the gzip data ends before its end"),
        (zstandard.compress(TEXT)[:-9], "the zstd data ends before its end"),
    ],
)
def test_a_file_that_ends_too_early_gives_what_it_has(packed: bytes, fault: str) -> None:
    data, said = everything(packed)
    assert said == fault
    assert TEXT.startswith(data)


def test_most_of_a_truncated_gzip_is_kept() -> None:
    noise = os.urandom(200_000)
    data, fault = everything(gzip.compress(noise)[:100_000])
    assert fault == "the gzip data ends before its end"
    assert len(data) > 90_000
    assert noise.startswith(data)


@pytest.mark.parametrize(
    ("packed", "fault"),
    [
        (b"\x1f\x8b\x08\x00" + b"\xff" * 100, "the gzip data is damaged"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 100, "the zstd data is damaged"),
        (gzip.compress(TEXT) + b"trailing", "the gzip data is damaged"),
    ],
)
def test_damaged_data_is_told(packed: bytes, fault: str) -> None:
    assert everything(packed)[1] == fault


class Failing(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data:
            raise OSError(5, "Input/output error")
        return data


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT)[:-20]])
def test_a_device_that_fails_is_told(data: bytes) -> None:
    content = Content(Failing(data))
    content.read(1 << 20)
    assert content.fault == "reading failed: input/output error"


def test_files_below_a_directory_come_in_sorted_order(tmp_path: Path) -> None:
    for name in ("b/2.log", "a.log", "b/1.log", ".hidden", "b/.git/x", "c/d/e.log.gz"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    os.mkfifo(tmp_path / "pipe")
    found = find_inputs([tmp_path])
    assert [Path(each.path).relative_to(tmp_path).as_posix() for each in found] == [
        "a.log",
        "b/1.log",
        "b/2.log",
        "c/d/e.log.gz",
    ]
    assert not any(each.named for each in found)


def test_a_file_that_is_reached_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x")
    (tmp_path / "link.log").symlink_to("a.log")
    assert find_inputs([tmp_path / "link.log", tmp_path, "-"]) == [
        Input(str(tmp_path / "link.log"), str(tmp_path / "link.log")),
        Input("stdin", "-"),
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.log", "missing.log can't be read: no such file or directory."),
        ("\0", "\0 can't be read: embedded null byte."),
        ("empty", "empty holds no file."),
    ],
)
def test_what_cannot_be_read_is_said(path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(InputError) as error:
        find_inputs([path])
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("-", "'-' stands for stdin, and there is none."),
        ("missing", "missing can't be read: no such file or directory."),
        (".", ". can't be read: it is a directory."),
    ],
)
def test_what_cannot_be_opened_is_said(path: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        open_input(Input(path, path), None)
    assert str(error.value) == message


def test_a_pipe_without_a_writer_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with open_input(Input("pipe", str(tmp_path / "pipe")), None) as stream:
        assert stream.read() == b""
