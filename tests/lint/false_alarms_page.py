"""Writes ``docs/rules/false-alarms.md`` from the tables of the tests: ``python -m tests.lint.false_alarms_page``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.lint import test_false_alarms, test_false_alarms_rf3

PAGE = Path(__file__).parents[2] / "docs" / "rules" / "false-alarms.md"

CORPORA = {
    "k8s-e2e-netpol": "the network policy tables of Kubernetes' end-to-end tests",
    "cyclonus": "generated policies of the conformance tool Cyclonus",
    "npa-conformance-*": "the conformance tests of the network policy API",
    "netpol-analyzer-*": "the tests of an analyzer of connections",
    "policy-assistant": "the examples of the network policy API's policy assistant",
    "apiserver": "what an API server returned for a made-up cluster",
    "examples": "the shop and the incidents of this repository",
}
"""What each corpus is, by the names that the tables use."""

HEAD = """\
# False alarms

A rule that fires where nothing is wrong is soon not read any more. So all rules run on public cases that are valid and
whose connectivity is known, and on the examples of this repository; whatever fires there must stand in this table, with
the reason why it is right. A test holds both ways: nothing fires that isn't here, nothing is here that doesn't fire.

{corpora}

Most cases are about one policy and leave the rest of their cluster open: RF401 and RF402 are right nearly everywhere.
Notes about the input (RF010 to RF013) are left out. A `*` stands for any text in a case's name.

| cases | rule | why it is right |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    corpora = "\n".join(f"- `{name}`: {what}" for name, what in CORPORA.items())
    return HEAD.format(corpora=corpora) + "".join(_rows(test_false_alarms.RIGHT) + _rows(test_false_alarms_rf3.RIGHT))


def _rows(table: Mapping[tuple[str, str], str]) -> list[str]:
    return [f"| {_cases(pattern)} | [{code}]({code}.md) | {why} |\n" for (pattern, code), why in table.items()]


def _cases(pattern: str) -> str:
    """A pattern as people read it: which corpora its first letters stand for."""
    names = {"[!e]*": "all but `examples`", "[ck]*/*": "`cyclonus`, `k8s-e2e-netpol`"}
    return names.get(pattern, f"`{pattern}`")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
