"""The page about policy tests, its schema and the reader of suites know the same fields; what it shows is valid."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ringfence.testing import reading, reading_ends
from ringfence.testing.reading import read
from ringfence.testing.suite import Expect, Group, Side
from tests.clusters import raw_objects
from tests.docs.paths import DOCS, ROOT

PAGE = (DOCS / "reference" / "policy-test.md").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads((DOCS / "schemas" / "PolicyTest.json").read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]
HEAD = "apiVersion: ringfence.dev/v1\nkind: PolicyTest\nmetadata: {name: page}\n"


def shown() -> list[str]:
    """The YAML blocks of the page, each made a whole suite."""
    found = []
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        if "apiVersion:" in block:
            found.append(block)
        elif "tests:" in block:
            found.append(HEAD + block)
        elif block.startswith("- name:"):
            found.append(f"{HEAD}tests:\n{block}")
        else:
            found.append(
                f"{HEAD}tests:\n- name: page\n  expect: denied\n" + re.sub("^", "  ", block, flags=re.MULTILINE)
            )
    return found


@pytest.mark.parametrize("text", shown())
def test_every_example_of_the_page_is_read_and_valid(text: str) -> None:
    assert read(raw_objects(text))[0].cases
    Draft202012Validator(SCHEMA).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples" / "policy-tests").glob("*.yaml")), ids=lambda path: path.name
)
def test_every_suite_of_the_examples_is_valid(path: Any) -> None:
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        Draft202012Validator(SCHEMA).validate(document)


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        (reading._SUITE, SCHEMA),
        (reading._METADATA, SCHEMA["properties"]["metadata"]),
        (reading._CASE, DEFS["test"]),
        (reading._ENTRY, DEFS["connections"]),
        (reading_ends._PODS, DEFS["pods"]),
        (reading_ends._ADDRESSES, DEFS["addresses"]),
        (reading_ends._NEW, DEFS["newPod"]["properties"]["newPod"]),
    ],
)
def test_the_schema_has_the_fields_of_the_reader(fields: tuple[str, ...], schema: dict[str, Any]) -> None:
    assert set(schema["properties"]) == set(fields)


def test_the_schema_has_the_words_of_the_reader() -> None:
    assert DEFS["test"]["properties"]["expect"]["enum"] == [str(each) for each in Expect]
    assert DEFS["side"]["enum"] == [str(each) for each in Side]
    assert SCHEMA["properties"]["define"]["propertyNames"]["not"]["enum"] == [str(each) for each in Group]


@pytest.mark.parametrize(
    "word", [*reading._CASE, *map(str, Group), *reading_ends._PODS, "newPod", "define", "ownerLabel"]
)
def test_the_page_names_every_word(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{re.escape(word)}\b[^`\n]*`|^ *{re.escape(word)}:", PAGE, re.MULTILINE), word
