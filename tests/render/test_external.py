"""External addresses in words, and external ends put together."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, AddressSet, format_range
from ringfence.reach.report import Connection, ReachEnd
from ringfence.render.external import addresses_of, describe, separate
from tests.render.reports import ALL_IPV4, ALL_IPV6, API, WEB, connection, end, tcp


def cidrs(*texts: str) -> AddressSet:
    return AddressSet.of(interval for text in texts for interval in AddressSet.cidr(text))


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        (ALL_ADDRESSES, "Internet"),
        (ALL_V4, "Internet (IPv4)"),
        (ALL_V6, "Internet (IPv6)"),
        (cidrs("10.0.0.0/8"), "10.0.0.0/8"),
        (cidrs("192.0.2.7/32"), "192.0.2.7"),
        (cidrs("2001:db8::/32"), "2001:db8::/32"),
        (ALL_V4 - cidrs("10.0.0.0/8"), "Internet (IPv4) except 10.0.0.0/8"),
        (ALL_ADDRESSES - cidrs("fd00::/8"), "Internet (IPv4), Internet (IPv6) except fd00::/8"),
        (AddressSet.of([(10, 12)]), "0.0.0.10-0.0.0.12"),
        (
            cidrs("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.51.100.0/24", "203.0.113.0/24"),
            "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 2 more ranges",
        ),
    ],
)
def test_a_set_of_addresses_is_said_in_words(addresses: AddressSet, words: str) -> None:
    assert describe(addresses) == words


def test_an_external_end_gives_its_addresses_back() -> None:
    assert addresses_of(ALL_IPV4) == ALL_V4
    assert addresses_of(ALL_IPV6) == ALL_V6
    assert addresses_of(ReachEnd("api.example.com")) is None


def named(*connections: Connection) -> dict[ReachEnd, str]:
    return separate(connections).named_by_connections()


def test_ends_with_the_same_connections_share_a_name() -> None:
    low, high = ReachEnd("0.0.0.0-9.255.255.255"), ReachEnd("11.0.0.0-255.255.255.255")
    names = named(connection(WEB, low, tcp(443)), connection(WEB, high, tcp(443)))
    assert names == {low: "Internet (IPv4) except 10.0.0.0/8", high: "Internet (IPv4) except 10.0.0.0/8"}


def test_ends_whose_connections_differ_in_ports_or_direction_stay_apart() -> None:
    low, high = ReachEnd("0.0.0.0-127.255.255.255"), ReachEnd("128.0.0.0-255.255.255.255")
    by_ports = named(connection(WEB, low, tcp(443)), connection(WEB, high, tcp(80)))
    by_side = named(connection(WEB, low, tcp(443)), connection(high, WEB, tcp(443)))
    assert by_ports == by_side == {low: "0.0.0.0/1", high: "128.0.0.0/1"}


def test_ends_inside_the_cluster_are_not_named() -> None:
    assert named(connection(WEB, API, tcp(80))) == {}


def test_an_end_that_is_no_range_keeps_its_name() -> None:
    name = ReachEnd("api.example.com")
    separated = separate([connection(WEB, name)])
    assert separated.connections == (connection(WEB, name),)
    assert separated.named({name: 1}) == {name: "api.example.com"}


def test_ranges_that_overlap_are_cut_and_the_whole_keeps_both_parts() -> None:
    ten = ReachEnd("10.0.0.0-10.255.255.255")
    separated = separate([connection(WEB, ALL_IPV4, tcp(443)), connection(API, ten, tcp(80))])
    outside = ReachEnd("0.0.0.0-9.255.255.255")  # named by its first range
    assert set(separated.connections) == {
        connection(WEB, ten, tcp(443)),
        connection(WEB, outside, tcp(443)),
        connection(API, ten, tcp(80)),
    }
    assert separated.addresses == {ten: cidrs("10.0.0.0/8"), outside: ALL_V4 - cidrs("10.0.0.0/8")}
    assert separated.named_by_connections() == {ten: "10.0.0.0/8", outside: "Internet (IPv4) except 10.0.0.0/8"}


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), min_size=1, max_size=8)


@given(SPANS)
def test_separation_keeps_every_connection_at_every_address(spans: list[tuple[int, int]]) -> None:
    """Ends never overlap afterwards, and at each address the same sources have the same ports."""
    answer = [
        connection(end(f"n/p{place}"), ReachEnd(format_range((low, low + more))), tcp(place + 1))
        for place, (low, more) in enumerate(spans)
    ]
    separated = separate(answer)
    for address in range(60):
        before = {(one.src, one.ports) for one in answer if address in (addresses_of(one.dst) or ())}
        holding = [part for part, addresses in separated.addresses.items() if address in addresses]
        after = {(one.src, one.ports) for one in separated.connections if one.dst in holding}
        assert len(holding) == bool(before)
        assert after == before
