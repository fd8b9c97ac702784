"""The log of AWS' network policy agent in its generations."""

from __future__ import annotations

import json

import pytest

from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, loss, only, read


def test_the_first_generation_wrote_fields() -> None:
    flow, tally = only(read("aws-agent", samples.AWS_JSON))
    # This very line is a reply, which the agent had forgotten: 33140, a client's, is kept as 32768.
    assert flow == Flow(
        FlowEnd(EndKind.UNKNOWN, "10.255.7.42"),
        FlowEnd(EndKind.UNKNOWN, "10.255.7.152"),
        "TCP",
        32768,
        Outcome.DENIED,
        Opening.UNKNOWN,
        7979,
        point="agent",
    )
    assert tally.first == 1697622743.319  # 2023-10-18T09:52:23.319Z


def test_the_second_generation_writes_text() -> None:
    flow, _ = only(read("aws-agent", samples.AWS_TEXT))
    assert (flow.source.address, flow.source_port) == ("10.0.1.5", 32768)
    # The cluster address of a Service: the agent looks before it is translated.
    assert (flow.destination, flow.port) == (FlowEnd(EndKind.UNKNOWN, "172.20.0.10"), 53)
    assert (flow.protocol, flow.outcome, flow.direction) == ("UDP", Outcome.DENIED, Direction.EGRESS)
    assert flow.policies == (RecordedRule(kind="NetworkPolicy", action="DENY"),)


def test_its_text_for_ipv6_differs() -> None:
    flow, _ = only(read("aws-agent", samples.AWS_TEXT_V6))
    assert (flow.source.address, flow.destination.address) == ("2001:db8::5", "2001:db8::9")
    assert (flow.protocol, flow.port, flow.outcome) == ("TCP", 443, Outcome.ALLOWED)
    assert (flow.direction, flow.per_connection) == (Direction.INGRESS, True)
    assert flow.policies == (RecordedRule(kind="ClusterNetworkPolicy", action="ACCEPT"),)


def test_cloudwatch_has_a_third() -> None:
    flow, tally = only(read("aws-agent", samples.AWS_CLOUDWATCH))
    assert (flow.node, flow.source.address, flow.destination.address) == (
        "ip-10-0-1-7.ec2.internal",
        "10.0.1.5",
        "10.0.1.9",
    )
    assert (flow.source_port, flow.port, flow.protocol, flow.outcome) == (32768, 8080, "TCP", Outcome.DENIED)
    assert tally.first == 1779357602.5  # 2026-05-21T10:00:02.5Z


def test_text_without_a_tier_and_direction_is_older() -> None:
    line = samples.AWS_TEXT.decode().replace(" Direction egress, Tier NETWORK_POLICY", "")
    flow, _ = only(read("aws-agent", line))
    assert (flow.direction, flow.policies) == (None, ())


@pytest.mark.parametrize(
    "event",
    [
        {"@timestamp": "2026-05-21 10:00:02.500", "@message": "{}"},
        {"timestamp": 1779357602500, "message": "{}"},
    ],
)
def test_events_of_cloudwatch_have_their_time_beside_them(event: dict[str, object]) -> None:
    text = samples.AWS_CLOUDWATCH.decode().partition(" ")[2]
    line = json.dumps({key: text if value == "{}" else value for key, value in event.items()})
    _, tally = only(read("aws-agent", line))
    assert tally.first == 1779357602.5


def test_a_line_of_text_without_a_time_is_a_loss() -> None:
    text = samples.AWS_CLOUDWATCH.partition(b" ")[2]
    assert "time" in loss(read("aws-agent", text), LossKind.UNREADABLE).detail


def test_expired_entries_of_the_table_are_neither_allowed_nor_denied() -> None:
    flow, _ = only(read("aws-agent", samples.AWS_JSON.replace(b"DENY", b"EXPIRED/DELETED")))
    assert (flow.outcome, flow.reason) == (Outcome.UNKNOWN, "EXPIRED/DELETED")


def test_what_else_the_agent_writes_is_counted() -> None:
    other = b'{"level":"info","ts":"2023-10-18T09:52:23.319Z","msg":"Updating Map with ","IP Key:":"10.0.0.1/32"}'
    reduction = read("aws-agent", other + b"\n" + samples.AWS_JSON + b"\n" + other)
    assert (reduction.flows_read, loss(reduction, LossKind.FOREIGN).count) == (1, 2)


@pytest.mark.parametrize("line", [samples.AWS_JSON[:-5], samples.AWS_JSON.replace(b"10.255.7.42", b"10.255.7.420")])
def test_what_can_not_be_read_is_a_loss_at_its_line(line: bytes) -> None:
    reduction = read("aws-agent", samples.AWS_JSON + b"\n" + line)
    assert loss(reduction, LossKind.UNREADABLE).where == Position(FILE, 2)
