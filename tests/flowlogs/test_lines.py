"""Bytes into lines of bounded length, and the digest of what was read."""

from __future__ import annotations

import pytest
import xxhash
from hypothesis import given, strategies as st

from ringfence.flowlogs import lines as module
from ringfence.flowlogs.lines import ContentDigest, LineCutter


def chunks(data: bytes, sizes: list[int]) -> list[bytes]:
    parts, at = [], 0
    for size in sizes:
        parts.append(data[at : at + size])
        at += size
    return [*parts, data[at:]]


DATA = st.text(alphabet="ab\n", max_size=60).map(str.encode)
SIZES = st.lists(st.integers(0, 9), max_size=9)


def cut(data: bytes, sizes: list[int]) -> tuple[list[bytes], LineCutter]:
    cutter, found = LineCutter(), []
    for chunk in chunks(data, sizes):
        lines = cutter.feed(chunk).split(b"\n")
        assert lines.pop() == b""  # each line has its newline
        cutter.number += len(lines)
        found += lines
    return found, cutter


@given(DATA, SIZES)
def test_lines_are_the_same_however_they_come(data: bytes, sizes: list[int]) -> None:
    found, cutter = cut(data, sizes)
    *complete, rest = data.split(b"\n")
    assert found == complete
    assert (cutter.number, cutter.offset, cutter.waiting) == (len(complete) + 1, len(data) - len(rest), len(rest))
    assert cutter.rest() == rest
    assert cutter.offset == len(data)
    assert cutter.number == len(complete) + 1 + bool(rest)


@given(DATA, SIZES)
def test_a_line_that_is_too_long_is_given_empty(data: bytes, sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_LINE", 4)
        found, cutter = cut(data, sizes)
        *complete, rest = data.split(b"\n")
        assert found == [line if len(line) <= 4 else b"" for line in complete]
        assert cutter.rest() == (rest if len(rest) <= 4 else b"")
        wanted = [number for number, line in enumerate([*complete, rest], 1) if len(line) > 4]
        assert cutter.too_long == wanted
        assert cutter.offset == len(data)
        assert not cutter.skipping


@given(DATA, SIZES, st.booleans())
def test_the_digest_is_of_complete_lines_however_they_come(data: bytes, sizes: list[int], complete: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "DIGEST_BLOCK", 8)
        digest = ContentDigest()
        for chunk in chunks(data, sizes):
            digest.update(chunk)
        assert digest.read == len(data)
        end = data.rfind(b"\n") + 1
        if complete:
            digest.complete()
            end = len(data)
        blocks = [xxhash.xxh3_128(data[at : min(at + 8, end)]).digest() for at in range(0, end, 8)]
        assert digest.size == end
        assert digest.hexdigest() == xxhash.xxh3_128(b"".join(blocks)).hexdigest()


def test_a_long_line_is_not_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 4)
    digest = ContentDigest()
    digest.update(b"a\nbbb")
    assert digest.size == 2
    digest.update(b"bbb")
    assert (digest.size, digest.read) == (5, 8)
