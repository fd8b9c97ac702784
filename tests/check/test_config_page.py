"""The page on ``ringfence.yaml`` and its schema say the same, and the page's example is one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ringfence.check.config_file import read_config

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "config.md").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads((DOCS / "schemas" / "Config.json").read_text(encoding="utf-8"))


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """Every key of a mapping at any depth."""
    yield from schema.get("properties", {})
    items = [schema["items"]] if "items" in schema else []
    for inner in (*schema.get("properties", {}).values(), *schema.get("oneOf", ()), *items):
        yield from keys(inner)


@pytest.mark.parametrize("key", sorted(set(keys(SCHEMA))))
def test_every_key_is_described(key: str) -> None:
    assert re.search(rf"(^|[`.{{ ]){key}[`:]|`{key}\.", PAGE, re.MULTILINE), key


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    (whole,) = [text for text in examples() if text.startswith("apiVersion")]
    (render,) = [text for text in examples() if text.startswith("render")]
    file = tmp_path / "ringfence.yaml"
    file.write_text(whole + render, encoding="utf-8")
    config = read_config(str(file))
    assert (config.base, len(config.render), len(config.approved)) == ("origin/main", 3, 1)
    document = yaml.load(whole + render, Loader=yaml.BaseLoader)  # dates stay texts, as the tool reads them
    document["render"][2]["timeout"] = int(document["render"][2]["timeout"])
    Draft202012Validator(SCHEMA).validate(document)
