"""The answer as Markdown."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from ringfence.model.codes import NO_ADDRESS
from ringfence.model.finding import Finding
from ringfence.model.ports import NO_PORTS
from ringfence.reach.report import Grouping, ReachEnd, ReachReport
from ringfence.render.markdown import code, render
from tests.render.reports import ALL_IPV4, ALL_IPV6, API, DB, SUMMARY, WEB, connection, report, tcp


def html(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_the_summary_comes_first() -> None:
    text = render(report([connection(WEB, API)]))
    assert "| pods | 5 of 3 workloads in 2 namespaces |" in text
    assert "| … some ports allowed | 3 (15.0%) |" in text
    assert text.index("pairs of pods") < text.index("### From")


def test_each_source_has_a_table_of_destinations_and_ports() -> None:
    text = render(report([connection(WEB, DB, tcp(5432)), connection(API, DB), connection(WEB, API, tcp(80, 81))]))
    assert text.index("### From `shop/Deployment/api`") < text.index("### From `shop/Deployment/web`")
    web = text[text.index("### From `shop/Deployment/web`") :]
    assert web.index("| `data/StatefulSet/db` | `TCP 5432` |") < web.index("| `shop/Deployment/api` | `TCP 80-81` |")
    assert "| `data/StatefulSet/db` | **all ports** |" in text


def test_external_ends_alike_are_one_row_after_the_others() -> None:
    text = render(
        report([connection(WEB, ALL_IPV4, tcp(443)), connection(WEB, ALL_IPV6, tcp(443)), connection(WEB, API)])
    )
    assert "| `Internet` | `TCP 443` |" in text
    assert text.index("shop/Deployment/api") < text.index("`Internet`")


def test_replicas_that_differ_are_told() -> None:
    assert "`TCP 80`, every replica: `no ports`" in render(report([connection(WEB, API, tcp(80), NO_PORTS)]))


def test_an_answer_without_connections_says_so() -> None:
    assert "No connection is allowed between 2 ends." in render(report([], WEB, API))


def test_notes_are_listed_with_markup_made_inert() -> None:
    note = Finding(NO_ADDRESS, "3 pods of *shop* have no | address")
    answer = ReachReport(Grouping.WORKLOAD, (), [], SUMMARY, (note,))
    assert "<em>" not in html(render(answer))
    assert "3 pods of *shop* have no | address" in html(render(answer))


@pytest.mark.parametrize(
    "name", ["a|b", "a`b", "``", "`", "<script>x</script>", "a\nb | c", "@team", "[x](y)", "", "a\\|b"]
)
def test_a_hostile_name_stays_in_its_cell(name: str) -> None:
    hostile = ReachEnd(f"shop/Deployment/{name}", "shop")
    page = html(render(report([connection(WEB, hostile, tcp(80))])))
    assert "<script>" not in page
    assert page.count("<tr>") == 12 + 1  # the summary's head and ten rows, the connections' head, and its row
    rows = [row for row in page.split("<tr>") if "TCP 80" in row]
    assert len(rows) == 1
    assert rows[0].count("<td>") == 2
    assert rows[0].count("<code>") == 2


def test_a_code_span_uses_a_fence_longer_than_any_in_the_text() -> None:
    assert code("a``b") == "```a``b```"
    assert code("`a") == "`` `a ``"
    assert code("a|b") == "`a\\|b`"
