"""The tour of the web page shows each page that there is, in pictures that stay small."""

from __future__ import annotations

import re

import pytest

from ringfence.server.views import PAGES
from tests.docs.paths import DOCS

TOUR = (DOCS / "web.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"!\[([^\]]+)\]\((images/[\w-]+\.png)\)", TOUR)


@pytest.mark.parametrize("title", [title for _, title in PAGES])
def test_a_page_has_its_section_and_its_picture(title: str) -> None:
    section = TOUR.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert re.search(rf"!\[{title}: [^\]]+\]\(images/", section)


def test_pictures_are_there_and_small_and_no_other() -> None:
    shown = {DOCS / path for _, path in PICTURES}
    assert set((DOCS / "images").glob("*")) == shown
    assert max(path.stat().st_size for path in shown) < 300_000
