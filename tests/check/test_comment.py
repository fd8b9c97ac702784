"""The comment on a pull request: never larger than GitHub takes, and inert whatever a manifest calls itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ringfence.render.check_markdown import LARGEST, MARKER
from tests.check.answers import check
from tests.check.repo import Repo

POLICY = """\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p{number}, namespace: {namespace}}}
spec:
  podSelector: {{matchLabels: {{app: a{number}}}}}
  policyTypes: [Ingress]
  ingress:
  - from: [{{ipBlock: {{cidr: {cidr}}}}}]
"""
POD = """\
---
apiVersion: v1
kind: Pod
metadata: {{name: a{number}, namespace: {namespace}, labels: {{app: a{number}}}}}
spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: 80}}]}}]}}
"""

HOSTILE = (
    "| x | y |",
    "@everyone and #1",
    "<img src=x onerror=alert(1)>",
    "<!-- hidden -->",
    "</details></details>",
    "```` fence ``` end",
    "[click](https://evil.example)",
    "**bold** _it_ ~~no~~",
    "&lt;script&gt;",
)


def comment() -> str:
    result = check("-o", "markdown")
    assert result.exit_code in (0, 1), result.stderr
    return result.stdout


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        yield token
        yield from token.children or ()


class Tags(HTMLParser):
    """The tags that a text opens, and how many are left open."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not attrs
        self.depth += tag in ("details", "summary")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in ("details", "summary")
        assert self.depth >= 0


def html_of(text: str) -> Tags:
    """The HTML that a forge would let through: what the Markdown holds as HTML."""
    found = Tags()
    found.feed("".join(token.content for token in tokens(text) if token.type in ("html_block", "html_inline")))
    return found


@pytest.mark.parametrize(("policies", "namespaces"), [(3, 1), (30, 2), (120, 1)])
def test_the_comment_fits_and_says_what_it_leaves_out(repo: Repo, policies: int, namespaces: int) -> None:
    numbers = list(product(range(policies), range(namespaces)))
    repo.write("policies/more.yaml", "".join(
        POLICY.format(number=number, namespace=f"team-{space}", cidr="0.0.0.0/0") for number, space in numbers
    ))  # fmt: skip
    repo.write("cluster.yaml", repo.read("cluster.yaml") + "".join(
        POD.format(number=number, namespace=f"team-{space}") for number, space in numbers
    ))  # fmt: skip
    repo.commit()
    text = comment()
    assert text.startswith(MARKER)
    assert len(text) <= LARGEST
    assert html_of(text).depth == 0
    assert "## Ringfence: the check fails" in text
    if policies * namespaces > 100:
        assert "more causes" in text


def test_names_and_sentences_are_inert(repo: Repo) -> None:
    quoted = "\n".join(
        f"- name: {text!r}\n  from: any-pod\n  to: internet\n  ports: 443\n  expect: allowed\n  reason: {text!r}"
        for text in HOSTILE
    )
    repo.write("tests/promises.yaml", repo.read("tests/promises.yaml") + quoted + "\n")
    approvals = "\n".join(f"- {{risk: cuts-dns, subject: {text!r}, reason: {text!r}}}" for text in HOSTILE)
    repo.write("ringfence.yaml", f"{repo.read('ringfence.yaml')}approved:\n{approvals}\n").commit()
    text = comment()
    assert html_of(text).seen <= {"details", "summary", "br"}
    assert html_of(text).depth == 0
    kinds = {token.type for token in tokens(text)}
    assert not kinds & {"link_open", "image", "em_open", "s_open"}
    shown = [token.content for token in tokens(text) if token.type in ("text", "code_inline", "fence")]
    outside = [token.content for token in tokens(text) if token.type == "text"]
    assert not any(re.search(r"[@#]\w", part) for part in outside)  # GitHub links these after Markdown's own escapes
    whole = " ".join(shown).replace("\u200b", "")
    assert [hostile for hostile in HOSTILE if hostile not in whole] == []  # and nothing of it is lost
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") in (3, 4) for line in rows if not line.startswith("| |"))


def test_the_comment_of_nothing_is_short(repo: Repo) -> None:
    assert len(comment().splitlines()) < 16
