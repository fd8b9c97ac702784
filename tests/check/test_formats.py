"""One run, several formats: files, JUnit, annotations; and what the command line refuses."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from tests.check.answers import check, sarif_schema
from tests.check.repo import Repo
from tests.cli.test_schemas import check as follows_schema

INTERNET = "  - from:\n    - ipBlock: {cidr: 0.0.0.0/0}\n    ports:\n    - port: 5432\n"


@pytest.fixture
def opened(repo: Repo) -> Repo:
    return repo.write("policies/data.yaml", repo.read("policies/data.yaml") + INTERNET).commit()


def test_one_run_writes_every_format(opened: Repo) -> None:
    names = ("text", "json", "sarif", "junit", "github", "markdown")
    result = check(*(f"--output-file={name}=out.{name}" for name in names))
    assert result.exit_code == 1
    sarif_schema().validate(json.loads(opened.read("out.sarif")))
    follows_schema(opened.read("out.json"))
    assert opened.read("out.markdown").startswith("<!-- ringfence check -->\n")
    assert opened.read("out.github").startswith("::error title=ringfence check::")
    assert "The check fails." in opened.read("out.text")
    assert ET.fromstring(opened.read("out.junit")).tag == "testsuites"
    assert result.stdout == opened.read("out.text")


def test_junit_has_a_test_for_each_promise_and_each_failing_thing(opened: Repo) -> None:
    root = ET.fromstring(check("-o", "junit").stdout)
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"diff", "promises", "schema", "lint"}
    assert [case.get("name") for case in suites["diff"]] == ["from-internet data/StatefulSet/postgres"]
    failed = {case.get("name"): case.find("failure") is not None for case in suites["promises"]}
    assert failed == {
        "every pod reaches DNS": False,
        "the Internet reaches no database": True,
        "only the cart reaches the database": True,
        "the shop works": False,
    }
    (case,) = suites["diff"]
    assert (case.get("file"), case.get("line")) == (
        "policies/data.yaml",
        str(opened.line("policies/data.yaml", "0.0.0.0") - 1),
    )


def test_a_part_that_is_left_out_is_a_skipped_test(repo: Repo) -> None:
    root = ET.fromstring(check("-o", "junit", "--no-base").stdout)
    (case,) = next(suite for suite in root if suite.get("name") == "diff")
    skipped = case.find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "no base is configured (base, or --base)"
    assert root.get("failures") == "0"


def test_annotations_begin_with_why_it_fails_and_point_to_lines(opened: Repo) -> None:
    lines = check("-o", "github").stdout.splitlines()
    assert lines[0].startswith("::error title=ringfence check::1 risk that nobody approved. 2 tests failed.")
    line = opened.line("policies/data.yaml", "0.0.0.0") - 1
    risk = f"::error file=policies/data.yaml,line={line},endLine={line},col=5,title=Risk%3A from the Internet::"
    assert sum(each.startswith(risk) for each in lines) == 1
    assert any("title=Promise broken by this change%3A the Internet reaches no database::" in each for each in lines)


def test_what_passes_has_no_annotation(repo: Repo) -> None:
    assert check("-o", "github").stdout == ""


def test_text_names_the_counter_example_and_the_rule(opened: Repo) -> None:
    text = check().stdout
    assert "✗ the Internet reaches no database (this change breaks it)  tests/promises.yaml:" in text
    assert "can reach data/StatefulSet/postgres on TCP 5432." in text
    assert "NetworkPolicy  data/postgres, ingress rule 2 allows it  policies/data.yaml:" in text
    assert text.splitlines()[-1].startswith("The check fails. 1 risk that nobody approved. 2 tests failed.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--output-file", "sarif"), "'sarif' is not FORMAT=FILE"),
        (("--output-file", "pdf=x"), "'pdf=x' is not FORMAT=FILE"),
        (("--output-file", "json=no/such/directory/x"), "no/such/directory/x: No such file or directory."),
        (("--base", "x", "--no-base"), "exclude each other"),
        (("--base-policies", "policies"), "--base-policies goes with --policies."),
        (("--policies", "policies", "--base", "main"), "compared with --base-policies, not with --base"),
        (("--policies", "-", "--base-policies", "-"), "Only one input can be stdin."),
        (("--config", "none.yaml"), "none.yaml can't be read: no such file or directory."),
        (("--policies", "none"), "none can't be read: no such file or directory."),
    ],
)
def test_wrong_usage_is_a_sentence(repo: Repo, arguments: tuple[str, ...], message: str) -> None:
    result = check(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
