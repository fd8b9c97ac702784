"""A diff on pages: what it shows is text, wherever it comes from, and long answers are cut short."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

import pytest
from markdown_it import MarkdownIt

from ringfence.diff import By, Cause, Change, DiffReport, End, Impact, Risk, RiskKind
from ringfence.model.origin import Origin, Position
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.render import diff_groups, diff_html, diff_markdown, diff_text

TCP_80 = PortSet.point(Protocol.TCP, 80)
HERE = Origin(Position("new.yaml", 7))
THERE = Origin(Position("old.yaml", 9))
CAUSE = Cause("NetworkPolicy data/db is new", HERE)
HOSTILE = ["<script>alert(1)</script>", "a|b", "a`b``c", "@team", "[x](javascript:y)", "a\nb", '"><img src=x>', "&lt;"]


def added(src: str, dst: str = "data/Deployment/db", *, causes: Sequence[Cause] = (CAUSE,)) -> Change:
    ends = [End(name, name.split("/")[0] if "/" in name else "") for name in (src, dst)]
    return Change(ends[0], ends[1], NO_PORTS, TCP_80, NO_PORTS, TCP_80, causes=tuple(causes))


def report(*changes: Change, risks: Sequence[Risk] = (), namespaces: Sequence[Impact] = ()) -> DiffReport:
    return DiffReport(By.WORKLOAD, changes, risks=tuple(risks), namespaces=tuple(namespaces))


def hostile(name: str) -> DiffReport:
    cause = Cause(f"NetworkPolicy {name} is new", Origin(Position(name, 3)))
    risk = Risk(RiskKind.TO_INTERNET, name, f"{name} may reach the Internet.", (cause,), 1)
    return report(added(f"shop/Deployment/{name}", causes=[cause]), risks=[risk], namespaces=[Impact(name, 1)])


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_on_the_page(name: str) -> None:
    page = diff_html.render(hostile(name))
    tags = set(re.findall(r"<([a-z0-9]+)", page))
    assert tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
        "span", "code", "details", "summary", "br",
    }  # fmt: skip
    assert not re.search(r"<[^>]*\son[a-z]+=", page)


def test_the_page_allows_its_own_style_and_nothing_else() -> None:
    page = diff_html.render(report(added("shop/Deployment/web")))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1] == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    assert "style=" not in page.replace("style-src", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_in_markdown(name: str) -> None:
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(diff_markdown.render(hostile(name)))
    assert "<script>" not in page
    assert "<img" not in page
    assert "<a " not in page
    rows = [row for row in page.split("<tr>") if "TCP 80" in row]
    assert len(rows) == 1
    assert rows[0].count("<td>") == 4


def test_changes_stand_under_their_causes_the_most_first() -> None:
    other = Cause("NetworkPolicy data/x is removed", THERE, in_new=False)
    found = diff_groups.groups(
        report(added("shop/Deployment/a", causes=[other]), added("shop/Deployment/b"), added("shop/Deployment/c"))
    )
    assert [group.causes for group in found] == [(CAUSE,), (other,)]
    assert [entry.src for entry in found[0].entries] == ["shop/Deployment/b", "shop/Deployment/c"]


def test_ranges_that_are_treated_alike_are_one_line() -> None:
    (group,) = diff_groups.groups(report(added("0.0.0.0-9.255.255.255"), added("11.0.0.0-255.255.255.255")))
    assert [entry.src for entry in group.entries] == ["Internet (IPv4) except 10.0.0.0/8"]


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (Cause("x", HERE), "new.yaml:7"),
        (Cause("x", HERE, THERE), "new.yaml:7 (was old.yaml:9)"),
        (Cause("x", HERE, HERE), "new.yaml:7"),
        (Cause("x", THERE, HERE, in_new=False), "new.yaml:7 (was old.yaml:9)"),
        (Cause("x", THERE, in_new=False), "old.yaml:9"),
        (Cause("x"), ""),
    ],
)
def test_the_place_to_look_at_is_in_the_new_input_where_there_is_one(cause: Cause, text: str) -> None:
    assert diff_text.places(cause) == text


def test_long_lists_are_counted_unless_all_is_asked_for() -> None:
    many = report(*(added(f"shop/Deployment/w{number:03}") for number in range(30)))
    short, full = (list(diff_text.render(many, every=every)) for every in (False, True))
    assert "  and 18 more connections; -v shows all" in short
    assert sum("→" in line for line in short) == diff_text.SHOWN
    assert sum("→" in line for line in full) == 30


def test_many_risks_are_counted() -> None:
    many = [Risk(RiskKind.CUTS_DNS, f"w{number}", f"w{number} is cut.") for number in range(20)]
    lines = list(diff_text.render(report(added("shop/Deployment/a"), risks=many)))
    assert "  and 8 more; -v shows all" in lines


def test_a_change_without_cause_is_still_shown() -> None:
    lines = list(diff_text.render(report(added("shop/Deployment/a", causes=[]))))
    assert any("For no single cause" in line for line in lines)
    assert any("shop/Deployment/a → data/Deployment/db" in line for line in lines)
