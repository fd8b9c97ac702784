"""``ringfence reach``: every allowed connection, under filters and in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.running import run

V4 = "0.0.0.0-255.255.255.255"
ALL = "1-65535"


def rows(shop: str, *arguments: str) -> list[tuple[str, ...]]:
    result = run("reach", shop, "-o", "csv", *arguments)
    assert result.exit_code == 0, result.stderr
    header, *found = csv.reader(io.StringIO(result.stdout))
    assert header == ["src", "dst", "protocol", "ports"]
    return [tuple(row) for row in found]


def test_one_row_for_each_source_destination_and_protocol(shop: str) -> None:
    assert rows(shop, "--no-external", "--by", "pod", "--to", "data/db-0") == [
        ("shop/api", "data/db-0", "TCP", "5432-5432"),
        ("shop/web-1", "data/db-0", "TCP", "5432-5432"),
    ]


def test_an_open_end_takes_every_port_of_every_protocol(shop: str) -> None:
    found = rows(shop, "--no-external", "--by", "pod", "--from", "data", "--to", "shop/api")
    assert found == [("data/db-0", "shop/api", protocol, ALL) for protocol in ("TCP", "UDP", "SCTP")]


def test_a_workload_may_what_one_of_its_replicas_may(shop: str) -> None:
    found = rows(shop, "--no-external", "--to", "data/*")
    assert found == [
        ("shop/Pod/api", "data/Pod/db-0", "TCP", "5432-5432"),
        ("shop/StatefulSet/web", "data/Pod/db-0", "TCP", "5432-5432"),
    ]


def test_addresses_outside_are_ranges_of_both_families(shop: str) -> None:
    found = rows(shop, "--from", "data/db-0")
    outside = {row[1] for row in found if "/" not in row[1]}
    assert any(name.endswith("-255.255.255.255") for name in outside)
    assert any(name.endswith("-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") for name in outside)
    assert all("/" in row[0] for row in found)


def test_an_address_outside_can_be_asked_for(shop: str) -> None:
    found = rows(shop, "--to", "192.0.2.1", "--from", "shop/api", "--port", "443/TCP")
    assert {row[0] for row in found} == {"shop/Pod/api"}
    assert {row[2] for row in found} == {"TCP", "UDP", "SCTP"}
    assert len({row[1] for row in found}) == 1


def test_external_addresses_can_be_left_out(shop: str) -> None:
    assert all("/" in row[0] and "/" in row[1] for row in rows(shop, "--no-external"))


def test_a_port_keeps_connections_that_include_it(shop: str) -> None:
    to_db = ("--no-external", "--to", "data", "--port")
    assert len(rows(shop, *to_db, "5432")) == 2
    assert len(rows(shop, *to_db, "5432/TCP")) == 2
    assert rows(shop, *to_db, "5432/UDP") == []
    assert rows(shop, *to_db, "80") == []


def test_a_namespace_may_be_at_either_end(shop: str) -> None:
    found = rows(shop, "--no-external", "-n", "data")
    assert found
    assert all("data/" in row[0] + row[1] for row in found)


def test_a_pod_is_not_listed_with_itself(shop: str) -> None:
    assert all(row[0] != row[1] for row in rows(shop, "--by", "pod"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "nowhere/*"), "No pod matches 'nowhere/*'."),
        (("--to", "dta"), "No pod matches 'dta'. Did you mean data?"),
        (("--to", "data/db-1"), "There is no pod data/db-1 in the input. Did you mean data/db-0?"),
        (("--from", "service:data/db"), "a Service opens no connections"),
        (("-n", "dat"), "There is no namespace dat in the input. Did you mean data?"),
        (("--port", "http"), "'http' is no port"),
        (("--port", "80/x"), "'x' is no protocol"),
        (("--to", "data", "--to", "192.0.2.1"), "ask twice"),
        (("--summary", "-o", "csv"), "--summary has no format csv"),
        (("-f", "/nonexistent/x"), "/nonexistent/x: No such file or directory."),
    ],
)
def test_a_filter_that_names_nothing_is_wrong_usage(shop: str, arguments: tuple[str, ...], message: str) -> None:
    result = run("reach", shop, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_text_is_grouped_by_source(shop: str) -> None:
    result = run("reach", shop, "--no-external", "--to", "data")
    assert result.exit_code == 0
    assert result.stdout == (
        "shop/Pod/api\n"
        "  → data/Pod/db-0  TCP 5432\n"
        "\n"
        "shop/StatefulSet/web\n"
        "  → data/Pod/db-0  some replicas only: TCP 5432\n"
        "\n"
        "2 connections allowed.\n"
    )


def test_text_about_everything_ends_in_counts(shop: str) -> None:
    lines = run("reach", shop).stdout.splitlines()
    assert lines[lines.index("18 connections allowed.") + 1] == "5 pods of 4 workloads in 2 namespaces, 1 policy."


def test_addresses_outside_are_told_in_words(shop: str) -> None:
    text = run("reach", shop, "--from", "shop/api").stdout
    assert "  → Internet              all ports\n" in text


def test_the_summary_counts_pairs_of_pods(shop: str) -> None:
    summary = json.loads(run("reach", shop, "--summary", "-o", "json").stdout)["summary"]
    # 5 pods: 20 pairs. 4 lead to db-0: api and web-1 may use one port, web-0 and cart none. The other 16 are open.
    assert (summary["pods"], summary["pairs"]) == (5, 20)
    assert (summary["full"], summary["partial"], summary["denied"]) == (16, 2, 2)
    assert (summary["isolatedIngress"], summary["isolatedEgress"]) == (1, 0)
    assert (summary["toExternal"], summary["fromExternal"]) == (5, 4)
    text = run("reach", shop, "--summary").stdout
    assert "nothing allowed" in text
    assert "10.0 %" in text


def test_json_lists_what_every_replica_may_where_replicas_differ(shop: str) -> None:
    report = json.loads(run("reach", shop, "--no-external", "--to", "data", "-o", "json").stdout)
    assert report["connections"] == [
        {"src": "shop/Pod/api", "dst": "data/Pod/db-0", "ports": {"TCP": [[5432, 5432]]}},
        {"src": "shop/StatefulSet/web", "dst": "data/Pod/db-0", "ports": {"TCP": [[5432, 5432]]}, "always": {}},
    ]


@pytest.mark.parametrize(
    ("output", "start"), [("dot", "digraph"), ("md", "## Allowed connections"), ("html", "<!doctype html>")]
)
def test_every_format_can_be_written_to_a_file(shop: str, tmp_path: Path, output: str, start: str) -> None:
    file = tmp_path / "answer"
    result = run("reach", shop, "-o", output, "-f", str(file))
    assert (result.exit_code, result.stdout) == (0, "")
    assert file.read_text(encoding="utf-8").lower().startswith(start.lower())


def test_the_page_names_the_deciding_rules(shop: str) -> None:
    page = run("reach", shop, "-o", "html", "--no-external").stdout
    assert "NetworkPolicy data/db" in page
    assert "ingress rule 1" in page


def test_a_page_of_too_many_ends_is_refused_with_what_to_do(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.render.page_data.MAX_CELLS", 4)
    result = run("reach", shop, "-o", "html")
    assert result.exit_code == 2
    assert "is too large to be of use: group by workload, choose namespaces, or write CSV." in result.stderr
