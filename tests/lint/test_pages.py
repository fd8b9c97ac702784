"""Every rule has its page, and the page's examples are true: the first fires, the second doesn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.lint import pages, registry
from ringfence.lint.context import Settings
from ringfence.lint.registry import RULES, LintRule
from ringfence.model.codes import CODES
from tests.lint.linting import codes

SETTINGS = Settings(annotations=("example.com/owner",))

WITHOUT_YAML = {
    "RF001": "is about a file that can't be opened",
    "RF002": "is about text that is no YAML, and would spoil the page's own",
    "RF003": "is about size",
    "RF004": "is about size",
    "RF014": "is about the answer of an API server",
    "RF015": "is about links between directories",
    "RF016": "is about an input with nothing in it",
    "RF017": "is about the way in which a file writes a word",
    "RF018": "is about the answer of an API server",
    "RF050": "is about the answers of reach",
    "RF052": "is about a record of DNS answers that is given beside the manifests",
    "RF061": "depends on the date",
    "RF604": "needs more ports than a page has room for",
}
"""Rules whose page shows no manifest, and why."""

SHOWN = [rule for rule in RULES if rule.code.code not in WITHOUT_YAML]


def test_every_code_has_one_rule() -> None:
    assert [rule.code for rule in RULES] == sorted(CODES, key=lambda code: code.code)


def test_every_module_of_a_rule_is_in_the_table() -> None:
    files = {path.stem for path in Path(registry.__file__).with_name("rules").glob("rf*.py")}
    assert files == {rule.module for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code.code)
def test_a_page_has_all_sections_in_order(rule: LintRule) -> None:
    found = pages.sections(rule)
    assert tuple(found) == pages.SECTIONS
    assert all(found.values())
    assert pages.title(rule).endswith(".")


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.code.code)
def test_the_example_of_a_page_fires(rule: LintRule) -> None:
    text = pages.manifests(rule, "Example")
    assert text
    assert rule.code.code in codes(text, settings=SETTINGS)


@pytest.mark.parametrize("rule", SHOWN, ids=lambda rule: rule.code.code)
def test_what_a_page_says_to_use_instead_does_not_fire(rule: LintRule) -> None:
    text = pages.manifests(rule, "Use instead")
    assert text
    assert rule.code.code not in codes(text, settings=SETTINGS)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.code.code in WITHOUT_YAML], ids=lambda r: r.code.code)
def test_a_page_without_manifests_is_one_that_cannot_have_them(rule: LintRule) -> None:
    assert not pages.manifests(rule, "Example")
