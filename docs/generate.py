"""Writes the parts of the documents that repeat the code: finding codes, pages of the rules, the chart's values.

``make fix`` runs it; a test fails where the documents and the code differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from ringfence.lint.pages import markdown
from ringfence.lint.registry import RULES
from ringfence.model.codes import CODES
from ringfence.model.finding import Code

DOCS = Path(__file__).parent
FINDINGS = DOCS / "reference" / "findings.md"
DEPLOY = DOCS / "deploy.md"
CHART = DOCS.parent / "deploy" / "chart" / "ringfence"
NAVIGATION = DOCS.parent / "mkdocs.yml"
BLOCKS = {
    "RF000": "Reading input",
    "RF050": "What an answer assumes",
    "RF060": "Suppressions",
    "RF100": "Validity of policies",
    "RF200": "Selects nothing, or the wrong thing",
    "RF300": "Cuts",
    "RF400": "Exposure",
    "RF500": "Redundancy",
    "RF600": "Hygiene",
}
"""The titles of the blocks, by the least code that belongs to one."""

BEGIN, END = "<!-- codes: begin -->", "<!-- codes: end -->"
VALUES_BEGIN, VALUES_END = "<!-- values: begin, written by make fix -->", "<!-- values: end -->"
NAV_BEGIN, NAV_END = "# rules: begin, written by make fix", "# rules: end"


def table() -> str:
    """The codes in their blocks, as Markdown tables."""
    text = ""
    for block, codes in groupby(CODES, key=block_of):
        text += f"\n### {block}\n\n| code | name | severity | what |\n|---|---|---|---|\n"
        text += "".join(row(code) for code in codes)
    return text + "\n"


def block_of(code: Code) -> str:
    """The title of the block that a code belongs to."""
    return BLOCKS[max(least for least in BLOCKS if least <= code.code)]


def row(code: Code) -> str:
    """One code's line."""
    return f"| [`{code.code}`](../rules/{code.code}.md) | `{code.slug}` | {code.severity} | {code.title} |\n"


def page(text: str) -> str:
    """The page of findings with its table brought up to date."""
    return between(text, BEGIN, f"\n{table()}", END)


def rules() -> dict[Path, str]:
    """The page of every rule."""
    return {DOCS / "rules" / f"{rule.code.code}.md": markdown(rule) for rule in RULES}


def navigation(text: str) -> str:
    """The navigation of the site with its list of rules brought up to date."""
    lines = ""
    for block, codes in groupby(CODES, key=block_of):
        lines += f'      - "{block}":\n'
        lines += "".join(f"          - {code.code} {code.slug}: rules/{code.code}.md\n" for code in codes)
    return between(text, NAV_BEGIN, f"\n{lines}      ", NAV_END)


def values(text: str) -> str:
    """The page about deploying with the table of the chart's values brought up to date."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    rows = "".join(f"| `{name}` | `{default}` | {what} |\n" for name, default, what in _values(schema, defaults, ""))
    return between(text, VALUES_BEGIN, f"\n| value | default | what |\n|---|---|---|\n{rows}", VALUES_END)


def _values(schema: dict[str, Any], defaults: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, each in schema["properties"].items():
        if name not in defaults:
            continue  # what Helm adds of its own accord
        if "properties" in each:
            yield from _values(each, defaults[name], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", json.dumps(defaults[name]), _kinds(each)


def _kinds(each: dict[str, Any]) -> str:
    choices = each.get("enum")
    what: str = each["description"]
    return f"{what}: {', '.join(f'`{choice}`' for choice in choices)}" if choices else what


def between(text: str, begin: str, middle: str, end: str) -> str:
    """A text with what stands between two marks replaced."""
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{middle}{end}{after}"


def write() -> None:
    """Brings everything up to date."""
    FINDINGS.write_text(page(FINDINGS.read_text(encoding="utf-8")), encoding="utf-8")
    NAVIGATION.write_text(navigation(NAVIGATION.read_text(encoding="utf-8")), encoding="utf-8")
    DEPLOY.write_text(values(DEPLOY.read_text(encoding="utf-8")), encoding="utf-8")
    pages = rules()
    (DOCS / "rules").mkdir(exist_ok=True)
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    for path in (DOCS / "rules").glob("RF*.md"):
        if path not in pages:
            path.unlink()


if __name__ == "__main__":
    write()
