"""The Code Quality report, as GitLab's documentation describes it."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from tests.check.answers import Json, check, sarif
from tests.check.repo import Repo

OPEN = "  - ports:\n    - port: 5432\n"

# "Code Quality report format": these fields, of which all but check_name are required, and these severities.
SCHEMA = Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "minLength": 1},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["path", "lines"],
                    "properties": {
                        # Relative, and without "./" before it.
                        "path": {"type": "string", "pattern": r"^(?!\./|/)"},
                        "lines": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)


def issues(status: int) -> list[Json]:
    result = check("-o", "codequality")
    assert result.exit_code == status, result.output
    found: list[Json] = json.loads(result.stdout)
    SCHEMA.validate(found)
    return found


def opened(repo: Repo) -> Repo:
    return repo.write("policies/data.yaml", repo.read("policies/data.yaml") + OPEN).commit()


def test_a_risk_is_critical_and_stands_at_the_line_that_brings_it(repo: Repo) -> None:
    opened(repo)
    (risk,) = (each for each in issues(1) if each["check_name"] == "risk-from-internet")
    assert risk["severity"] == "critical"
    line = len(repo.read("policies/data.yaml").removesuffix(OPEN).splitlines()) + 1
    assert risk["location"] == {"path": "policies/data.yaml", "lines": {"begin": line}}


def test_there_is_an_issue_for_every_result_of_sarif_that_nothing_suppresses(repo: Repo) -> None:
    opened(repo)
    results = [each for each in sarif(status=1)["results"] if not each.get("suppressions")]
    assert [each["check_name"] for each in issues(1)] == [each["ruleId"] for each in results]
    assert len({each["fingerprint"] for each in issues(1)}) == len(results)


def test_a_check_that_finds_nothing_writes_an_empty_list(repo: Repo) -> None:
    """GitLab takes a missing report for one that can't be compared."""
    assert issues(0) == []
