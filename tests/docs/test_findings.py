"""The table of findings, the pages of the rules and the table of values are the code's."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from ringfence.model.codes import CODES
from ringfence.model.finding import Code
from ringfence.observe.codes import CODES as OF_RECORDS
from tests.docs.paths import DOCS


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_findings_is_up_to_date(generator: ModuleType) -> None:
    text = generator.FINDINGS.read_text(encoding="utf-8")
    assert text == generator.page(text), "run make fix"


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_every_code_is_in_the_table(code: Code, generator: ModuleType) -> None:
    row = f"| [`{code.code}`](../rules/{code.code}.md) | `{code.slug}` |"
    assert row in generator.FINDINGS.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", OF_RECORDS, ids=lambda code: code.code)
def test_every_code_of_recorded_traffic_is_in_its_table(code: Code, generator: ModuleType) -> None:
    row = f"| `{code.code}` | `{code.slug}` | {code.severity} | {code.title} |"
    assert row in generator.FINDINGS.read_text(encoding="utf-8")
    assert code.code not in {other.code for other in CODES}


def test_the_pages_of_the_rules_are_up_to_date(generator: ModuleType) -> None:
    pages = generator.rules()
    assert {path: path.read_text(encoding="utf-8") for path in DOCS.glob("rules/RF*.md")} == pages, "run make fix"


def test_the_navigation_has_every_rule(generator: ModuleType) -> None:
    text = generator.NAVIGATION.read_text(encoding="utf-8")
    assert text == generator.navigation(text), "run make fix"


def test_the_table_of_the_chart_s_values_is_up_to_date(generator: ModuleType) -> None:
    text = generator.DEPLOY.read_text(encoding="utf-8")
    assert text == generator.values(text), "run make fix"
    assert "| `service.port` | `80` | Its port |" in text


def test_codes_that_a_page_mentions_exist() -> None:
    known = {code.code for code in (*CODES, *OF_RECORDS)}
    for path in DOCS.glob("**/*.md"):
        mentioned = set(re.findall(r"\bRF\d{3}\b", path.read_text(encoding="utf-8")))
        assert mentioned <= known, path
