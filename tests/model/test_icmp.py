"""Messages of ICMP: lines of their own, spans by type and code, and names in words."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given, strategies as st

from ringfence.model.icmp import ECHO_REQUEST, TYPE_NUMBERS, entry_words, text_of, words_of
from ringfence.model.ports import (
    ALL_ICMP,
    ALL_PORTS,
    EVERY_PORT,
    MAX_MESSAGE,
    AnyProtocol,
    Icmp,
    IcmpRange,
    NamedPort,
    PortRange,
    PortSet,
    Protocol,
    message,
    message_parts,
    message_texts,
    resolve_ports,
)

LINES: tuple[AnyProtocol, ...] = (*Protocol, *Icmp)
spans = st.tuples(st.integers(0, MAX_MESSAGE), st.integers(0, MAX_MESSAGE)).map(lambda two: (min(two), max(two)))
sets = st.lists(st.tuples(st.sampled_from(LINES), spans), max_size=4).map(
    lambda drawn: PortSet.of(
        span
        for line, (lo, hi) in drawn
        for span in PortSet.range(line, max(lo, 0 if isinstance(line, Icmp) else 1), max(hi, 1))
    )
)


def test_lines_don_t_touch() -> None:
    assert len(EVERY_PORT.intervals) == len(LINES)
    assert not ALL_ICMP & ALL_PORTS
    assert ALL_ICMP.size == len(Icmp) * (MAX_MESSAGE + 1)


@given(sets, sets)
def test_a_set_is_the_union_of_its_lines_and_so_are_its_operations(one: PortSet, other: PortSet) -> None:
    for operation in (operator.or_, operator.and_, operator.sub):
        made: PortSet = operation(one, other)
        by_line = [operation(line_of(one, line), line_of(other, line)) for line in LINES]
        assert [line_of(made, line) for line in LINES] == by_line
        assert made == PortSet.of(span for some in by_line for span in some)


def line_of(ports: PortSet, line: AnyProtocol) -> PortSet:
    return PortSet.of(span for lo, hi in ports.of_protocol(line) for span in PortSet.range(line, lo, hi))


@given(spans)
def test_parts_of_a_span_are_the_span(span: tuple[int, int]) -> None:
    parts = list(message_parts(*span))
    again = PortSet.of(
        one
        for kind, code in parts
        for entry in [IcmpRange.of(Icmp.ICMP, kind, code)]
        for one in PortSet.range(Icmp.ICMP, entry.lo, entry.hi)
    )
    assert again == PortSet.range(Icmp.ICMP, *span)


@given(spans)
def test_texts_of_a_span_are_the_span(span: tuple[int, int]) -> None:
    points: set[int] = set()
    for text in message_texts(*span):
        kinds, slash, codes = text.partition("/")
        first, _, last = (codes if slash else kinds).partition("-")
        low, high = int(first), int(last or first)
        known = (
            range(message(int(kinds), low), message(int(kinds), high) + 1)
            if slash
            else range(message(low), message(high, 255) + 1)
        )
        assert not points & set(known)
        points |= set(known)
    assert points == set(range(span[0], span[1] + 1))


@pytest.mark.parametrize(
    ("ports", "text"),
    [
        (EVERY_PORT, "all ports ICMP any ICMPv6 any"),
        (ALL_ICMP, "ICMP any ICMPv6 any"),
        (PortSet.point(Protocol.TCP, 80) | PortSet.point(Icmp.ICMP, message(8)), "TCP 80 ICMP 8/0"),
        (PortSet.range(Icmp.ICMPV6, message(128), message(129, 255)), "ICMPv6 128-129"),
    ],
)
def test_a_set_is_written_by_protocol(ports: PortSet, text: str) -> None:
    assert str(ports) == text


@pytest.mark.parametrize(
    ("protocol", "port", "words", "asked"),
    [
        (Protocol.TCP, 443, "TCP 443", "443/TCP"),
        (Icmp.ICMP, message(8), "ICMP echo request (type 8)", "icmp/8"),
        (Icmp.ICMP, message(5, 1), "ICMP redirect (type 5, code 1)", "icmp/5/1"),
        (Icmp.ICMPV6, message(2), "ICMPv6 packet too big (type 2)", "icmpv6/2"),
        (Icmp.ICMP, message(200), "ICMP type 200", "icmp/200"),
    ],
)
def test_a_connection_in_words_and_as_it_is_asked_for(protocol: AnyProtocol, port: int, words: str, asked: str) -> None:
    assert (words_of(protocol, port), text_of(protocol, port)) == (words, asked)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (PortRange(Protocol.TCP, 80, 80), "TCP 80"),
        (NamedPort("http", None), "http"),
        (IcmpRange(Icmp.ICMP), "ICMP any"),
        (IcmpRange.of(Icmp.ICMP, 8), "ICMP echo request (type 8)"),
        (IcmpRange.of(Icmp.ICMP, 5, 1), "ICMP redirect (type 5, code 1)"),
        (IcmpRange(Icmp.ICMP, message(0), message(4, 255)), "ICMP 0-4"),
    ],
)
def test_an_entry_in_words(entry: PortRange | NamedPort | IcmpRange, words: str) -> None:
    assert entry_words(entry) == words


def test_ping_is_the_echo_request_of_each_family() -> None:
    """IANA: Echo is 8 of ICMP, Echo Request 128 of ICMPv6."""
    assert {family: TYPE_NUMBERS[family]["EchoRequest"] for family in Icmp} == ECHO_REQUEST


def test_a_rule_s_messages_are_those_of_its_entries() -> None:
    entries = (IcmpRange.of(Icmp.ICMP, 8), IcmpRange.of(Icmp.ICMPV6, 1, 4))
    assert resolve_ports(entries, ()) == PortSet.range(Icmp.ICMP, 8 * 256, 8 * 256 + 255) | PortSet.point(
        Icmp.ICMPV6, 256 + 4
    )
