"""Lines of cilium monitor."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ringfence.flowlogs.cilium_monitor import NO_TIME, MonitorReader
from ringfence.flowlogs.detect import detect
from ringfence.flowlogs.registry import FORMATS
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, Tally
from tests.flowlogs.reading import loss, only, read

NAME = "cilium-monitor"
# https://github.com/cilium/cilium/issues/21391
VERDICT = (
    "Policy verdict log: flow 0x0 local EP ID 743, remote ID 1210, proto 17, ingress, action deny, match none, "
    "10.35.133.77:53 -> 10.35.10.243:41763 udp"
)
DROP = (
    "xx drop (Policy denied) flow 0x0 to endpoint 0, , identity 1210->unknown: "
    "10.35.133.77:53 -> 10.35.10.243:41763 udp"
)


def flow(line: str) -> Flow:
    return only(read(NAME, line))[0]


def test_a_verdict_of_which_nobody_knows_who_opened_the_connection() -> None:
    # The client's port is ephemeral and differs each time: the first ephemeral one stands for it.
    assert flow(VERDICT) == Flow(
        FlowEnd(EndKind.POD, "10.35.133.77"),
        FlowEnd(address="10.35.10.243"),
        "UDP",
        32768,
        Outcome.DENIED,
        source_port=53,
        direction=Direction.INGRESS,
        point="policy-verdict",
        per_connection=True,
        reason="POLICY_DENIED",
    )


def test_a_drop() -> None:
    assert flow(DROP) == Flow(
        FlowEnd(EndKind.POD, "10.35.133.77"),
        FlowEnd(address="10.35.10.243"),
        "UDP",
        32768,
        Outcome.DENIED,
        source_port=53,
        point="drop",
        reason="POLICY_DENIED",
    )


@pytest.mark.parametrize(
    ("action", "match", "outcome", "reason"),
    [
        ("allow", "L3-L4", Outcome.ALLOWED, ""),
        ("allow", "all", Outcome.ALLOWED, "allow-all"),
        ("redirect", "L4-Only", Outcome.ALLOWED, ""),
        ("audit", "none", Outcome.AUDITED, ""),
        ("deny", "none", Outcome.DENIED, "POLICY_DENIED"),
        ("deny", "L3-Only", Outcome.DENIED, "POLICY_DENY"),
        ("ponder", "none", Outcome.UNKNOWN, ""),
    ],
)
def test_actions(action: str, match: str, outcome: Outcome, reason: str) -> None:
    found = flow(
        f"Policy verdict log: flow 0xab local EP ID 7, remote ID 2, proto 6, egress, action {action}, auth: disabled, "
        f"match {match}, 10.0.0.1:41234 -> 1.1.1.1:443 tcp SYN"
    )
    assert (found.outcome, found.reason, found.opening, found.port) == (outcome, reason, Opening.OPENS, 443)
    assert found.direction is Direction.EGRESS
    assert found.destination == FlowEnd(EndKind.EXTERNAL, "1.1.1.1")


def test_an_allowed_packet_is_the_first_of_its_connection() -> None:
    found = flow(VERDICT.replace("action deny", "action allow"))
    assert (found.opening, found.source_port, found.port) == (Opening.OPENS, None, 41763)


@pytest.mark.parametrize(
    ("why", "outcome", "reason"),
    [
        ("Policy denied by denylist", Outcome.DENIED, "POLICY_DENY"),
        ("Authentication required", Outcome.DENIED, "AUTH_REQUIRED"),
        ("CT: Map insertion failed", Outcome.FAILED, "CT: Map insertion failed"),
        ("Stale or unroutable IP", Outcome.FAILED, "Stale or unroutable IP"),
    ],
)
def test_drops_of_newer_versions(why: str, outcome: Outcome, reason: str) -> None:
    found = flow(
        f"xx drop ({why}) flow 0x1f to endpoint 0, ifindex 7, file bpf_lxc.c:1177, , identity 12345->world: "
        "[fd00::1]:41234 -> [fd00::2]:80 tcp SYN"
    )
    assert (found.outcome, found.reason) == (outcome, reason)
    assert (found.source.address, found.destination) == ("fd00::1", FlowEnd(EndKind.EXTERNAL, "fd00::2"))


@pytest.mark.parametrize(
    ("begin", "point", "outcome", "opening", "ports"),
    [
        (("-> endpoint 7 flow 0x1 , identity 1210->4321 state new ifindex lxc1 orig-ip 10.0.0.1: "
         "10.0.0.1:41234 -> 10.0.0.2:80 tcp SYN"), "to-endpoint", Outcome.ALLOWED, Opening.OPENS, (None, 80)),
        (("-> stack flow 0x1 , identity 1210->4321 state reply ifindex 0 orig-ip 0.0.0.0: "
         "10.0.0.1:80 -> 10.0.0.2:41234 tcp ACK"), "to-stack", Outcome.ALLOWED, Opening.REPLY, (80, None)),
        (("<- endpoint 7 flow 0x1 , identity 1210->unknown state unknown ifindex 0 orig-ip 0.0.0.0: "
         "10.0.0.1:41234 -> 10.0.0.2:80 tcp ACK"), "from-endpoint", Outcome.UNKNOWN, Opening.UNKNOWN, (32768, 80)),
        (("-> overlay flow 0x1 , identity 1210->4321 state new ifindex 3 orig-ip 0.0.0.0: "
         "10.0.0.1 -> 10.0.0.2 EchoRequest"), "to-overlay", Outcome.ALLOWED, Opening.OPENS, (None, 8)),
    ],
)  # fmt: skip
def test_traces(
    begin: str, point: str, outcome: Outcome, opening: Opening, ports: tuple[int | None, int | None]
) -> None:
    found = flow(begin)
    assert (found.point, found.outcome, found.opening) == (point, outcome, opening)
    assert (found.source_port, found.port) == ports
    assert found.source.kind is EndKind.POD


@pytest.mark.parametrize(
    ("line", "protocol", "port"),
    [
        ("10.0.0.1 -> 10.0.0.2 EchoReply", "ICMP", 0),
        ("10.0.0.1 -> 10.0.0.2 DestinationUnreachable(Port)", "ICMP", 3),
        ("fd00::1 -> fd00::2 EchoRequest", "ICMPv6", 128),
        ("10.0.0.1 -> 10.0.0.2 icmp Redirect", "ICMP", None),
        ("10.0.0.1:3868 -> 10.0.0.2:9000 sctp", "SCTP", 9000),
    ],
)
def test_packets(line: str, protocol: str, port: int | None) -> None:
    found = flow(DROP[: DROP.index("10.35")] + line)
    assert (found.protocol, found.port) == (protocol, port)


def test_lines_have_no_time_and_count_when_they_are_read() -> None:
    reduction = read(NAME, f"{VERDICT}\n{VERDICT}", MonitorReader(lambda: 1785492000.0))
    assert only(reduction)[1] == Tally(1785492000.0, 1785492000.0, 2)
    assert loss(reduction, LossKind.TRUNCATED).detail == NO_TIME


@pytest.mark.parametrize("stamp", ["2026-07-31T10:00:00Z ", "Jul 31 10:00:00 node cilium: "])
def test_a_time_that_a_collector_put_before_the_line_is_taken(stamp: str) -> None:
    reduction = read(NAME, stamp + VERDICT, MonitorReader(lambda: 1785500000.0))
    assert only(reduction)[1].first == 1785492000.0


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Listening for events on 4 CPUs with 64x4096 of shared memory", LossKind.FOREIGN),
        ("Press Ctrl-C to quit", LossKind.FOREIGN),
        ("time=x 10.0.0.1:1 -> 10.0.0.2:2 tcp", LossKind.FOREIGN),
        (VERDICT[:-20], LossKind.UNREADABLE),
        (VERDICT.replace("10.35.133.77", "999.35.133.77"), LossKind.UNREADABLE),
    ],
)
def test_other_lines_are_counted(line: str, kind: LossKind) -> None:
    reduction = read(NAME, line)
    assert reduction.counted == {}
    assert loss(reduction, kind).count == 1


def test_it_is_recognised() -> None:
    found = detect([b"Press Ctrl-C to quit", VERDICT.encode(), DROP.encode()], FORMATS, "monitor.log")
    assert found is not None
    assert found.format.name == NAME


@given(st.sampled_from([VERDICT, DROP]), st.integers(0, 160), st.integers(0, 30), st.text(max_size=8))
def test_any_line_is_a_flow_or_a_loss(line: str, at: int, length: int, instead: str) -> None:
    spoilt = (line[:at] + instead + line[at + length :]).replace("\n", " ")
    reduction = read(NAME, spoilt)
    lost = [each for each in reduction.losses if each.kind in (LossKind.UNREADABLE, LossKind.FOREIGN)]
    assert reduction.flows_read + sum(each.count or 0 for each in lost) == bool(spoilt)
