"""AWS VPC flow logs: records of AWS' user guide (flow-logs-records-examples) and of flowlogs-reader."""

from __future__ import annotations

import pytest

from ringfence.model.flow import EndKind, Flow, FlowEnd, LossKind, Opening, Outcome
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, flows, loss, only, read


def test_the_default_order_of_version_2() -> None:
    flow, tally = only(read("aws-vpc", samples.VPC))
    # A reply, as 443 is its source: nothing in version 2 says so, and 49152, a client's, is kept as 32768.
    assert flow == Flow(
        FlowEnd(EndKind.UNKNOWN, "198.51.100.1"),
        FlowEnd(EndKind.UNKNOWN, "192.0.2.1"),
        "TCP",
        32768,
        Outcome.ALLOWED,
        Opening.UNKNOWN,
        443,
        point="vpc",
        node="eni-102010ab",
    )
    assert (tally.first, tally.last, tally.octets) == (1439387263, 1439387264, 840)


def test_intervals_without_data_and_skipped_ones_are_losses_with_their_times() -> None:
    skipped = "2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA"
    reduction = read("aws-vpc", samples.VPC_NODATA + b"\n" + skipped.encode())
    nothing, skip = reduction.losses
    assert (nothing.kind, nothing.count, nothing.first, nothing.last) == (LossKind.NO_DATA, 1, 1431280876, 1431280934)
    assert (skip.kind, skip.node, skip.where) == (LossKind.NO_DATA, "eni-11111111aaaaaaaaa", Position(FILE, 2))
    assert nothing.detail != skip.detail


def test_a_rejection_is_of_a_security_group_and_no_policy() -> None:
    flow, _ = only(read("aws-vpc", samples.VPC.replace(b"ACCEPT", b"REJECT")))
    assert (flow.outcome, flow.reason) == (Outcome.FAILED, "security group or network ACL")


CUSTOM = """\
version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr \
pkt-dstaddr protocol bytes packets start end action tcp-flags log-status flow-direction
3 vpc-a subnet-a i-a eni-1 123456789010 IPv4 52.213.180.42 10.0.0.62 43416 5001 52.213.180.42 10.0.0.62 6 568 8 \
1566848875 1566848933 ACCEPT 2 OK ingress
3 vpc-a subnet-a i-a eni-1 123456789010 IPv4 10.0.0.62 52.213.180.42 5001 43416 10.0.0.62 52.213.180.42 6 376 7 \
1566848875 1566848933 ACCEPT 18 OK egress
"""


def test_a_first_line_names_the_order_and_flags_tell_who_began() -> None:
    # "TCP flag sequence" in the user guide: SYN is 2, SYN with ACK 18.
    there, back = flows(read("aws-vpc", CUSTOM))
    assert (there.opening, there.source_port, there.port) == (Opening.OPENS, None, 5001)
    assert (back.opening, back.source_port, back.port) == (Opening.REPLY, 5001, None)
    assert (there.point, back.point) == ("vpc ingress", "vpc egress")
    assert there.direction is None


def test_a_connection_that_ended_in_the_interval_has_its_flags_together() -> None:
    # SYN and FIN: 3; SYN with ACK and FIN: 19
    short = CUSTOM.replace("ACCEPT 2 ", "ACCEPT 3 ").replace("ACCEPT 18 ", "ACCEPT 19 ")
    assert [flow.opening for flow in flows(read("aws-vpc", short))] == [Opening.OPENS, Opening.REPLY]


def test_the_packets_own_addresses_are_those_of_pods() -> None:
    # "Traffic through a NAT gateway" in the user guide.
    log = (
        "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr protocol start\n"
        "- eni-1235b8ca123456789 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5 6 1566848875"
    )
    flow, _ = only(read("aws-vpc", log))
    assert (flow.source.address, flow.destination.address) == ("10.0.1.5", "203.0.113.5")
    assert flow.outcome is Outcome.UNKNOWN


def test_without_the_first_line_an_own_order_can_not_be_read() -> None:
    body = CUSTOM.splitlines()[1]
    assert loss(read("aws-vpc", body), LossKind.UNREADABLE).count == 1
    moved = samples.VPC.decode().split()
    assert loss(read("aws-vpc", " ".join(moved[1:] + moved[:1])), LossKind.UNREADABLE).count == 1


def test_ipv6_and_icmp() -> None:
    line = "2 123456789010 eni-1 2001:db8:1234:a100:8d6e:3477:df66:f105 2001:db8:0::2 0 0 58 54 8 1 2 ACCEPT OK"
    flow, _ = only(read("aws-vpc", line))
    assert (flow.source.address, flow.destination.address) == ("2001:db8:1234:a100:8d6e:3477:df66:f105", "2001:db8::2")
    assert (flow.protocol, flow.port, flow.source_port) == ("ICMPv6", None, None)


def test_time_and_stream_before_a_line_are_those_of_cloudwatch() -> None:
    line = b"2023-10-18T09:52:23.319000+00:00 eni-102010ab-all " + samples.VPC
    assert flows(read("aws-vpc", line)) == flows(read("aws-vpc", samples.VPC))


@pytest.mark.parametrize("line", ["2 1 2 3", samples.VPC.decode().replace("198.51.100.1", "198.51.100")])
def test_what_can_not_be_read_is_a_loss_at_its_line(line: str) -> None:
    assert loss(read("aws-vpc", samples.VPC.decode() + "\n" + line), LossKind.UNREADABLE).where == Position(FILE, 2)


def test_an_instance_stands_for_its_node_where_no_interface_is_named() -> None:
    (flow,) = flows(read("aws-vpc", VERSION_3.format("instance-id", "i-0abc")))
    assert flow.node == "i-0abc"


def test_records_without_an_interface_or_a_direction_count_twice_and_this_is_said() -> None:
    found = loss(read("aws-vpc", VERSION_3.format("vpc-id", "vpc-a")), LossKind.UNPLACED)
    assert found.count == 1


def test_a_direction_tells_the_two_sides_of_a_connection_apart() -> None:
    reduction = read("aws-vpc", VERSION_3.format("flow-direction", "egress"))
    assert reduction.losses == []


VERSION_3 = """\
version srcaddr dstaddr srcport dstport protocol bytes packets start end action tcp-flags log-status {}
3 10.0.1.10 10.0.2.20 43416 5001 6 568 8 1566848875 1566848933 ACCEPT 2 OK {}
"""
