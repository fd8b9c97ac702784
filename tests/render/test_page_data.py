"""The data behind the page: exact, and each value written once."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol
from ringfence.reach.report import Connection, ReachEnd
from ringfence.render.page_data import MAX_CELLS, Reason, build
from tests.render.reports import (
    ALL_IPV4,
    ALL_IPV6,
    API,
    DB,
    WEB,
    connection,
    denied_reasons,
    end,
    no_reasons,
    report,
    rule_reasons,
    tcp,
)


def cells(data: dict[str, Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Every cell by the names of its ends, as a reader of the page's data decodes it."""
    names = ["/".join(filter(None, (data["namespaces"][ns], kind, name))) for ns, kind, name in data["ends"]]
    found = {}
    for src, runs in zip(names, data["rows"], strict=True):
        row = [kind for kind, count in zip(runs[::2], runs[1::2], strict=True) for _ in range(count)]
        for dst, kind in zip(names, row, strict=True):
            found[src, dst] = data["kinds"][kind]
    return found


def policies(data: dict[str, Any], reason_set: int) -> list[str]:
    return [data["strings"][data["reasons"][one][0]] for one in data["sets"][reason_set]]


def test_a_cell_has_its_ports_and_the_ports_of_every_replica() -> None:
    ports = tcp(80) | PortSet.range(Protocol.UDP, 53, 54)
    data = build(report([connection(WEB, API, ports, tcp(80))]), no_reasons, None)
    every, always, _, _ = cells(data)[WEB.name, API.name]
    assert data["ports"][every] == [[0, 80, 80], [1, 53, 54]]
    assert data["ports"][always] == [[0, 80, 80]]


def test_the_first_two_port_sets_are_none_and_all() -> None:
    data = build(report([connection(WEB, API)]), no_reasons, None)
    assert data["ports"][:2] == [[], [[0, 1, 65535], [1, 1, 65535], [2, 1, 65535]]]
    assert cells(data)[WEB.name, API.name][0] == 1
    assert cells(data)[API.name, WEB.name][0] == 0


def test_an_end_and_itself_is_not_applicable_nor_are_two_external_ends() -> None:
    data = build(report([connection(WEB, ALL_IPV4, tcp(443)), connection(WEB, ALL_IPV6, tcp(80))]), no_reasons, None)
    decoded = cells(data)
    assert decoded[WEB.name, WEB.name][0] == -1
    assert decoded["Internet (IPv4)", "Internet (IPv6)"][0] == -1


def test_reasons_are_told_by_direction() -> None:
    data = build(report([connection(WEB, DB, tcp(5432))]), rule_reasons, None)
    _, _, egress, ingress = cells(data)[WEB.name, DB.name]
    assert policies(data, egress) == ["shop/NetworkPolicy/out"]
    assert policies(data, ingress) == ["data/NetworkPolicy/in"]


def test_a_denied_cell_says_why_where_that_is_known() -> None:
    answer = [connection(WEB, DB, tcp(5432))]
    with_reason = build(report(answer), no_reasons, denied_reasons)
    without = build(report(answer), no_reasons, None)
    assert policies(with_reason, cells(with_reason)[DB.name, WEB.name][3]) == ["shop/NetworkPolicy/deny"]
    assert cells(without)[DB.name, WEB.name] == (0, 0, 0, 0)
    assert (with_reason["explains"], without["explains"]) == (True, False)


def test_a_reason_given_twice_is_shown_once() -> None:
    reason = Reason(Direction.EGRESS, "p", "r", "o", "t")

    def twice(pair: Connection) -> tuple[Reason, ...]:
        return reason, reason

    data = build(report([connection(WEB, API)]), twice, None)
    assert data["sets"] == [(), (0,)]


def test_namespaces_are_in_order_and_the_outside_is_last() -> None:
    data = build(report([connection(WEB, DB), connection(WEB, ALL_IPV4)]), no_reasons, None)
    assert data["namespaces"] == ["data", "shop", ""]
    assert data["ends"] == [[0, "StatefulSet", "db"], [1, "Deployment", "web"], [2, "", "Internet (IPv4)"]]


def test_a_pod_has_no_kind() -> None:
    data = build(report([connection(end("shop/web-1"), end("shop/api-1"))]), no_reasons, None)
    assert data["ends"] == [[0, "", "api-1"], [0, "", "web-1"]]


def test_external_ends_are_one_where_ports_and_reasons_agree() -> None:
    halves = [ReachEnd("0.0.0.0-127.255.255.255"), ReachEnd("128.0.0.0-255.255.255.255")]
    answer = [connection(WEB, half, tcp(443)) for half in halves]
    assert [name for _, _, name in build(report(answer), no_reasons, None)["ends"]] == ["web", "Internet (IPv4)"]

    def told_apart(pair: Connection) -> tuple[Reason, ...]:
        return (Reason(Direction.EGRESS, "p", "", "", pair.dst.name),)

    names = [name for _, _, name in build(report(answer), told_apart, None)["ends"]]
    assert names == ["web", "0.0.0.0/1", "128.0.0.0/1"]


def test_a_range_inside_another_gets_what_the_wider_one_does() -> None:
    ten = ReachEnd("10.0.0.0-10.255.255.255")
    data = build(report([connection(WEB, ALL_IPV4, tcp(443)), connection(API, ten, tcp(80))]), no_reasons, None)
    decoded = {pair: data["ports"][ports] for pair, (ports, _, _, _) in cells(data).items() if ports > 0}
    rest = "Internet (IPv4) except 10.0.0.0/8"
    assert decoded == {
        (WEB.name, "10.0.0.0/8"): [[0, 443, 443]],
        (WEB.name, rest): [[0, 443, 443]],
        (API.name, "10.0.0.0/8"): [[0, 80, 80]],
    }


def test_equal_cells_are_written_once() -> None:
    ends = [end(f"shop/Deployment/w{n:03}") for n in range(100)]
    answer = [connection(src, dst, tcp(80)) for src in ends for dst in ends if src != dst]
    data = build(report(answer), rule_reasons, None)
    assert len(data["kinds"]) == 2
    assert data["rows"][0] == [0, 1, 1, 99]
    assert data["ports"] == [[], [[p, 1, 65535] for p in range(3)], [[0, 80, 80]]]


def test_an_answer_too_large_for_a_page_is_refused_with_what_to_do() -> None:
    ends = [end(f"shop/p{n}") for n in range(int(MAX_CELLS**0.5) + 1)]
    with pytest.raises(ValueError, match="group by workload"):
        build(report([], *ends), no_reasons, None)


def test_every_cell_is_the_connection_of_its_ends() -> None:
    ends = [end(f"n{n % 3}/Deployment/w{n}") for n in range(12)]
    answer = {
        (src, dst): connection(src, dst, tcp(i * 12 + j + 1), NO_PORTS if (i + j) % 2 else ALL_PORTS)
        for i, src in enumerate(ends)
        for j, dst in enumerate(ends)
        if src != dst and (i * 5 + j * 7) % 3
    }
    data = build(report(answer.values(), *ends), no_reasons, None)
    for (src, dst), (ports, _, _, _) in cells(data).items():
        expected = next((one for pair, one in answer.items() if (pair[0].name, pair[1].name) == (src, dst)), None)
        if src == dst:
            assert ports == -1
        elif expected is None:
            assert ports == 0
        else:
            assert data["ports"][ports] == [[0, lo, hi] for lo, hi in expected.ports.of_protocol(Protocol.TCP)]
