"""The page as a file: self-contained, and safe against what it shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ringfence.reach.report import ReachEnd
from ringfence.render.html import render
from tests.render.reports import API, DB, WEB, connection, denied_reasons, no_reasons, report, rule_reasons, tcp


class Page(HTMLParser):
    """Elements and the text of scripts and styles, as a parser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1] if self.tags else ("", {})
        if tag in ("script", "style") and data.strip():
            self.raw.append((tag, attributes, data))

    def data(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(next(text for _, found, text in self.raw if found.get("id") == "data"))
        return decoded


def page(*names: str, title: str = "Reach") -> str:
    ends = [ReachEnd(f"shop/Deployment/{name}", "shop") for name in names]
    pairs = [connection(WEB, one, tcp(80)) for one in ends] or [connection(WEB, API)]
    return render(report(pairs), rule_reasons, denied_reasons, title=title)


def test_nothing_is_fetched() -> None:
    text = page()
    for _, attributes in Page(text).tags:
        assert "src" not in attributes
        assert attributes.get("href") in (None, "data:,")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_the_policy_allows_only_the_scripts_and_styles_that_are_there() -> None:
    read = Page(page())
    policy = next(found["content"] for _, found in read.tags if found.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    code = [(tag, text) for tag, found, text in read.raw if found.get("type") != "application/json"]
    assert [tag for tag, _ in code] == ["style", "script"]
    for tag, text in code:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_has_no_inline_handlers_or_styles() -> None:
    for _, attributes in Page(page()).tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize(
    "name",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "]]>",
        "&lt;b&gt;",
        "\u2028\u2029",
        "集群 ünïcode",
        "$data $x",
        "\ud800",
    ],
)
def test_a_hostile_name_is_data(name: str) -> None:
    plain = Page(page("ok"))
    hostile = Page(page(name))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert name in [one[2] for one in hostile.data()["ends"]]


def test_a_hostile_title_is_text() -> None:
    title = '"><img src=x onerror=alert(1)></title>'
    assert [tag for tag, _ in Page(page(title=title)).tags] == [tag for tag, _ in Page(page()).tags]


def test_the_summary_and_the_notes_are_in_the_page() -> None:
    data = Page(page()).data()
    assert data["summary"]["pods"] == 5
    assert data["notes"] == []


def test_a_page_of_300_workloads_is_small() -> None:
    ends = [ReachEnd(f"team-{n % 25:02}/Deployment/workload-{n:03}", f"team-{n % 25:02}") for n in range(300)]
    pairs = [
        connection(src, dst, tcp(8000 + (i * 7 + j) % 40))
        for i, src in enumerate(ends)
        for j, dst in enumerate(ends)
        if src != dst and (i * 31 + j * 17) % 5 < 3
    ]
    text = render(report(pairs, *ends), rule_reasons, denied_reasons)
    assert len(text.encode()) < 2_000_000


def test_a_page_without_connections_is_valid() -> None:
    assert len(Page(render(report([], WEB, DB), no_reasons)).data()["ends"]) == 2
    assert Page(render(report([]), no_reasons)).data()["ends"] == []
