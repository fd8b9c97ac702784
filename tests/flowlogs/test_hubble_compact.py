"""Lines of hubble observe as people see them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ringfence.flowlogs.detect import detect
from ringfence.flowlogs.hubble_compact import CompactReader
from ringfence.flowlogs.registry import FORMATS
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, TcpAnswer
from tests.flowlogs.reading import loss, only, read

NAME = "hubble-compact"
AUDITED = (
    "Feb  7 12:53:39.168: default/tiefighter:54134 (ID:31028) -> default/deathstar-6fb5694d48-5hmds:80 (ID:16530) "
    "policy-verdict:none AUDITED (TCP Flags: SYN)"
)
TIEFIGHTER = FlowEnd(EndKind.POD, namespace="default", pod="tiefighter")


def flow(rest: str) -> Flow:
    return only(read(NAME, f"Feb  7 12:53:39.168: {rest}"))[0]


def test_an_audited_connection() -> None:
    reduction = read(NAME, AUDITED, CompactReader(lambda: 1785492000.0))  # July 2026
    found, tally = only(reduction)
    assert found == Flow(
        TIEFIGHTER,
        FlowEnd(EndKind.POD, namespace="default", pod="deathstar-6fb5694d48-5hmds"),
        "TCP",
        80,
        Outcome.AUDITED,
        Opening.OPENS,
        point="policy-verdict",
        per_connection=True,
    )
    assert tally.first == pytest.approx(1770468819.168)  # 2026-02-07T12:53:39Z
    assert loss(reduction, LossKind.TRUNCATED).detail.startswith("Times are written without year and zone")


@pytest.mark.parametrize(
    ("rest", "connections", "answer"),
    [
        ("-> b:80 (ID:2) to-endpoint FORWARDED (TCP Flags: SYN)", 1, TcpAnswer.NONE),
        ("-> b:80 (ID:2) to-endpoint FORWARDED (TCP Flags: ACK, PSH)", 0, TcpAnswer.NONE),
        ("-> b:80 (ID:2) to-endpoint FORWARDED (TCP Flags: RST)", 0, TcpAnswer.NONE),  # the client breaks off
        ("<- b:80 (ID:2) to-endpoint FORWARDED (TCP Flags: SYN, ACK)", 1, TcpAnswer.ACCEPTED),
        ("<- b:80 (ID:2) to-endpoint FORWARDED (TCP Flags: ACK, RST)", 0, TcpAnswer.RESET),
        ("-> b:80 (ID:2) policy-verdict:L4-Only INGRESS ALLOWED (TCP Flags: SYN)", None, TcpAnswer.NONE),
        ("-> b:80 (ID:2) Policy denied DROPPED (TCP Flags: SYN)", None, TcpAnswer.NONE),
        ("-> b:53 (ID:2) to-endpoint FORWARDED (UDP)", None, TcpAnswer.NONE),
    ],
)
def test_flags_tell_what_a_packet_opens_and_answers(rest: str, connections: int | None, answer: TcpAnswer) -> None:
    found, tally = only(read(NAME, f"Feb  7 12:53:39.168: default/a:40000 (ID:1) {rest}"))
    assert (tally.connections, found.answer) == (connections, answer)


def test_a_reply_is_written_with_its_ends_swapped() -> None:
    found = flow(
        "default/tiefighter:54134 (ID:1) <- default/deathstar:80 (ID:2) to-endpoint FORWARDED (TCP Flags: ACK)"
    )
    assert found.source.pod == "deathstar"
    assert found.destination == TIEFIGHTER
    assert (found.opening, found.source_port, found.port) == (Opening.REPLY, 80, None)
    assert (found.point, found.outcome) == ("to-endpoint", Outcome.ALLOWED)


@pytest.mark.parametrize(
    ("rest", "outcome", "reason", "direction"),
    [
        ("policy-verdict:none EGRESS DENIED (TCP Flags: SYN)", Outcome.DENIED, "POLICY_DENIED", Direction.EGRESS),
        ("policy-verdict:L3-Only INGRESS DENIED (TCP Flags: SYN)", Outcome.DENIED, "POLICY_DENY", Direction.INGRESS),
        ("policy-verdict:all EGRESS ALLOWED (TCP Flags: SYN)", Outcome.ALLOWED, "allow-all", Direction.EGRESS),
        ("policy-verdict:L4-Only ALLOWED (TCP Flags: SYN)", Outcome.ALLOWED, "", None),
        ("Policy denied DROPPED (TCP Flags: SYN)", Outcome.DENIED, "POLICY_DENIED", None),
        ("Policy denied by denylist DROPPED (TCP Flags: SYN)", Outcome.DENIED, "POLICY_DENY", None),
        ("Stale or unroutable IP DROPPED (TCP Flags: SYN)", Outcome.FAILED, "Stale or unroutable IP", None),
        ("http-request DROPPED (HTTP/1.1 PUT http://deathstar/v1)", Outcome.REJECTED, "denied by the proxy", None),
        ("from-endpoint TRACED (TCP Flags: SYN)", Outcome.UNKNOWN, "", None),
        ("to-proxy REDIRECTED (TCP Flags: SYN)", Outcome.ALLOWED, "", None),
    ],
)
def test_verdicts(rest: str, outcome: Outcome, reason: str, direction: Direction | None) -> None:
    found = flow(f"default/tiefighter:54134 (ID:31028) -> default/deathstar:80 (ID:16530) {rest}")
    assert (found.outcome, found.reason, found.direction, found.protocol) == (outcome, reason, direction, "TCP")


@pytest.mark.parametrize(
    ("text", "end", "port"),
    [
        ("1.1.1.1:443 (world)", FlowEnd(EndKind.EXTERNAL, "1.1.1.1"), 443),
        ("[fd00::1]:443 (ID:2)", FlowEnd(EndKind.EXTERNAL, "fd00::1"), 443),
        ("10.0.0.1:6443 (kube-apiserver)", FlowEnd(EndKind.API_SERVER, "10.0.0.1"), 6443),
        ("10.0.0.1:10250 (host)", FlowEnd(EndKind.NODE, "10.0.0.1"), 10250),
        ("api.example.com:443 (ID:16777220)", FlowEnd(EndKind.EXTERNAL, names=("api.example.com",)), 443),
        ("10.0.0.9:80", FlowEnd(address="10.0.0.9"), 80),
    ],
)
def test_ends(text: str, end: FlowEnd, port: int) -> None:
    found = flow(f"default/tiefighter:54134 (ID:31028) -> {text} to-stack FORWARDED (TCP Flags: SYN)")
    assert (found.destination, found.port) == (end, port)


@pytest.mark.parametrize(
    ("arrow", "summary", "opening", "ports"),
    [
        ("<>", "TCP Flags: SYN", Opening.OPENS, (None, 80)),
        ("<>", "TCP Flags: SYN, ACK", Opening.REPLY, (54134, None)),
        ("<>", "UDP", Opening.UNKNOWN, (32768, 80)),
        ("->", "UDP", Opening.OPENS, (None, 80)),
    ],
)
def test_arrows(arrow: str, summary: str, opening: Opening, ports: tuple[int | None, int | None]) -> None:
    found = flow(f"a/b:54134 (ID:300) {arrow} c/d:80 (ID:301) Policy denied DROPPED ({summary})")
    assert (found.opening, (found.source_port, found.port)) == (opening, ports)


@pytest.mark.parametrize(
    ("what", "protocol", "port"),
    [
        ("to-endpoint FORWARDED (ICMPv4 EchoRequest)", "ICMP", 8),
        ("to-endpoint FORWARDED (ICMPv6 EchoReply)", "ICMPv6", 129),
        ("to-endpoint FORWARDED (SCTP)", "SCTP", None),
        ("dns-request proxy FORWARDED (DNS Query api.example.com. A)", "UDP", None),
        ("kafka-request FORWARDED (Kafka request produce)", "TCP", None),
        ("to-endpoint FORWARDED", "", None),
    ],
)
def test_protocols(what: str, protocol: str, port: int | None) -> None:
    found = flow(f"a/b (ID:300) -> c/d (ID:301) {what}")
    assert (found.protocol, found.port) == (protocol, port)


def test_the_node_and_a_full_time_where_they_are_asked_for() -> None:
    line = "2026-07-31T10:00:00.5Z [kind/worker]: a/b:1 (ID:300) -> c/d:80 (ID:301) to-endpoint FORWARDED (UDP)"
    found, tally = only(read(NAME, line))
    assert (found.node, tally.first) == ("worker", 1785492000.5)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("EVENTS LOST: HUBBLE_RING_BUFFER CPU(0) 1", LossKind.FOREIGN),
        ("Feb  7 12:53:39.168: a/b -> c/d to-endpoint PONDERED (UDP)", LossKind.FOREIGN),
        ("Feb 37 12:53:39.168: a/b -> c/d to-endpoint FORWARDED (UDP)", LossKind.UNREADABLE),
        ("Feb  7 12:53:99.168: a/b -> c/d to-endpoint FORWARDED (UDP)", LossKind.UNREADABLE),
        ("2026-99-31T10:00:00Z: a/b -> c/d to-endpoint FORWARDED (UDP)", LossKind.UNREADABLE),
    ],
)
def test_other_lines_are_counted(line: str, kind: LossKind) -> None:
    reduction = read(NAME, line)
    assert reduction.counted == {}
    assert loss(reduction, kind).count == 1


def test_it_is_recognised() -> None:
    found = detect([AUDITED.encode()], FORMATS, "hubble.txt")
    assert found is not None
    assert found.format.name == NAME


@given(st.integers(0, 180), st.integers(0, 30), st.text(max_size=8))
def test_any_line_is_a_flow_or_a_loss(at: int, length: int, instead: str) -> None:
    spoilt = (AUDITED[:at] + instead + AUDITED[at + length :]).replace("\n", " ")
    reduction = read(NAME, spoilt)
    lost = [each for each in reduction.losses if each.kind in (LossKind.UNREADABLE, LossKind.FOREIGN)]
    assert reduction.flows_read + sum(each.count or 0 for each in lost) == bool(spoilt)
