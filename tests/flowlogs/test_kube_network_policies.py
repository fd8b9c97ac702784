"""kube-network-policies: packets and verdicts of its documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.flowlogs.registry import by_name
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, flows, loss, only, read

FLOW = Flow(
    FlowEnd(EndKind.POD, "10.0.1.3", "default", "frontend"),
    FlowEnd(EndKind.POD, "10.0.2.2", "default", "backend"),
    "TCP",
    8080,
    Outcome.DENIED,
    Opening.UNKNOWN,
    40243,
    Direction.EGRESS,
    "engine",
)
PACKET: dict[str, Any] = json.loads(samples.KNP_PACKET)


def packet(**changes: object) -> str:
    return json.dumps(PACKET | changes)


def verdict(message: str, number: int = 9) -> str:
    return json.dumps({"ts": 1720777151838.4001, "msg": message, "v": 2, "id": number})


def test_a_packet_and_its_verdict_are_one_flow() -> None:
    flow, tally = only(read("kube-network-policies", samples.KNP_PACKET + b"\n" + samples.KNP_VERDICT))
    assert flow == FLOW
    assert (round(tally.first, 4), tally.records) == (1720777151.8384, 1)


def test_klogs_text_says_the_same() -> None:
    reduction = read("kube-network-policies", samples.KNP_TEXT)
    flow, _ = only(reduction)
    assert flow == FLOW
    assert [found.kind for found in reduction.losses] == [LossKind.TRUNCATED]  # its times have no year
    assert by_name("kube-network-policies").recognises(samples.KNP_TEXT.split(b"\n")) == 1.0


def test_a_packet_is_written_for_each_direction_and_counts_once() -> None:
    log = "\n".join((packet(), packet(direction="Ingress"), verdict("Packet accepted by policy")))
    flow, tally = only(read("kube-network-policies", log))
    assert (flow.outcome, flow.direction, flow.per_connection, tally.records) == (Outcome.ALLOWED, None, True, 1)


def test_a_denial_at_the_destination() -> None:
    flow, _ = only(read("kube-network-policies", packet() + "\n" + verdict("Packet denied by ingress policy")))
    assert (flow.outcome, flow.direction) == (Outcome.DENIED, Direction.INGRESS)


def test_what_is_outside_the_cluster() -> None:
    log = packet(dstPod="external") + "\n" + verdict("Packet accepted by policy")
    assert only(read("kube-network-policies", log))[0].destination == FlowEnd(EndKind.EXTERNAL, "10.0.2.2")


def test_packets_are_told_apart_by_their_number_whatever_stands_between() -> None:
    log = "\n".join(
        (
            packet(id=1),
            packet(id=2, srcPod="default/other"),
            verdict("Packet accepted by policy", 2),
            verdict("Packet denied by egress policy", 1),
        )
    )
    assert {flow.source.pod: flow.outcome for flow in flows(read("kube-network-policies", log))} == {
        "frontend": Outcome.DENIED,
        "other": Outcome.ALLOWED,
    }


def test_a_packet_without_a_verdict_and_a_verdict_without_a_packet_are_losses() -> None:
    reduction = read("kube-network-policies", packet(id=1) + "\n" + verdict("Packet accepted by policy", 2))
    assert loss(reduction, LossKind.TRUNCATED).where == Position(FILE, 1)
    assert loss(reduction, LossKind.LOST_EVENTS).where == Position(FILE, 2)
    assert reduction.flows_read == 0


def test_numbers_that_begin_again_do_not_join_strangers() -> None:
    log = "\n".join((packet(), packet(srcPod="default/other"), verdict("Packet accepted by policy")))
    reduction = read("kube-network-policies", log)
    assert only(reduction)[0].source.pod == "other"
    assert loss(reduction, LossKind.TRUNCATED).count == 1


def test_memory_is_bounded_where_no_verdict_ever_comes() -> None:
    log = "\n".join(packet(id=number) for number in range(10_050))
    assert loss(read("kube-network-policies", log), LossKind.TRUNCATED).count == 10_050


def test_ipv6_in_json_and_text() -> None:
    changed = PACKET["packet"] | {"SrcIP": "fd00:10:0::3", "DstIP": "fd00:20::2"}
    log = packet(packet=changed) + "\n" + verdict("Packet accepted by policy")
    assert only(read("kube-network-policies", log))[0].source.address == "fd00:10::3"
    text = samples.KNP_TEXT.replace(b"10.0.1.3:", b"fd00:10:0::3:").replace(b"10.0.2.2:", b"[fd00:20::2]:")
    flow, _ = only(read("kube-network-policies", text))
    assert (flow.source.address, flow.destination.address) == ("fd00:10::3", "fd00:20::2")


@pytest.mark.parametrize("line", ["{", packet(ts="soon"), packet(packet={})])
def test_what_can_not_be_read_is_a_loss_at_its_line(line: str) -> None:
    assert loss(read("kube-network-policies", packet() + "\n" + line), LossKind.UNREADABLE).where == Position(FILE, 2)


def test_a_packet_whose_addresses_do_not_follow_is_a_loss() -> None:
    lines = samples.KNP_TEXT.split(b"\n")
    for rest in (lines[4:], lines[5:], []):
        reduction = read("kube-network-policies", b"\n".join([lines[0], *rest]))
        assert loss(reduction, LossKind.UNREADABLE).where == Position(FILE, 1)


def test_other_lines_are_counted() -> None:
    log = 'I0712 09:53:52.257809       1 main.go:67] "Starting"\n{"ts":1,"msg":"Syncing"}\nhello'
    assert loss(read("kube-network-policies", log), LossKind.FOREIGN).count == 3
