"""Lines of LOG rules, as the kernel's log comes by syslog, journald and dmesg."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringfence.flowlogs.iptables import FORMAT
from ringfence.model.flow import EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, flows, loss, lost, only, read

PACKET = samples.IPTABLES.decode().partition("calico-packet: ")[2]


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_a_packet_that_calico_logged() -> None:
    reduction = read("iptables", samples.IPTABLES)
    flow, _ = only(reduction)
    assert flow == Flow(
        FlowEnd(EndKind.UNKNOWN, "10.44.2.4"),
        FlowEnd(EndKind.UNKNOWN, "10.44.0.6"),
        "TCP",
        12865,
        Outcome.UNKNOWN,
        Opening.OPENS,
        point="kernel",
        reason="calico-packet",
        node="node",
    )
    assert FORMAT.recognises([samples.IPTABLES, b"something else"]) == 0.5


@pytest.mark.parametrize(
    ("before", "time", "host"),
    [
        ("2023-09-25T03:36:35.123456+00:00 node kernel: ", "2023-09-25T03:36:35.123456", "node"),
        ("2023-09-25T05:36:35+0200 node kernel: ", "2023-09-25T03:36:35", "node"),
        ("2023-09-25T03:36:35,123456+00:00 ", "2023-09-25T03:36:35.123456", ""),  # dmesg --time-format iso
        ("[Mon Sep 25 03:36:35 2023] ", "2023-09-25T03:36:35", ""),  # dmesg -T
        ("<4>1 2023-09-25T03:36:35Z node kernel: ", "2023-09-25T03:36:35", "node"),
        ("2023-09-25T03:36:35Z node kernel: [ 1234.567890] ", "2023-09-25T03:36:35", "node"),
    ],
)
def test_times_and_hosts(before: str, time: str, host: str) -> None:
    reduction = read("iptables", before + "fw: " + PACKET)
    flow, tally = only(reduction)
    assert tally.first == at(time)
    assert (flow.node, flow.reason) == (host, "fw")
    assert [found.kind for found in reduction.losses] == ([] if host else [LossKind.UNPLACED])


def test_the_uptime_of_the_kernel_is_no_time() -> None:
    reduction = read("iptables", f"[12345.678901] fw: {PACKET}")
    assert reduction.flows_read == 0
    assert "dmesg" in loss(reduction, LossKind.UNREADABLE).detail


@pytest.mark.parametrize(
    ("prefix", "outcome"),
    [
        ("DROP: ", Outcome.DENIED),
        ("[netpol-deny] ", Outcome.DENIED),
        ("UFW BLOCK] ", Outcome.DENIED),
        ("REJECT ", Outcome.REJECTED),
        ("calico-packet: ", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
    ],
)
def test_only_a_prefix_that_says_so_tells_what_came_of_a_packet(prefix: str, outcome: Outcome) -> None:
    flow, _ = only(read("iptables", f"2023-09-25T03:36:35Z node kernel: {prefix}{PACKET}"))
    assert flow.outcome is outcome


@pytest.mark.parametrize(
    ("prefix", "rule"),
    [
        ("DROP by policy shop/deny-all ", RecordedRule("deny-all", "shop")),  # kube-router
        ("calico-packet: shop/default.web ", RecordedRule("default.web", "shop")),  # LogPrefix with %p
        # 29 characters are all that iptables keeps.
        ("long-namespace/a-longer-polic", RecordedRule("a-longer-polic", "long-namespace", cropped=True)),
        ("no policy here: ", None),
    ],
)
def test_a_policy_in_the_prefix(prefix: str, rule: RecordedRule | None) -> None:
    flow, _ = only(read("iptables", f"2023-09-25T03:36:35Z node kernel: {prefix}{PACKET}"))
    assert flow.policies == (() if rule is None else (rule,))


def line(rest: str) -> str:
    return f"2023-09-25T03:36:35Z node kernel: fw: IN=eth0 OUT=cali1 {rest}"


def test_flags_are_words() -> None:
    reply = PACKET.replace(" SYN ", " ACK SYN ")
    flow, _ = only(read("iptables", f"2023-09-25T03:36:35Z node kernel: fw: {reply}"))
    assert (flow.opening, flow.source_port, flow.port) == (Opening.REPLY, 51813, None)


def test_udp_has_two_lengths_and_icmp_a_type() -> None:
    udp, echo, answer = flows(
        read(
            "iptables",
            "\n".join(
                (
                    line("SRC=10.0.0.1 DST=10.0.0.2 LEN=76 TTL=64 PROTO=UDP SPT=5353 DPT=53 LEN=56 MARK=0x10000"),
                    line("SRC=10.0.0.1 DST=10.0.0.2 LEN=84 TTL=64 PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1"),
                    line("SRC=10.0.0.2 DST=10.0.0.1 LEN=84 TTL=64 PROTO=ICMP TYPE=0 CODE=0 ID=1 SEQ=1"),
                )
            ),
        )
    )
    assert (udp.protocol, udp.source_port, udp.port, udp.opening) == ("UDP", 5353, 53, Opening.UNKNOWN)
    assert (echo.protocol, echo.port, echo.opening) == ("ICMP", 8, Opening.OPENS)
    assert (answer.port, answer.opening) == (0, Opening.REPLY)


def test_the_packet_within_an_icmp_error_is_not_the_packet() -> None:
    inner = "[SRC=10.0.0.9 DST=10.0.0.8 LEN=60 PROTO=TCP SPT=1 DPT=2 ]"
    flow, _ = only(read("iptables", line(f"SRC=10.0.0.1 DST=10.0.0.2 PROTO=ICMP TYPE=3 CODE=3 {inner}")))
    assert (flow.source.address, flow.destination.address, flow.protocol, flow.port) == (
        "10.0.0.1",
        "10.0.0.2",
        "ICMP",
        3,
    )


def test_ipv6_is_written_in_full_by_the_kernel() -> None:
    address = "fd00:0010:0000:0000:0000:0000:0000:0005"
    flow, _ = only(
        read(
            "iptables",
            line(f"SRC={address} DST=fe80::1 LEN=64 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ICMPv6 TYPE=128 CODE=0"),
        )
    )
    assert (flow.source.address, flow.protocol, flow.opening) == ("fd00:10::5", "ICMPv6", Opening.OPENS)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2023-09-25T03:36:35Z node kernel: net_ratelimit: 1234 callbacks suppressed", 1234),
        ("2023-09-25T03:36:35Z node systemd-journald[1]: Suppressed 56 messages from kernel", 56),
        ("2023-09-25T03:36:35Z node rsyslogd: imjournal: 78 messages lost due to rate-limiting", 78),
    ],
)
def test_lines_that_were_left_out_for_their_rate_are_counted(text: str, count: int) -> None:
    assert loss(read("iptables", text), LossKind.RATE_LIMITED).count == count


def test_what_can_not_be_read_is_a_loss_and_the_rest_of_the_kernels_log_is_counted() -> None:
    log = "\n".join((line("SRC=10.0.0.300 DST=10.0.0.2 PROTO=TCP"), "x SRC=1 DST=2", "usb 1-1: new device"))
    reduction = read("iptables", log)
    assert [found.where for found in lost(reduction, LossKind.UNREADABLE)] == [Position(FILE, 1), Position(FILE, 2)]
    assert loss(reduction, LossKind.FOREIGN).count == 1
