"""The table of findings is the code's."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from ringfence.model.codes import CODES
from ringfence.model.finding import Code
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
    assert f"| `{code.code}` | `{code.slug}` |" in generator.FINDINGS.read_text(encoding="utf-8")


def test_codes_that_a_page_mentions_exist() -> None:
    known = {code.code for code in CODES}
    for path in DOCS.glob("**/*.md"):
        mentioned = set(re.findall(r"\bRF\d{3}\b", path.read_text(encoding="utf-8")))
        assert mentioned <= known, path
