"""The page on log formats has each format that is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.flowlogs.registry import names

PAGE = (Path(__file__).parents[2] / "docs" / "flows" / "formats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", names())
def test_each_format_has_its_row_and_its_section(name: str) -> None:
    assert f"\n| `{name}` |" in PAGE
    assert any(f"`{name}`" in line for line in PAGE.splitlines() if line.startswith("## "))
