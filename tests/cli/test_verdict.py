"""``ringfence verdict``: the same rows come out, in the same order, with their answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import run

CSV = """\
src,dst,protocol,port
shop/api,data/db-0,TCP,5432
shop/web-0,data/db-0,TCP,5432
shop/web-0,data/db-0,tcp,5432
shop/api,data/db-0,,5432
shop/api,data/db-0,UDP,5432
shop/api,service:data/db,TCP,80
shop/StatefulSet/web,data/db-0,TCP,5432
192.0.2.1,data/db-0,TCP,5432
data/db-0,192.0.2.1,SCTP,9
"""


def test_rows_come_out_as_they_went_in_with_three_columns_more(shop: str) -> None:
    result = run("verdict", shop, "--queries", "-", stdin=CSV)
    assert result.exit_code == 0
    assert result.stdout == (
        "src,dst,protocol,port,verdict,egress,ingress\n"
        "shop/api,data/db-0,TCP,5432,allowed,allowed,allowed\n"
        "shop/web-0,data/db-0,TCP,5432,blocked,allowed,blocked\n"
        "shop/web-0,data/db-0,tcp,5432,blocked,allowed,blocked\n"
        "shop/api,data/db-0,,5432,allowed,allowed,allowed\n"
        "shop/api,data/db-0,UDP,5432,blocked,allowed,blocked\n"
        "shop/api,service:data/db,TCP,80,allowed,allowed,allowed\n"
        "shop/StatefulSet/web,data/db-0,TCP,5432,blocked,allowed,blocked\n"
        "192.0.2.1,data/db-0,TCP,5432,blocked,allowed,blocked\n"
        "data/db-0,192.0.2.1,SCTP,9,allowed,allowed,allowed\n"
    )


def test_the_order_of_columns_is_free_and_others_are_kept(shop: str) -> None:
    queries = 'port,ticket,DST,verdict,src\n5432,"NET-1, urgent",data/db-0,old,shop/api\n'
    result = run("verdict", shop, "--queries", "-", stdin=queries)
    assert result.exit_code == 0
    assert result.stdout == (
        'port,ticket,dst,src,verdict,egress,ingress\n5432,"NET-1, urgent",data/db-0,shop/api,allowed,allowed,allowed\n'
    )


def test_a_byte_order_mark_and_windows_line_ends_are_no_obstacle(shop: str) -> None:
    queries = b"\xef\xbb\xbfsrc,dst,port\r\nshop/api,data/db-0,5432\r\n"
    result = run("verdict", shop, "--queries", "-", stdin=queries)
    assert result.stdout.splitlines()[1] == "shop/api,data/db-0,5432,allowed,allowed,allowed"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("shop/nobody,data/db-0,TCP,5432", "There is no pod shop/nobody"),
        ("shop/api,data/db-0,ICMP,5432", "'5432' is no type of ICMP"),
        ("shop/api,data/db-0,TCP,0", "'0' is no port"),
        ("shop/api,data/db-0,TCP,", "An empty port is no port"),
        ("shop/api,data/db-0", "An empty port is no port"),
        (",data/db-0,TCP,5432", "The endpoint is empty"),
        ("shop/api,service:data/db,TCP,5432", "has no port TCP 5432"),
        ("service:data/db,shop/api,TCP,80", "a Service opens no connections"),
        ("shop/api,data/db-0,TCP,5432,extra", "The row has 5 cells"),
    ],
)
def test_a_row_that_cannot_be_answered_says_why_and_the_others_are_answered(shop: str, row: str, message: str) -> None:
    queries = f"src,dst,protocol,port\n{row}\nshop/api,data/db-0,TCP,5432\n"
    result = run("verdict", shop, "--queries", "-", stdin=queries)
    assert result.exit_code == 1
    header, failed, answered = result.stdout.splitlines()
    assert header == "src,dst,protocol,port,verdict,egress,ingress,error"
    assert ",error,,," in failed
    assert message in failed.replace('""', '"')
    assert answered == "shop/api,data/db-0,TCP,5432,allowed,allowed,allowed,"


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (b"", "is empty"),
        (b"a,b,c\n1,2,3\n", "has no column src and no column dst and no column port"),
        (b"src,dst,port,port\n", "has the column 'port' twice"),
        (b"src,dst,port\nshop/\xff,x,1\n", "is not UTF-8 text"),
    ],
)
def test_queries_that_are_no_table_are_unreadable(shop: str, queries: bytes, message: str) -> None:
    for output in ("csv", "json"):
        result = run("verdict", shop, "--queries", "-", "-o", output, stdin=queries)
        assert result.exit_code == 2
        assert message in result.stderr
        assert result.stdout == ""


def test_queries_that_are_not_there_are_wrong_usage(shop: str) -> None:
    result = run("verdict", shop, "--queries", f"{shop}/none.csv")
    assert result.exit_code == 2
    assert "none.csv: No such file or directory." in result.stderr


def test_stdin_cannot_be_both_input_and_queries() -> None:
    assert "can't both be stdin" in run("verdict", "-", "--queries", "-").stderr


def test_json_lines_give_the_same_answers(shop: str) -> None:
    queries = (
        '{"src": "shop/api", "dst": "data/db-0", "port": 5432, "ticket": {"id": 7}}\n'
        "\n"
        '{"src": "shop/web-0", "dst": "data/db-0", "protocol": "TCP", "port": "5432"}\n'
    )
    result = run("verdict", shop, "--queries", "-", stdin=queries)
    assert result.exit_code == 0
    assert result.stdout == (
        "src,dst,port,ticket,protocol,verdict,egress,ingress\n"
        'shop/api,data/db-0,5432,"{""id"": 7}",,allowed,allowed,allowed\n'
        "shop/web-0,data/db-0,5432,,TCP,blocked,allowed,blocked\n"
    )


def test_a_line_that_is_no_object_is_an_error_row(shop: str) -> None:
    queries = '{"src": "shop/api", "dst": "data/db-0", "port": 5432}\n{"src": \n{"src": "shop/api"}\n'
    result = run("verdict", shop, "--queries", "-", "-o", "json", stdin=queries)
    assert result.exit_code == 1
    good, broken, short = json.loads(result.stdout)["rows"]
    assert good["verdict"] == "allowed"
    assert broken["error"].startswith("Line 2 is no JSON object")
    assert short["error"] == "The object on line 3 has no dst and no port."


def test_json_gives_the_deciding_rules_with_their_place(shop: str) -> None:
    result = run("verdict", shop, "--queries", "-", "-o", "json", stdin=CSV)
    report = json.loads(result.stdout)
    assert report["kind"] == "VerdictReport"
    first, second = report["rows"][:2]
    (rule,) = first["deciding"]["ingress"]
    assert (rule["policy"], rule["rule"], rule["action"]) == ("data/NetworkPolicy/db", 0, "allow")
    assert rule["origin"]["file"] == f"{shop}/policy.yaml"
    assert rule["origin"]["line"] == 9
    assert first["reason"] == {"egress": "not-isolated", "ingress": "rule"}
    assert second["deciding"] == {"egress": [], "ingress": []}
    assert second["reason"]["ingress"] == "no-rule"


def test_json_says_where_replicas_differ(shop: str) -> None:
    report = json.loads(run("verdict", shop, "--queries", "-", "-o", "json", stdin=CSV).stdout)
    row = report["rows"][6]
    assert row["verdict"] == "blocked"
    assert row["varies"] is True
    assert row["pairs"] == {"allowed": 1, "total": 2}


def test_queries_may_be_a_file(shop: str, tmp_path: Path) -> None:
    queries = tmp_path / "queries"
    queries.write_text(CSV, encoding="utf-8")
    assert run("verdict", shop, "--queries", str(queries)).exit_code == 0
