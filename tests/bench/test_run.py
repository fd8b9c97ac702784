"""The benchmark runs, and its tables say what was measured. Nothing here looks at a clock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.run import ROOT, write_region
from bench.tables import BEGIN, END, ROWS, Results, growth, megabytes, render, seconds

NUMBERS = {name: 1.0 for _, name, _ in ROWS} | {"load_seconds": 0.6, "all_seconds": 0.2, "all_bytes": 1e6}


def test_a_small_run_writes_the_region_of_the_document(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"before\n\n{BEGIN}\nformer text\n{END}\n\nafter\n", encoding="utf-8")
    command = [sys.executable, "bench/run.py", "--sizes", "100", "--runs", "1", "--no-yaml", "--write", str(document)]
    # The measure of coverage is left at home: it doubles what every one of these many processes takes.
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_PROCESS_")}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=own)
    assert done.returncode == 0, done.stderr
    text = document.read_text(encoding="utf-8")
    assert text.startswith(f"before\n\n{BEGIN}\nMachine: ")
    assert text.endswith(f"\n{END}\n\nafter\n")
    assert "former" not in text
    assert "| | 100 pods | growth |" in text
    assert "| policies | 55 |" in text
    assert "`ringfence --help`" in text


def test_the_documentation_has_the_region() -> None:
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1


def test_a_document_without_the_region_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "other.md"
    document.write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no region"):
        write_region(document, "text")
    assert document.read_text(encoding="utf-8") == "nothing here\n"


def test_budgets_are_compared_where_their_size_was_measured() -> None:
    text = render(Results((1_000, 10_000), "a machine", by_size={1_000: NUMBERS, 10_000: NUMBERS}))
    assert "| load 36 MB of JSON | 300 ms | 600 ms | missed: 2.0 times |" in text
    assert "| all pairs of 10,000 pods, 2,000 policies, time | 500 ms | 200 ms | holds |" in text
    assert "100,000 pods" not in text
    assert "YAML" not in text


@pytest.mark.parametrize(("power", "k"), [(1, 1.0), (2, 2.0), (0, 0.0)])
def test_growth_is_the_exponent_between_sizes(power: int, k: float) -> None:
    sizes = (100, 1_000, 10_000)
    assert growth(sizes, [3.0 * size**power for size in sizes]) == pytest.approx([k, k])


def test_numbers_have_units_that_suit_them() -> None:
    assert [seconds(value) for value in (12.34, 0.1234, 0.00123, 0.000123)] == ["12.3 s", "123 ms", "1.2 ms", "123 µs"]
    assert [megabytes(value) for value in (1_234_000, 123_456_789)] == ["1.2 MB", "123 MB"]
