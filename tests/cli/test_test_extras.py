"""``ringfence test --init`` and ``--coverage``: what is written, and with which status it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import run, write
from tests.cli.test_schemas import check

SUITE = """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {name: data}
tests:
  - {name: api reaches the database, from: shop/api, to: data/db-0, ports: 5432, expect: allowed}
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return write(tmp_path)


@pytest.fixture
def suite(tmp_path: Path) -> str:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE, encoding="utf-8")
    return str(path)


def test_a_first_suite_passes_on_the_cluster_that_it_was_written_from(shop: str, tmp_path: Path) -> None:
    path = tmp_path / "today.yaml"
    first = run("test", "--init", shop, "-f", str(path))
    assert (first.exit_code, first.stdout) == (0, "")
    assert f"Wrote {path}" in first.stderr
    assert "shop/Pod/api" in path.read_text(encoding="utf-8")
    assert run("test", "--suite", str(path), shop).exit_code == 0


def test_a_first_suite_goes_to_stdout_without_a_file(shop: str) -> None:
    assert "kind: PolicyTest" in run("test", "--init", shop).stdout


def test_a_file_that_is_there_is_replaced_only_by_force(shop: str, suite: str) -> None:
    refused = run("test", "--init", shop, "-f", suite)
    assert refused.exit_code == 2
    assert "is there already" in refused.stderr
    assert Path(suite).read_text(encoding="utf-8") == SUITE
    assert run("test", "--init", shop, "-f", suite, "--force").exit_code == 0
    assert Path(suite).read_text(encoding="utf-8") != SUITE


@pytest.mark.parametrize("arguments", [("--coverage",), ("-o", "json"), ("--junit", "x.xml"), ("--min-coverage", "1")])
def test_a_first_suite_goes_with_no_option_of_running(shop: str, arguments: tuple[str, ...]) -> None:
    refused = run("test", "--init", shop, *arguments)
    assert refused.exit_code == 2
    assert "writes tests and runs none" in refused.stderr


def test_force_goes_with_init_only(shop: str, suite: str) -> None:
    assert run("test", "--suite", suite, shop, "--force").exit_code == 2


def test_coverage_names_what_no_test_notices_and_a_test_to_add(shop: str, suite: str) -> None:
    told = run("test", "--suite", suite, shop, "--coverage")
    assert told.exit_code == 0
    # Nothing promises that others are kept out, so a wider rule goes unnoticed.
    assert "tier=api left out of the peer's selector: " in told.stdout
    assert "expect: denied" in told.stdout
    assert "Mutation coverage: " in told.stdout


def test_a_coverage_that_is_too_low_fails(shop: str, suite: str) -> None:
    low = run("test", "--suite", suite, shop, "--min-coverage", "100")
    assert low.exit_code == 1
    assert "The coverage is below 100%." in low.stderr
    assert run("test", "--suite", suite, shop, "--min-coverage", "1").exit_code == 0


def test_other_formats_keep_their_form_and_get_the_score_on_stderr(shop: str, suite: str) -> None:
    told = run("test", "--suite", suite, shop, "--coverage", "-o", "tap")
    assert "Mutation coverage" not in told.stdout
    assert "Mutation coverage" in told.stderr


@pytest.mark.parametrize("file", [True, False])
def test_a_coverage_report_follows_its_schema(shop: str, suite: str, tmp_path: Path, file: bool) -> None:
    out = tmp_path / "coverage.json"
    told = run("test", "--suite", suite, shop, "--coverage", "-o", "json", *(["-f", str(out)] if file else []))
    report = check(out.read_text(encoding="utf-8") if file else told.stdout)
    assert report["kind"] == "TestCoverageReport"
    survivors = [each for place in report["places"] for each in place["survivors"]]
    assert report["summary"]["survived"] == len(survivors) > 0
    assert json.dumps(report).count('"kind": "drop"') > 0
