"""Writes the parts of the documents that repeat the code: the table of finding codes.

``make fix`` runs it; a test fails where the page and the code differ.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from ringfence.model.codes import CODES
from ringfence.model.finding import Code

FINDINGS = Path(__file__).parent / "reference" / "findings.md"
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
    return f"| `{code.code}` | `{code.slug}` | {code.severity} | {code.title} |\n"


def page(text: str) -> str:
    """The page with its table brought up to date."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}{END}{after}"


if __name__ == "__main__":
    FINDINGS.write_text(page(FINDINGS.read_text(encoding="utf-8")), encoding="utf-8")
