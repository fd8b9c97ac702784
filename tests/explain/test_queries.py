"""Query files: what becomes a row, whatever the bytes are."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from ringfence.explain.queries import Row, read_queries
from ringfence.model.errors import QueryError


def rows(data: bytes) -> list[Row]:
    return list(read_queries(io.BytesIO(data), "queries"))


def test_cells_are_kept_under_the_names_of_the_header() -> None:
    (row,) = rows(b"Port, SRC ,dst,Team\n80,a/b,c/d,core\n")
    assert row.cells == {"port": "80", "src": "a/b", "dst": "c/d", "Team": "core"}
    assert row.text("src") == "a/b"
    assert row.text("protocol") == ""


def test_quoted_cells_may_hold_commas_and_line_ends() -> None:
    (row,) = rows(b'src,dst,port,note\na/b,c/d,80,"one, two\nthree"\n')
    assert row.cells["note"] == "one, two\nthree"


def test_empty_lines_are_no_rows() -> None:
    assert [row.line for row in rows(b"\n\nsrc,dst,port\n\na/b,c/d,80\n\n")] == [5]


def test_a_brace_makes_it_json_lines() -> None:
    (row,) = rows(b' \n {"src": "a/b", "dst": "c/d", "port": 80}')
    assert (row.text("port"), row.cells["port"]) == ("80", 80)


def test_a_header_alone_has_no_rows() -> None:
    assert rows(b"src,dst,port\n") == []


@pytest.mark.parametrize("line", [b"[1]", b'"text"', b"{", b'{"src": 1e999}'])
def test_a_line_that_is_no_object_has_an_error(line: bytes) -> None:
    first, second = rows(b'{"src": "a/b", "dst": "c/d", "port": 80}\n' + line + b"\n")
    assert not first.error
    assert second.error


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(QueryError, match="Line 1 is longer"):
        rows(b'{"src": "' + b"a" * (2 << 20) + b'"}')


def test_a_cell_without_end_is_refused() -> None:
    with pytest.raises(QueryError, match="is not valid CSV"):
        rows(b'src,dst,port\n"' + b"a" * (2 << 20))


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_an_error_of_ours(data: bytes) -> None:
    with suppress(QueryError):
        rows(data)


@given(st.binary(max_size=200))
def test_any_bytes_after_a_header_are_rows_or_an_error_of_ours(data: bytes) -> None:
    with suppress(QueryError):
        rows(b"src,dst,port\n" + data)


def test_the_length_of_the_file_does_not_matter_to_the_memory() -> None:
    stream = io.BytesIO(b"src,dst,protocol,port\n" + b"a/b,c/d,TCP,80\n" * 200_000)
    tracemalloc.start()
    count = sum(1 for _ in read_queries(stream, "queries"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200_000
    assert peak < 1_000_000
