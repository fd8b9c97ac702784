"""The allowed connections as CSV and JSON."""

from __future__ import annotations

import io
import json

from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol
from ringfence.reach.report import Connection
from ringfence.render import reach_csv, reach_json
from tests.render.reports import ALL_IPV4, ALL_IPV6, connection, end, report, tcp

WEB, API = end("shop/Deployment/web"), end("shop/Deployment/api")


def csv_of(*pairs: Connection) -> list[str]:
    out = io.StringIO()
    reach_csv.write(report(pairs), out)
    return out.getvalue().splitlines()


def test_a_protocol_is_a_row_and_ports_are_merged_intervals() -> None:
    ports = tcp(80, 81, 443) | PortSet.range(Protocol.SCTP)
    assert csv_of(connection(API, WEB, ports)) == [
        "src,dst,protocol,ports",
        "shop/Deployment/api,shop/Deployment/web,TCP,80-81;443-443",
        "shop/Deployment/api,shop/Deployment/web,SCTP,1-65535",
    ]


def test_both_families_are_rows_of_their_own() -> None:
    assert csv_of(connection(ALL_IPV4, WEB, tcp(443)), connection(ALL_IPV6, WEB, tcp(443)))[1:] == [
        "0.0.0.0-255.255.255.255,shop/Deployment/web,TCP,443-443",
        "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,shop/Deployment/web,TCP,443-443",
    ]


def test_json_keeps_numbers_and_tells_what_every_replica_may() -> None:
    out = io.StringIO()
    reach_json.write(report([connection(API, WEB, ALL_PORTS), connection(WEB, API, tcp(80), NO_PORTS)]), (), out)
    first, second = json.loads(out.getvalue())["connections"]
    assert first["ports"] == {protocol: [[1, 65535]] for protocol in ("TCP", "UDP", "SCTP")}
    assert "always" not in first
    assert second == {"src": WEB.name, "dst": API.name, "ports": {"TCP": [[80, 80]]}, "always": {}}


def test_a_summary_has_no_connections() -> None:
    out = io.StringIO()
    reach_json.write(report([connection(API, WEB)]), (), out, summary_only=True)
    document = json.loads(out.getvalue())
    assert "connections" not in document
    assert document["summary"]["pairs"] == 20
