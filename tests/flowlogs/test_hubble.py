"""What Hubble's records mean, one row a rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import (
    Direction,
    EndKind,
    Flow,
    FlowEnd,
    NameAnswer,
    Opening,
    Outcome,
    RecordedRule,
    Tally,
    TcpAnswer,
)
from tests.flowlogs.hubble_lines import DENIED, DNS_ANSWER, EXPORTED
from tests.flowlogs.reading import only, read

TIME = "2026-07-31T10:00:00.250Z"
SECONDS = 1785492000.25


def flow(**fields: Any) -> Flow:
    """The flow of a record with these fields."""
    record = {"time": TIME, "verdict": "FORWARDED"} | fields
    return only(read("hubble", json.dumps({"flow": record, "node_name": "kind/worker"})))[0]


def tcp(source: int, destination: int, *flags: str) -> dict[str, Any]:
    return {"TCP": {"source_port": source, "destination_port": destination, "flags": dict.fromkeys(flags, True)}}


def udp(source: int, destination: int) -> dict[str, Any]:
    return {"UDP": {"source_port": source, "destination_port": destination}}


def test_the_record_of_the_documentation_without_most_fields() -> None:
    found, tally = only(read("hubble", EXPORTED))
    assert found == Flow(
        FlowEnd(EndKind.POD, "10.244.1.60", "default", "xwing"),
        FlowEnd(EndKind.POD, "10.244.1.5", "default", "deathstar-7848d6c4d5-th9v2"),
        "TCP",
        80,
        Outcome.DENIED,
        Opening.OPENS,
        reason="POLICY_DENIED",
        node="kind-worker",
    )
    assert tally == Tally(1692619938.510175415, 1692619938.510175415, 1)


def test_a_denied_connection_with_the_policy_that_denied_it() -> None:
    found, _ = only(read("hubble", DENIED))
    assert found == Flow(
        FlowEnd(
            EndKind.POD,
            "10.0.1.235",
            "net-lab",
            "traffic-generator-9b649846d-bxqfc",
            "Deployment/traffic-generator",
            (("app", "traffic-generator"),),
            cluster="topgun",
        ),
        FlowEnd(
            EndKind.POD,
            "10.0.0.21",
            "net-lab",
            "echo-server-65887564dc-jjw7k",
            labels=(("app", "echo-server"),),
            cluster="topgun",
        ),
        "TCP",
        80,
        Outcome.DENIED,
        Opening.OPENS,
        direction=Direction.EGRESS,
        point="policy-verdict",
        per_connection=True,
        policies=(RecordedRule("deny-tg-to-echo", "net-lab", "CiliumNetworkPolicy", action="deny"),),
        reason="POLICY_DENY",
        node="cilium-w1",
    )


def test_a_dns_answer_is_a_reply_and_tells_addresses() -> None:
    reduction = read("hubble", DNS_ANSWER)
    found, _ = only(reduction)
    assert (found.opening, found.source_port, found.port) == (Opening.REPLY, 53, None)
    assert (found.point, found.application) == ("proxy", "query api.example.com")
    assert list(reduction.answers.values()) == [
        NameAnswer("api.example.com", ("203.0.113.7", "203.0.113.8"), 1785494462.5, 30, (), "shop/cart-1")
    ]


@pytest.mark.parametrize("change", [{"rcode": 3}, {"ips": []}, {"query": ""}])
def test_an_answer_without_addresses_names_nothing(change: dict[str, Any]) -> None:
    record = json.loads(DNS_ANSWER)
    record["flow"]["l7"]["dns"] |= change
    assert read("hubble", json.dumps(record)).answers == {}


def test_old_versions_write_the_flow_without_anything_around() -> None:
    bare = json.dumps(json.loads(EXPORTED)["flow"])
    assert read("hubble", bare).counted == read("hubble", EXPORTED).counted


VERDICT = {"event_type": {"type": 5}}
L7 = {"event_type": {"type": 129}, "l7": {"type": "REQUEST", "http": {"method": "GET", "url": "http://a/b"}}}


@pytest.mark.parametrize(
    ("fields", "outcome", "reason"),
    [
        ({"verdict": "FORWARDED"}, Outcome.ALLOWED, ""),
        ({"verdict": "REDIRECTED"}, Outcome.ALLOWED, ""),
        ({"verdict": "AUDIT"}, Outcome.AUDITED, ""),
        ({"verdict": "ERROR"}, Outcome.FAILED, ""),
        # At a point that a packet comes from nothing is decided yet; of a socket only the address is translated.
        ({"verdict": "TRACED"}, Outcome.UNKNOWN, ""),
        ({"verdict": "TRANSLATED"}, Outcome.UNKNOWN, ""),
        ({"verdict": 17}, Outcome.UNKNOWN, ""),
        # Match type 4 is the entry that allows everything: a default deny would cut what it allows.
        (VERDICT | {"policy_match_type": 4}, Outcome.ALLOWED, "allow-all"),
        (VERDICT | {"policy_match_type": 2}, Outcome.ALLOWED, ""),
        (VERDICT, Outcome.ALLOWED, ""),
        ({"event_type": {"type": 4}, "policy_match_type": 4}, Outcome.ALLOWED, ""),
        # Three reasons are a policy's.
        ({"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED"}, Outcome.DENIED, "POLICY_DENIED"),
        ({"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENY"}, Outcome.DENIED, "POLICY_DENY"),
        ({"verdict": "DROPPED", "drop_reason_desc": "AUTH_REQUIRED"}, Outcome.DENIED, "AUTH_REQUIRED"),
        ({"verdict": "DROPPED", "drop_reason": 133}, Outcome.DENIED, "POLICY_DENIED"),
        ({"verdict": "DROPPED", "drop_reason": 181}, Outcome.DENIED, "POLICY_DENY"),
        ({"verdict": "DROPPED", "drop_reason_desc": 189}, Outcome.DENIED, "AUTH_REQUIRED"),
        # All others are no policy's.
        (
            {"verdict": "DROPPED", "drop_reason": 151, "drop_reason_desc": "STALE_OR_UNROUTABLE_IP"},
            Outcome.FAILED,
            "STALE_OR_UNROUTABLE_IP",
        ),
        ({"verdict": "DROPPED", "drop_reason": 222}, Outcome.FAILED, "drop reason 222"),
        ({"verdict": "DROPPED", "drop_reason_desc": 223}, Outcome.FAILED, "drop reason 223"),
        # A field mask may strip the reason.
        ({"verdict": "DROPPED"}, Outcome.DENIED, "no drop reason recorded"),
        # The proxy answers who it denies.
        (L7 | {"verdict": "DROPPED"}, Outcome.REJECTED, "denied by the proxy"),
        ({"verdict": ""}, Outcome.UNKNOWN, ""),
    ],
)
def test_outcomes(fields: dict[str, Any], outcome: Outcome, reason: str) -> None:
    found = flow(**({"event_type": {"type": 1}} | fields))
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("fields", "opening", "source_port", "port"),
    [
        # A client's port is not kept where it is known whose it is.
        ({"l4": tcp(44916, 80), "is_reply": False}, Opening.OPENS, None, 80),
        ({"l4": tcp(80, 44916), "is_reply": True}, Opening.REPLY, 80, None),
        ({"l4": tcp(80, 44916), "reply": True}, Opening.REPLY, 80, None),
        ({"l4": udp(53, 41763), "is_reply": False}, Opening.OPENS, None, 41763),
        ({"l4": udp(41763, 53), "is_reply": True}, Opening.REPLY, 41763, None),
        # Hubble doesn't know it of drops; the flags do.
        ({"l4": tcp(44916, 80, "SYN")}, Opening.OPENS, None, 80),
        ({"l4": tcp(80, 44916, "SYN", "ACK")}, Opening.REPLY, 80, None),
        # Else nobody knows. An ephemeral port opposite another one differs each time: the first stands for all.
        ({"l4": tcp(44916, 80, "ACK")}, Opening.UNKNOWN, 32768, 80),
        ({"l4": udp(53, 41763)}, Opening.UNKNOWN, 53, 32768),
        ({"l4": udp(41763, 53)}, Opening.UNKNOWN, 32768, 53),
        ({"l4": udp(40000, 50051)}, Opening.UNKNOWN, 40000, 50051),
        ({"l4": udp(123, 123)}, Opening.UNKNOWN, 123, 123),
        ({"l4": {"SCTP": {"source_port": 9000, "destination_port": 3868}}}, Opening.UNKNOWN, 9000, 3868),
        # What the record says of the reply comes before the flags.
        ({"l4": tcp(80, 44916, "SYN"), "is_reply": True}, Opening.REPLY, 80, None),
        ({"l4": tcp(44916, 80), "l7": {"type": "REQUEST"}}, Opening.OPENS, None, 80),
        ({"l4": tcp(80, 44916), "l7": {"type": "RESPONSE"}}, Opening.REPLY, 80, None),
        ({"l4": tcp(44916, 80), "l7": {"type": "SAMPLE"}}, Opening.UNKNOWN, 32768, 80),
        # Types of ICMP stand as the port; 0, the answer, is left out by the writer.
        ({"l4": {"ICMPv4": {"type": 8}}}, Opening.OPENS, None, 8),
        ({"l4": {"ICMPv4": {}}}, Opening.REPLY, None, 0),
        ({"l4": {"ICMPv4": {"type": 3, "code": 1}}}, Opening.UNKNOWN, None, 3),
        ({"l4": {"ICMPv6": {"type": 129}}, "is_reply": True}, Opening.REPLY, None, 129),
        ({"l4": {"VRRP": {}}}, Opening.UNKNOWN, None, None),
        ({"l4": udp(0, 53), "is_reply": False}, Opening.OPENS, None, 53),
        ({"l4": udp(0, 70000)}, Opening.UNKNOWN, None, None),
        ({}, Opening.UNKNOWN, None, None),
    ],
)
def test_who_opened_the_connection(
    fields: dict[str, Any], opening: Opening, source_port: int | None, port: int | None
) -> None:
    found = flow(**fields)
    assert (found.opening, found.source_port, found.port) == (opening, source_port, port)


@pytest.mark.parametrize(
    ("l4", "protocol"),
    [
        (tcp(1, 2), "TCP"),
        (udp(1, 2), "UDP"),
        ({"SCTP": {}}, "SCTP"),
        ({"ICMPv4": {}}, "ICMP"),
        ({"ICMPv6": {}}, "ICMPv6"),
        ({"VRRP": {}}, "112"),
        ({"IGMP": {}}, "2"),
        ({}, ""),
    ],
)
def test_protocols(l4: dict[str, Any], protocol: str) -> None:
    assert flow(l4=l4).protocol == protocol


@pytest.mark.parametrize(
    ("fields", "point", "per_connection"),
    [
        ({"event_type": {"type": 5}}, "policy-verdict", True),
        ({"event_type": {"type": 1, "sub_type": 133}}, "drop", False),
        ({"event_type": {"type": 4}, "trace_observation_point": "TO_ENDPOINT"}, "to-endpoint", False),
        ({"event_type": {"type": 4}, "trace_observation_point": "UNKNOWN_POINT"}, "", False),
        ({"event_type": {"type": 4}, "trace_observation_point": 13}, "", False),
        ({"event_type": {"type": 7}}, "socket", False),
        ({"event_type": {"type": 129}}, "proxy", False),
        ({"l7": {"type": "REQUEST"}}, "proxy", False),
        ({}, "", False),
    ],
)
def test_points_of_observation(fields: dict[str, Any], point: str, per_connection: bool) -> None:
    found = flow(**fields)
    assert (found.point, found.per_connection) == (point, per_connection)


ALLOWED = {"name": "allow-web", "namespace": "shop", "kind": "NetworkPolicy", "revision": "6"}
CLUSTERWIDE = {"name": "baseline", "kind": "CiliumClusterwideNetworkPolicy"}


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        (
            {"traffic_direction": "INGRESS", "ingress_allowed_by": [ALLOWED, CLUSTERWIDE]},
            [
                RecordedRule("allow-web", "shop", "NetworkPolicy", action="allow"),
                RecordedRule("baseline", "", "CiliumClusterwideNetworkPolicy", action="allow"),
            ],
        ),
        # A verdict is one direction's: the other one's policies didn't decide it.
        (
            {"traffic_direction": "EGRESS", "egress_allowed_by": [CLUSTERWIDE], "ingress_allowed_by": [ALLOWED]},
            [RecordedRule("baseline", "", "CiliumClusterwideNetworkPolicy", action="allow")],
        ),
        (
            {"egress_allowed_by": [ALLOWED]},
            [RecordedRule("allow-web", "shop", "NetworkPolicy", action="allow")],
        ),
        # Those that allow something have no part in a denial.
        ({"verdict": "DROPPED", "egress_allowed_by": [ALLOWED], "drop_reason": 133}, []),
        (
            {"verdict": "DROPPED", "ingress_denied_by": [ALLOWED], "drop_reason": 181},
            [RecordedRule("allow-web", "shop", "NetworkPolicy", action="deny")],
        ),
        # Older versions give the labels of the rule only.
        (
            {
                "ingress_allowed_by": [
                    {
                        "labels": [
                            "k8s:io.cilium.k8s.policy.derived-from=CiliumNetworkPolicy",
                            "k8s:io.cilium.k8s.policy.name=l7",
                            "k8s:io.cilium.k8s.policy.namespace=shop",
                        ]
                    }
                ]
            },
            [RecordedRule("l7", "shop", "CiliumNetworkPolicy", action="allow")],
        ),
        # spec.log.value of a policy, where it is plain whose it is.
        (
            {"ingress_allowed_by": [CLUSTERWIDE], "policy_log": ["ticket 4711"]},
            [RecordedRule("baseline", "", "CiliumClusterwideNetworkPolicy", rule="ticket 4711", action="allow")],
        ),
    ],
)
def test_the_policies_that_decided(fields: dict[str, Any], rules: list[RecordedRule]) -> None:
    assert list(flow(**fields).policies) == rules


@pytest.mark.parametrize(
    ("l7", "application"),
    [
        ({"http": {"method": "GET", "url": "http://cart.shop:8080/v1/items?id=7#top"}}, "GET /v1/items"),
        (
            {"http": {"method": "GET", "url": "/orders/4711/lines/0b9e7c1a-7f6b-4c47-9d2b-0d6f3a1c2b3d"}},
            "GET /orders/*/lines/*",
        ),
        ({"http": {"method": "GET", "url": "/blobs/0123456789abcdef0123"}}, "GET /blobs/*"),
        ({"http": {"method": "POST", "url": "http://cart"}}, "POST /"),
        ({"http": {"method": "GET", "url": "/" + "x" * 500}}, "GET /" + "x" * 99),
        ({"dns": {"query": "Orders.Example.com."}}, "query orders.example.com"),
        ({"kafka": {"api_key": "produce", "topic": "orders"}}, "produce orders"),
        ({"http": {}}, ""),
        ({}, ""),
    ],
)
def test_what_was_asked_above_l4(l7: dict[str, Any], application: str) -> None:
    assert flow(l7={"type": "REQUEST"} | l7).application == application


@pytest.mark.parametrize(
    ("aggregate", "records"),
    [
        ({"egress_flow_count": 7}, 7),
        ({"ingress_flow_count": 2, "egress_flow_count": "3", "unknown_direction_flow_count": 1}, 6),
        ({}, 1),
        ({"egress_flow_count": "many"}, 1),
    ],
)
def test_an_aggregated_record_counts_for_all_its_flows(aggregate: dict[str, Any], records: int) -> None:
    record = {"time": TIME, "verdict": "FORWARDED", "aggregate": aggregate}
    reduction = read("hubble", json.dumps({"flow": record}))
    assert only(reduction)[1] == Tally(SECONDS, SECONDS, records)
    assert reduction.flows_read == records


TRACE = {"event_type": {"type": 4}}


@pytest.mark.parametrize(
    ("fields", "connections"),
    [
        # of each packet that is let through the flags tell: SYN opens, and every other one goes on
        (TRACE | {"l4": tcp(40000, 80, "SYN"), "is_reply": False}, 1),
        (TRACE | {"l4": tcp(40000, 80, "ACK"), "is_reply": False}, 0),
        (TRACE | {"l4": tcp(40000, 80, "PSH", "ACK"), "is_reply": False}, 0),
        (TRACE | {"l4": tcp(40000, 80, "ACK")}, 0),
        (TRACE | {"l4": tcp(40000, 80, "SYN")}, 1),
        (TRACE | {"l4": tcp(80, 40000, "SYN", "ACK"), "is_reply": True}, 1),
        (TRACE | {"l4": tcp(80, 40000, "ACK"), "is_reply": True}, 0),
        (TRACE | {"l4": tcp(80, 40000, "RST", "ACK"), "is_reply": True}, 0),
        (TRACE | {"l4": tcp(40000, 80, "SYN"), "aggregate": {"egress_flow_count": 3}}, 3),
        ({"l4": tcp(40000, 80, "SYN")}, 1),
        # without flags, or at a point that tells of connections, nothing is counted but records
        (TRACE | {"l4": {"TCP": {"source_port": 40000, "destination_port": 80}}, "is_reply": False}, None),
        (TRACE | {"l4": udp(40000, 53), "is_reply": False}, None),
        ({"event_type": {"type": 5}, "l4": tcp(40000, 80, "SYN"), "is_reply": False}, None),
        ({"event_type": {"type": 1}, "verdict": "DROPPED", "l4": tcp(40000, 80, "SYN")}, None),
    ],
)
def test_how_many_connections_the_packet_of_a_trace_opens(fields: dict[str, Any], connections: int | None) -> None:
    record = {"time": TIME, "verdict": "FORWARDED"} | fields
    assert only(read("hubble", json.dumps({"flow": record})))[1].connections == connections


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"l4": tcp(80, 40000, "SYN", "ACK"), "is_reply": True}, TcpAnswer.ACCEPTED),
        ({"l4": tcp(80, 40000, "SYN", "ACK")}, TcpAnswer.ACCEPTED),
        ({"l4": tcp(80, 40000, "RST", "ACK"), "is_reply": True}, TcpAnswer.RESET),
        ({"l4": tcp(80, 40000, "RST")}, TcpAnswer.RESET),
        ({"l4": tcp(80, 40000, "ACK"), "is_reply": True}, TcpAnswer.NONE),
        ({"l4": tcp(80, 40000), "is_reply": True}, TcpAnswer.NONE),
        ({"l4": udp(53, 40000), "is_reply": True}, TcpAnswer.NONE),
        ({"l4": tcp(40000, 80, "RST"), "is_reply": False}, TcpAnswer.NONE),  # the client breaks off
        ({"l4": tcp(40000, 80, "SYN"), "is_reply": False}, TcpAnswer.NONE),
    ],
)
def test_whether_a_connection_is_accepted_or_reset(fields: dict[str, Any], answer: TcpAnswer) -> None:
    assert flow(**fields).answer is answer


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ({"flow": {"time": "2026-07-31T10:00:00Z", "verdict": "FORWARDED"}}, 1785492000.0),
        ({"flow": {"time": "2026-07-31T12:00:00.5+02:00", "verdict": "FORWARDED"}}, 1785492000.5),
        ({"flow": {"verdict": "FORWARDED"}, "time": "2026-07-31T10:00:00.000000001Z"}, 1785492000.000000001),
    ],
)
def test_times(message: dict[str, Any], seconds: float) -> None:
    assert only(read("hubble", json.dumps(message)))[1].first == seconds


def test_the_direction_and_the_service_names_of_both_ends() -> None:
    found = flow(
        traffic_direction="INGRESS",
        source_names=["b.example.com.", "a.example.com"],
        destination_service={"name": "cart", "namespace": "shop"},
        source_service={"namespace": "shop"},
    )
    assert found.direction is Direction.INGRESS
    assert found.source == FlowEnd(names=("a.example.com", "b.example.com"))
    assert found.destination == FlowEnd(service="shop/cart")
    assert found.node == "worker"


def test_nothing_is_read_of_an_empty_log() -> None:
    assert read("hubble", b"").counted == Reduction().counted
