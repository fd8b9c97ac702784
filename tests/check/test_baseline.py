"""The baseline file: what it lists fails nothing, what is new does, and what nothing matches any more is told."""

from __future__ import annotations

import pytest

from tests.check.answers import check, refused, report
from tests.check.repo import Repo
from tests.cli.test_schemas import check as follows_schema

HOST_BITS = "  - from:\n    - ipBlock: {cidr: 10.1.2.3/16}\n    ports:\n    - port: 5432\n"


@pytest.fixture
def known(repo: Repo) -> Repo:
    """A repository with a finding that its baseline file lists, on ``main``."""
    repo.write("policies/data.yaml", repo.read("policies/data.yaml") + HOST_BITS)
    repo.write("ringfence.yaml", repo.read("ringfence.yaml").replace("base: main\n", "") + "baseline: known.json\n")
    suite = repo.read("tests/promises.yaml").replace("only the cart reaches", "the cart reaches")
    repo.write("tests/promises.yaml", suite.replace("  only:\n", "  only:\n  - from: 10.1.0.0/16\n    ports: 5432\n"))
    result = check("--write-baseline")
    assert (result.exit_code, result.stdout) == (0, "Wrote known.json: 2 findings.\n"), result.output
    return repo.commit()


def test_what_it_lists_passes(known: Repo) -> None:
    found = report(status=0)
    listed = {each["finding"]["code"] for each in found["lint"]["findings"] if each["inBaselineFile"]}
    assert listed == {"RF104", "RF411"}
    assert found["lint"]["staleBaseline"] == []
    assert "in the baseline file" in check().stdout


def test_it_says_what_each_entry_is(known: Repo) -> None:
    entries = follows_schema(known.read("known.json"))["findings"]
    assert {(entry["code"], entry["object"]) for entry in entries} == {
        ("RF104", "data/NetworkPolicy/postgres"),
        ("RF411", "data/NetworkPolicy/postgres"),
    }


def test_written_again_it_is_the_same_to_the_byte(known: Repo) -> None:
    before = known.read("known.json")
    known.write("policies/data.yaml", "# a comment\n" + known.read("policies/data.yaml"))
    check("--write-baseline")
    assert known.read("known.json") == before


def test_a_finding_that_it_does_not_list_fails(known: Repo) -> None:
    known.write("policies/data.yaml", known.read("policies/data.yaml") + HOST_BITS.replace("10.1.2.3", "10.1.9.9"))
    found = report(status=1)
    assert {failure["part"] for failure in found["failures"]} == {"schema", "lint"}  # RF104, and RF411 or RF501
    states = {each["state"] for each in found["lint"]["findings"] if each["finding"]["code"] == "RF104"}
    assert states == {"new", "unchanged"}


def test_an_entry_that_nothing_matches_is_stale(known: Repo) -> None:
    known.edit("policies/data.yaml", "10.1.2.3/16", "10.1.0.0/16").commit()
    found = report(status=0)
    assert {entry["code"] for entry in found["lint"]["staleBaseline"]} == {"RF104", "RF411"}
    text = check().stdout
    assert "Stale in the baseline file, write it again: RF104 of data/NetworkPolicy/postgres" in text
    assert "Stale in the baseline file: `RF104 data/NetworkPolicy/postgres`" in check("-o", "markdown").stdout


def test_an_entry_of_a_rule_that_does_not_run_is_not_stale(known: Repo) -> None:
    known.write("ringfence.yaml", known.read("ringfence.yaml") + "lint: {ignore: [RF104]}\n")
    assert report(status=0)["lint"]["staleBaseline"] == []


def test_a_baseline_file_that_is_missing_says_how_to_write_it(repo: Repo) -> None:
    repo.write("ringfence.yaml", repo.read("ringfence.yaml") + "baseline: known.json\n")
    text = "ringfence: known.json can't be read: no such file or directory. "
    assert refused() == f"{text}Write it with ringfence check --write-baseline.\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "known.json is no baseline file: Input data was truncated."),
        ('{"apiVersion": "ringfence.dev/v1", "kind": "Baseline", "findings": [{}]}', "missing required field"),
        ('{"apiVersion": "v1", "kind": "List", "findings": []}', "known.json is no baseline file: it is v1 List."),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(repo: Repo, text: str, message: str) -> None:
    repo.write("ringfence.yaml", repo.read("ringfence.yaml") + "baseline: known.json\n").write("known.json", text)
    assert message in refused()


def test_without_a_file_in_the_configuration_there_is_nowhere_to_write(repo: Repo) -> None:
    assert "ringfence.yaml names no baseline file. Add baseline: ringfence-baseline.json." in refused(
        "--write-baseline"
    )
