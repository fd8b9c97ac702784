"""The pages about egress requests, the schema and the reader know the same fields; what is shown is valid."""

from __future__ import annotations

import json
import re
from typing import Any

import click
import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

from ringfence.cli.generate_egress import command
from ringfence.egress import Choice, reading
from ringfence.egress.problems import BadRequestError
from ringfence.egress.reading import read
from tests.clusters import raw_objects
from tests.docs.paths import DOCS, ROOT
from tests.egress.worlds import REQUEST

PAGE = (DOCS / "reference" / "egress-request.md").read_text(encoding="utf-8")
COMMAND = (DOCS / "commands" / "generate-egress.md").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads((DOCS / "schemas" / "EgressRequest.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
SHOWN = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
OPTIONS = [option for option in command.params if isinstance(option, click.Option)]


def as_json(text: str) -> list[Any]:
    """Documents with dates as the texts that a schema means."""
    return [json.loads(json.dumps(body, default=str)) for body in yaml.safe_load_all(text)]


@pytest.mark.parametrize("text", [*SHOWN, REQUEST])
def test_every_example_of_the_page_is_read_and_valid(text: str) -> None:
    assert read(raw_objects(text))[0].entries
    for body in as_json(text):
        VALIDATOR.validate(body)


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "egress").glob("*.yaml")), ids=lambda path: path.name)
def test_every_request_of_the_examples_is_valid(path: Any) -> None:
    for body in as_json(path.read_text(encoding="utf-8")):
        VALIDATOR.validate(body)


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        (reading._ROOT, SCHEMA),
        (reading._METADATA, SCHEMA["properties"]["metadata"]),
        (reading._SPEC, SCHEMA["properties"]["spec"]),
        (reading._ENTRY, SCHEMA["$defs"]["entry"]),
    ],
)
def test_the_schema_has_the_fields_of_the_reader(fields: tuple[str, ...], schema: dict[str, Any]) -> None:
    assert set(schema["properties"]) == set(fields)


@pytest.mark.parametrize("spec", ["{}", "{app: a, egress: []}", "{app: a, selector: {b: c}, egress: [{to: x.y}]}"])
def test_the_schema_and_the_reader_refuse_alike(spec: str) -> None:
    text = f"apiVersion: ringfence.dev/v1\nkind: EgressRequest\nmetadata: {{name: a, namespace: b}}\nspec: {spec}\n"
    with pytest.raises(BadRequestError):
        read(raw_objects(text))
    with pytest.raises(ValidationError):
        VALIDATOR.validate(yaml.safe_load(text))


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.opts[-1])
def test_every_option_and_choice_is_in_the_table_of_the_page(option: click.Option) -> None:
    table = COMMAND.partition("## Options")[2].partition("\n## ")[0]
    for spelling in option.opts:
        (row,) = re.findall(rf"^\|[^|]*`{re.escape(spelling)}[` ].*$", table, re.MULTILINE)
        if isinstance(option.type, click.Choice):
            assert all(f"`{choice}`" in row for choice in option.type.choices)


def test_every_choice_has_a_row_on_the_page() -> None:
    table = COMMAND.partition("## The choices")[2].partition("\n## ")[0]
    assert {each.value for each in Choice} == set(re.findall(r"^\| `([a-z][a-z-]*)` \|", table, re.MULTILINE))
