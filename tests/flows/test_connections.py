"""Connections and not packets: replies, duplicates, and the two sides of one connection."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.flows.store import edges_of
from ringfence.model.flow import HOUR, Direction, FlowEnd, Opening, Outcome, Tally, TcpAnswer
from tests.flows.making import (
    API,
    DB,
    NOON,
    WEB,
    WEB_2,
    Seen,
    at,
    edges,
    flow,
    lines,
    reduced,
    reply,
    verdict,
)

EGRESS, INGRESS = Direction.EGRESS, Direction.INGRESS
ALLOWED, DENIED, REJECTED = Outcome.ALLOWED, Outcome.DENIED, Outcome.REJECTED
PAIR = "shop/Deployment/web → data/StatefulSet/db TCP 5432"

TABLE: list[tuple[str, list[Seen], list[str]]] = [
    ("one record is one connection", [flow()], [f"{PAIR} allowed 1"]),
    ("records of one point are added", [(verdict(EGRESS), 0, 3), (verdict(EGRESS), 60, 2)], [f"{PAIR} allowed 5"]),
    (
        "two points of one connection are one, the larger count holds",
        [(verdict(EGRESS), 0, 3), (verdict(INGRESS), 0, 2)],
        [f"{PAIR} allowed 3"],
    ),
    (
        "a point that writes once a connection is preferred to one that counts packets",
        [(verdict(EGRESS), 0, 3), (flow(point="to-endpoint", direction=INGRESS), 0, 40)],
        [f"{PAIR} allowed 3"],
    ),
    (
        "two nodes at the same point are one",
        [(flow(point="trace", node="a"), 0, 4), (flow(point="trace", node="b"), 0, 5)],
        [f"{PAIR} allowed 5"],
    ),
    (
        "of one side each node has its own pods, so a pod that moved is counted on both",
        [(verdict(EGRESS, node="a"), 0, 4), (verdict(EGRESS, node="b"), 900, 5)],
        [f"{PAIR} allowed 9"],
    ),
    (
        "two client pods are added, though other nodes tell of them",
        [(verdict(EGRESS, node="a"), 0, 3), (verdict(INGRESS, source=WEB_2, node="b"), 0, 2)],
        [f"{PAIR} allowed 5"],
    ),
    ("hours are counted apart and added", [(flow(), 0, 2), (flow(), HOUR, 3)], [f"{PAIR} allowed 5"]),
    ("a reply whose connection was seen is dropped", [flow(), (reply(), 1, 9)], [f"{PAIR} allowed 1"]),
    ("a reply alone tells of its connection", [(reply(), 1, 2)], [f"{PAIR} allowed 2"]),
    (
        "what egress let pass and ingress denied was denied",
        [(verdict(EGRESS), 0, 2), (verdict(INGRESS, DENIED), 0, 2)],
        [f"{PAIR} denied 2"],
    ),
    (
        "a client that tries again is denied each time, though egress let it pass once",
        [verdict(EGRESS), (verdict(INGRESS, DENIED), 0, 6)],
        [f"{PAIR} denied 6"],
    ),
    (
        "what ingress let pass before it denied stays allowed",
        [(verdict(EGRESS), 0, 10), (verdict(INGRESS), 0, 4), (verdict(INGRESS, DENIED), 600, 6)],
        [f"{PAIR} allowed 4", f"{PAIR} denied 6"],
    ),
    (
        "a log of denials alone takes off what passed the other side",
        [(verdict(EGRESS), 0, 10), (verdict(INGRESS, REJECTED), 0, 3)],
        [f"{PAIR} allowed 7", f"{PAIR} rejected 3"],
    ),
    (
        "what egress denies and what it allows are different connections",
        [(verdict(EGRESS), 0, 10), (verdict(EGRESS, DENIED), 0, 3)],
        [f"{PAIR} allowed 10", f"{PAIR} denied 3"],
    ),
    (
        "a packet seen before any policy was not allowed by one",
        [(flow(point="from-endpoint", direction=EGRESS), 0, 5), (flow(point="drop", outcome=DENIED), 0, 5)],
        [f"{PAIR} denied 5"],
    ),
    (
        "an audited connection is not allowed besides",
        [(verdict(INGRESS, Outcome.AUDITED), 0, 2), (flow(point="to-endpoint", direction=INGRESS), 0, 8)],
        [f"{PAIR} audited 2"],
    ),
    (
        "an unknown outcome counts where there is no other",
        [(flow(outcome=Outcome.UNKNOWN), 0, 3), (flow(), 0, 2)],
        [f"{PAIR} allowed 2"],
    ),
    ("an unknown outcome alone is told", [(flow(outcome=Outcome.UNKNOWN), 0, 3)], [f"{PAIR} unknown 3"]),
    (
        "an echo's reply is the request's",  # RFC 792: type 0 answers type 8
        [
            flow(port=8, protocol="ICMP"),
            flow(DB, WEB, 0, protocol="ICMP", opening=Opening.UNKNOWN),
        ],
        ["shop/Deployment/web → data/StatefulSet/db ICMP 8 allowed 1"],
    ),
]


@pytest.mark.parametrize(("flows", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_connection_is_counted_as_the_rules_say(flows: list[Seen], expected: list[str]) -> None:
    assert lines(edges(*flows)) == expected


def test_both_sides_of_a_denied_connection_are_told() -> None:
    (edge,) = edges(verdict(EGRESS), verdict(INGRESS, DENIED, reason="POLICY_DENIED"))
    assert (edge.egress, edge.ingress, edge.reason) == (False, True, "POLICY_DENIED")


def test_a_reply_tells_of_the_side_that_its_packets_left() -> None:
    # The egress of the server is where its packets leave; the connection came in there.
    (edge,) = edges(reply(direction=EGRESS))
    assert (edge.egress, edge.ingress) == (False, True)


def test_replies_that_are_dropped_are_counted_in_the_coverage() -> None:
    found = edges_of([reduced(flow(), (reply(), 5, 7))])
    assert (found.coverage.records, found.coverage.replies_dropped) == (8, 7)


def test_octets_of_replies_go_back() -> None:
    reduction = reduced()
    reduction.add(flow(), Tally(NOON, NOON, 1, octets=100))
    reduction.add(reply(), Tally(NOON, NOON, 1, octets=900))
    (edge,) = edges_of([reduction])
    assert (edge.octets, edge.octets_back) == (100, 900)


def test_what_the_source_counted_is_the_count_and_what_goes_on_is_one() -> None:
    reduction = reduced()
    reduction.add(flow(), Tally(NOON, NOON + 900, 60, connections=12))
    reduction.add(flow(), Tally(NOON + HOUR, NOON + HOUR + 900, 60, connections=0))
    (edge,) = edges_of([reduction])
    assert edge.hours == ((int(NOON // HOUR), 12), (int(NOON // HOUR) + 1, 1))
    assert (edge.connections, edge.first, edge.last) == (13, NOON, NOON + HOUR + 900)


@pytest.mark.parametrize("log", ["hubble", "calico"])
def test_packets_that_open_and_those_that_go_on_are_counted_together(log: str) -> None:
    reduction = reduced()
    point: dict[str, Any] = {"point": "from-endpoint", "direction": EGRESS}
    reduction.add(flow(**point), Tally(NOON, NOON, 4, connections=4))
    onward = flow(**point, opening=Opening.UNKNOWN, source_port=32768)
    reduction.add(onward, Tally(NOON, NOON, 90, connections=0))
    reduction.add(onward, Tally(NOON + HOUR, NOON + HOUR, 5, connections=0))
    (edge,) = edges_of([reduction], log_format=log)
    assert edge.hours == ((int(NOON // HOUR), 4), (int(NOON // HOUR) + 1, 1))


def test_replies_alone_count_the_connections_that_they_accept() -> None:
    reduction = reduced()
    reduction.add(reply(answer=TcpAnswer.ACCEPTED), Tally(NOON, NOON, 3, connections=3))
    reduction.add(reply(), Tally(NOON, NOON, 50, connections=0))
    (edge,) = edges_of([reduction])
    assert edge.connections == 3


@pytest.mark.parametrize("log", ["hubble", "hubble-compact"])
def test_packets_that_open_are_no_verdicts(log: str) -> None:
    reduction = reduced((verdict(INGRESS, Outcome.AUDITED), 0, 2))
    reduction.add(flow(point="to-endpoint", direction=INGRESS), Tally(NOON, NOON, 20, connections=2))
    assert lines(list(edges_of([reduction], log_format=log))) == [f"{PAIR} audited 2"]


OPENINGS: list[tuple[str, tuple[FlowEnd, int, FlowEnd, int], str]] = [
    ("a port of the system is served", (at("10.244.1.10"), 43210, at("10.244.2.20"), 443), "→ 10.244.2.20 TCP 443"),
    ("and answers come from it", (at("10.244.2.20"), 443, at("10.244.1.10"), 43210), "→ 10.244.2.20 TCP 443"),
    ("a port below 32768 is served", (at("10.244.2.20"), 8080, at("10.244.1.10"), 43210), "→ 10.244.2.20 TCP 8080"),
    ("the lower class wins", (at("10.244.2.20"), 1023, at("10.244.1.10"), 20000), "→ 10.244.2.20 TCP 1023"),
    ("nothing tells: as it stands", (at("10.244.1.10"), 40001, at("10.244.2.20"), 40002), "→ 10.244.2.20 TCP 40002"),
]


@pytest.mark.parametrize(("ends", "expected"), [row[1:] for row in OPENINGS], ids=[row[0] for row in OPENINGS])
def test_the_ports_tell_who_opened_where_no_record_does(ends: tuple[FlowEnd, int, FlowEnd, int], expected: str) -> None:
    source, sport, destination, port = ends
    (edge,) = edges(flow(source, destination, port, source_port=sport, opening=Opening.UNKNOWN))
    assert edge.guessed
    assert f"→ {edge.destination} {edge.protocol} {edge.port}" == expected


def test_a_port_that_records_open_is_served_though_it_is_high() -> None:
    found = edges(
        flow(at("10.244.1.9"), at("10.244.2.20"), 50051),
        flow(at("10.244.2.20"), at("10.244.1.10"), 40000, source_port=50051, opening=Opening.UNKNOWN),
    )
    assert [line.partition(" ")[2] for line in lines(found)] == ["→ 10.244.2.20 TCP 50051 allowed 1"] * 2


def test_a_port_with_many_clients_is_served() -> None:
    found = edges(
        *(
            flow(at("10.244.2.20"), at("10.244.1.10"), 40000 + number, source_port=50051, opening=Opening.UNKNOWN)
            for number in range(3)
        )
    )
    assert lines(found) == ["10.244.1.10 → 10.244.2.20 TCP 50051 allowed 3"]


def test_an_edge_is_guessed_only_where_no_record_is_sure() -> None:
    unsure = flow(WEB, API, 443, source_port=50000, opening=Opening.UNKNOWN)
    (edge,) = edges(unsure, flow(WEB, API, 443))
    assert not edge.guessed
