"""External addresses in words, and external ends put together."""

from __future__ import annotations

import pytest

from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, AddressSet
from ringfence.reach.report import ReachEnd
from ringfence.render.external import addresses_of, describe, group, group_by_connections
from tests.render.reports import ALL_IPV4, ALL_IPV6, API, WEB, connection, tcp


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


def test_ends_with_the_same_connections_share_a_name() -> None:
    low, high = ReachEnd("0.0.0.0-9.255.255.255"), ReachEnd("11.0.0.0-255.255.255.255")
    names = group_by_connections([connection(WEB, low, tcp(443)), connection(WEB, high, tcp(443))])
    assert names == {low: "Internet (IPv4) except 10.0.0.0/8", high: "Internet (IPv4) except 10.0.0.0/8"}


def test_ends_whose_connections_differ_in_ports_or_direction_stay_apart() -> None:
    low, high = ReachEnd("0.0.0.0-127.255.255.255"), ReachEnd("128.0.0.0-255.255.255.255")
    by_ports = group_by_connections([connection(WEB, low, tcp(443)), connection(WEB, high, tcp(80))])
    by_side = group_by_connections([connection(WEB, low, tcp(443)), connection(high, WEB, tcp(443))])
    assert by_ports == by_side == {low: "0.0.0.0/1", high: "128.0.0.0/1"}


def test_ends_inside_the_cluster_are_not_named() -> None:
    assert group_by_connections([connection(WEB, API, tcp(80))]) == {}


def test_an_end_that_is_no_range_keeps_its_name() -> None:
    assert group({ReachEnd("api.example.com"): 1}) == {ReachEnd("api.example.com"): "api.example.com"}


def test_two_long_lists_that_begin_alike_get_different_names() -> None:
    ranges = [ReachEnd(f"{n}.0.0.0-{n}.0.0.9") for n in range(1, 10)]
    first = dict.fromkeys([*ranges[:4], ranges[4]], "a")
    other = dict.fromkeys([*ranges[:3], ranges[5], ranges[6]], "b")
    names = group({**first, **other})
    assert names[ranges[4]] != names[ranges[5]]
