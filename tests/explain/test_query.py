"""Ports, protocols and destinations as people write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from ringfence.explain.query import parse_port, parse_protocol, split_destination
from ringfence.model.addresses import V6_BASE, format_address
from ringfence.model.errors import QueryError
from ringfence.model.ports import Protocol

TCP, UDP, SCTP = Protocol


@pytest.mark.parametrize(
    ("text", "endpoint", "port"),
    [
        ("data/postgres-0", "data/postgres-0", None),
        ("data/postgres-0:5432", "data/postgres-0", (TCP, 5432)),
        ("kube-system/deploy/coredns:53/udp", "kube-system/deploy/coredns", (UDP, 53)),
        ("service:shop/web", "service:shop/web", None),
        ("service:shop/web:80", "service:shop/web", (TCP, 80)),
        ("service:shop/web:9/SCTP", "service:shop/web", (SCTP, 9)),
        ("10.0.0.1", "10.0.0.1", None),
        ("10.0.0.1:443", "10.0.0.1", (TCP, 443)),
        ("::1", "::1", None),
        ("2001:db8::1:443", "2001:db8::1:443", None),  # all of it is the address
        ("[::1]", "::1", None),
        ("[::1]:443", "::1", (TCP, 443)),
        ("[2001:db8::1]:53/UDP", "2001:db8::1", (UDP, 53)),
    ],
)
def test_a_destination_is_an_endpoint_and_perhaps_a_port(
    text: str, endpoint: str, port: tuple[Protocol, int] | None
) -> None:
    assert split_destination(text) == (endpoint, port)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data/postgres-0:", "An empty port is no port"),
        ("data/postgres-0:0", "'0' is no port. Use a number from 1 to 65535."),
        ("data/postgres-0:65536", "'65536' is no port"),
        ("data/postgres-0:http", "'http' is no port"),
        (
            "data/postgres-0:53/icmp",
            "'icmp' is no protocol with ports. It has no ports; where it may be asked for, write its type: icmp/8.",
        ),
        ("data/postgres-0:53/", "has no protocol after the slash"),
        ("[::1", "An IPv6 address with a port is written"),
        ("[::1]443", "An IPv6 address with a port is written"),
    ],
)
def test_a_destination_that_is_not_well_formed_says_how_to_write_it(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        split_destination(text)
    assert message in str(caught.value)


def test_a_protocol_left_empty_is_tcp() -> None:
    assert parse_protocol("") is TCP
    assert parse_protocol(" udp ") is UDP


@given(st.text())
def test_any_text_is_a_port_or_an_error_of_ours(text: str) -> None:
    with suppress(QueryError):
        assert 1 <= parse_port(text) <= 65535


@given(st.text())
def test_any_text_is_a_destination_or_an_error_of_ours(text: str) -> None:
    try:
        endpoint, _ = split_destination(text)
    except QueryError:
        return
    assert endpoint in text


@given(st.integers(0, (1 << 128) - 1), st.integers(1, 65535))
def test_every_ipv6_address_takes_a_port_in_brackets(value: int, port: int) -> None:
    text = format_address(V6_BASE + value)
    assert split_destination(f"[{text}]:{port}") == (text, (TCP, port))
    assert split_destination(text) == (text, None)
