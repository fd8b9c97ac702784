"""What ``-o json`` prints is what ``docs/schemas`` say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.running import BROKEN, run, write

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"

QUERIES = """\
src,dst,protocol,port,ticket
shop/StatefulSet/web,data/db-0,TCP,5432,a
shop/api,service:data/db,TCP,80,b
192.0.2.1,data/db-0,UDP,1,c
shop/nobody,data/db-0,UDP,1,d
"""


def schema(kind: str) -> Draft202012Validator:
    body = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(body)
    return Draft202012Validator(body)


def check(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    schema(document["kind"]).validate(document)
    return document


@pytest.mark.parametrize("file", sorted(SCHEMAS.glob("*.json")), ids=lambda file: file.stem)
def test_a_schema_refuses_fields_that_it_does_not_know(file: Path) -> None:
    document = {"apiVersion": "ringfence.dev/v1", "kind": file.stem, "surprise": 1}
    messages = [error.message for error in schema(file.stem).iter_errors(document)]
    assert any("surprise" in message for message in messages)


@pytest.mark.parametrize(
    "arguments",
    [
        ("shop/StatefulSet/web", "data/db-0:5432"),
        ("shop/api", "service:data/db"),
        ("data/db-0", "shop/web-0"),
        ("192.0.2.1", "data/db-0:1/UDP"),
        ("shop/api", "10.96.0.5:80"),
        ("shop/api", "[2001:db8::1]:443"),
    ],
)
def test_a_why_report_follows_its_schema(tmp_path: Path, arguments: tuple[str, str]) -> None:
    shop = write(tmp_path, broken=BROKEN)
    assert check(run("why", shop, *arguments, "-o", "json").stdout)["findings"]


def test_a_verdict_report_follows_its_schema(tmp_path: Path) -> None:
    shop = write(tmp_path, broken=BROKEN)
    report = check(run("verdict", shop, "--queries", "-", "-o", "json", stdin=QUERIES).stdout)
    assert [row["ticket"] for row in report["rows"]] == ["a", "b", "c", "d"]


@pytest.mark.parametrize("arguments", [(), ("--by", "pod"), ("--summary",), ("--to", "data")])
def test_a_reach_report_follows_its_schema(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    shop = write(tmp_path, broken=BROKEN)
    check(run("reach", shop, "-o", "json", *arguments).stdout)
