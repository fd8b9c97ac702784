"""NetObserv's records: the fields of its reference, newer and older ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, loss, lost, only, read

RECORD: dict[str, Any] = json.loads(samples.NETOBSERV)
PLAIN = {key: value for key, value in RECORD.items() if key not in {"NetworkEvents", "Sampling"}}


def flow_of(**changes: object) -> Flow:
    return only(read("netobserv", json.dumps(PLAIN | changes)))[0]


def test_a_record_with_ovns_event() -> None:
    flow, tally = only(read("netobserv", samples.NETOBSERV))
    assert flow == Flow(
        FlowEnd(EndKind.POD, "10.128.0.29", "shop", "web-6f-x2", "Deployment/web"),
        FlowEnd(EndKind.POD, "10.129.0.7", "shop", "db-0", "StatefulSet/db"),
        "TCP",
        8080,
        Outcome.DENIED,
        Opening.OPENS,
        None,
        Direction.INGRESS,
        "ingress",
        policies=(RecordedRule("db", "shop", "NetworkPolicy", action="drop"),),
        node="10.0.1.7",
    )
    assert (tally.first, tally.last, tally.records, tally.octets) == (1708011867.121, 1708011868.121, 1, 740)


def test_sampling_is_a_loss_whatever_the_number_of_records() -> None:
    other = json.dumps(RECORD | {"Sampling": 100})
    sampled = loss(read("netobserv", samples.NETOBSERV.decode() + "\n" + other), LossKind.SAMPLED)
    assert sampled.count == 100
    assert lost(read("netobserv", json.dumps(RECORD | {"Sampling": 1})), LossKind.SAMPLED) == []


def test_without_events_nobody_says_what_became_of_a_flow() -> None:
    assert flow_of().outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("flags", "opening"),
    [
        (2, Opening.OPENS),
        (2 | 16, Opening.OPENS),  # the client's first packets of an interval: its SYN, later its ACKs
        (256 | 16, Opening.REPLY),  # 256 is NetObserv's own bit for SYN with ACK
        (16, Opening.UNKNOWN),
        (["SYN", "ACK"], Opening.OPENS),
        (["SYN_ACK", "ACK"], Opening.REPLY),
        (["ACK", "FIN_ACK"], Opening.UNKNOWN),
    ],
)
def test_flags_are_those_of_all_packets_together(flags: object, opening: Opening) -> None:
    assert flow_of(Flags=flags).opening is opening


def test_drops_of_the_kernel_are_faults_unless_a_rule_made_them() -> None:
    fault = flow_of(PktDropPackets=5, PktDropLatestDropCause="SKB_DROP_REASON_NO_SOCKET")
    assert (fault.outcome, fault.reason) == (Outcome.FAILED, "SKB_DROP_REASON_NO_SOCKET")
    rule = flow_of(PktDropPackets=5, PktDropLatestDropCause="SKB_DROP_REASON_NETFILTER_DROP")
    assert rule.outcome is Outcome.DENIED
    # Some of the five packets went through.
    assert flow_of(PktDropPackets=2, PktDropLatestDropCause="SKB_DROP_REASON_TCP_OFOMERGE").outcome is Outcome.UNKNOWN


def test_an_event_that_allows() -> None:
    event = {
        "Feature": "acl",
        "Type": "AdminNetworkPolicy",
        "Name": "gold",
        "Action": "allow-related",
        "Direction": "Egress",
    }
    flow = flow_of(NetworkEvents=[event, {"Feature": "sample"}])
    assert (flow.outcome, flow.direction) == (Outcome.ALLOWED, Direction.EGRESS)
    assert flow.policies == (RecordedRule("gold", "", "AdminNetworkPolicy", action="allow-related"),)


def test_services_and_nodes_are_ends_of_their_own_kind() -> None:
    flow = flow_of(
        SrcK8S_Type="Node",
        SrcK8S_Name="ip-10-0-1-7",
        SrcK8S_Namespace="",
        SrcK8S_OwnerType="Node",
        SrcK8S_OwnerName="ip-10-0-1-7",
        DstK8S_Type="Service",
        DstK8S_Name="db",
        DstK8S_OwnerType="Service",
        DstK8S_OwnerName="db",
        K8S_ClusterName="prod",
    )
    assert flow.source == FlowEnd(
        EndKind.NODE, "10.128.0.29", pod="ip-10-0-1-7", workload="Node/ip-10-0-1-7", cluster="prod"
    )
    assert flow.destination == FlowEnd(EndKind.SERVICE, "10.129.0.7", "shop", service="shop/db", cluster="prod")


def test_the_translation_of_a_service_tells_its_pod() -> None:
    service = {"DstAddr": "172.30.0.10", "DstPort": 80, "DstK8S_Type": "Service", "DstK8S_Name": "db"}
    flow = flow_of(**service, XlatDstAddr="10.129.0.7", XlatDstPort=8080, XlatSrcAddr="10.128.0.29", XlatSrcPort=40512)
    assert flow.destination == FlowEnd(EndKind.UNKNOWN, "10.129.0.7", service="shop/db")
    assert flow.port == 8080
    assert flow.source.address == "10.128.0.29"
    assert flow_of(**service, XlatDstAddr="172.30.0.10").destination.kind is EndKind.SERVICE


def test_icmp_has_its_type_and_dns_its_name() -> None:
    echo = flow_of(Proto=1, IcmpType=8, IcmpCode=0)
    assert (echo.protocol, echo.port, echo.source_port, echo.opening) == ("ICMP", 8, None, Opening.OPENS)
    assert flow_of(Proto=17, DstPort=53, DnsName="api.example.com.").application == "query api.example.com"


def test_a_tracked_connection_is_counted_at_its_begin_and_its_bytes_at_its_end() -> None:
    records: list[dict[str, Any]] = [
        {"_RecordType": "newConnection", "_HashId": "a", "Bytes_AB": 100, "Bytes_BA": 60},
        {"_RecordType": "heartbeat", "_HashId": "a", "Bytes_AB": 5000, "Bytes_BA": 900},
        {"_RecordType": "endConnection", "_HashId": "a", "Bytes_AB": 9000, "Bytes_BA": 1000},
    ]
    plain = {key: value for key, value in PLAIN.items() if key != "Bytes"}
    reduction = read("netobserv", "\n".join(json.dumps(plain | record) for record in records))
    flow, tally = only(reduction)
    assert (flow.opening, flow.per_connection, flow.port) == (Opening.OPENS, True, 8080)
    assert (tally.records, tally.connections, tally.octets, tally.octets_back) == (2, 1, 9000, 1000)
    assert loss(reduction, LossKind.FOREIGN).count == 1


def test_duplicates_and_packets_that_are_not_ip_are_counted_and_not_read() -> None:
    arp = {"Etype": 2054, "Bytes": 42, "Packets": 1, "TimeReceived": 1708011872, "TimeFlowEndMs": 1708011872091}
    log = "\n".join(json.dumps(record) for record in (PLAIN, PLAIN | {"Duplicate": True}, arp))
    reduction = read("netobserv", log)
    assert reduction.flows_read == 1
    assert [found.where for found in lost(reduction, LossKind.FOREIGN)] == [Position(FILE, 2), Position(FILE, 3)]


def test_logcli_prints_labels_beside_the_line() -> None:
    kept = {"SrcK8S_Namespace", "DstK8S_Namespace", "SrcK8S_Type", "DstK8S_Type", "FlowDirection"}
    line = {key: value for key, value in PLAIN.items() if key not in kept}
    labels = {key: str(value) for key, value in PLAIN.items() if key in kept}
    event = {"labels": labels, "line": json.dumps(line), "timestamp": "2024-02-15T15:44:27.121Z"}
    assert only(read("netobserv", json.dumps(event)))[0] == flow_of()


@pytest.mark.parametrize(
    "line", ["{", json.dumps(PLAIN | {"SrcAddr": "10.0.0"}), json.dumps(PLAIN | {"Proto": 999}), json.dumps(PLAIN)[:-9]]
)
def test_what_can_not_be_read_is_a_loss_at_its_line(line: str) -> None:
    assert loss(read("netobserv", json.dumps(PLAIN) + "\n" + line), LossKind.UNREADABLE).where == Position(FILE, 2)
