"""Addresses and ranges, held to the standard library's ipaddress."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, strategies as st

from ringfence.model.addresses import (
    ALL_ADDRESSES,
    ALL_V4,
    ALL_V6,
    AddressSet,
    format_address,
    parse_address,
    parse_cidr,
)

v4 = st.ip_addresses(v=4)
v6 = st.builds(ipaddress.IPv6Address, st.integers(0, 2**128 - 1)).filter(lambda address: address.ipv4_mapped is None)


@given(v4 | v6)
def test_an_address_reads_back_as_it_was_written(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    point = parse_address(str(address))
    assert ipaddress.ip_address(format_address(point)) == address
    assert (point in ALL_V4) == (address.version == 4)
    assert (point in ALL_V6) == (address.version == 6)


@given(v4 | v6, st.integers(0, 128), v4 | v6)
def test_a_range_holds_what_the_network_holds(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    bits: int,
    other: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    bits %= address.max_prefixlen + 1
    network = ipaddress.ip_network(f"{address}/{bits}", strict=False)
    (_, host_bits), ours = parse_cidr(f"{address}/{bits}"), AddressSet.cidr(f"{address}/{bits}")
    assert host_bits == (network.network_address != address)
    assert ours.size == network.num_addresses
    for member in (network[0], network[-1]):
        assert is_mapped(member) or parse_address(str(member)) in ours
    assert is_mapped(other) or (parse_address(str(other)) in ours) == (other in network)


def is_mapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """True for an IPv4 address in IPv6's spelling, which is on the other line."""
    return isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None


def test_an_ipv4_mapped_address_is_its_ipv4_address() -> None:
    assert parse_address("::ffff:10.0.0.1") == parse_address("10.0.0.1")
    assert AddressSet.cidr("::ffff:10.0.0.0/104") == AddressSet.cidr("10.0.0.0/8")


def test_the_two_families_never_merge_into_one_range() -> None:
    assert len(ALL_ADDRESSES.intervals) == 2


@pytest.mark.parametrize(
    "text", ["", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "::g", "fe80::1%eth0", "ä", "1\x00"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no IP address"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("10.0.0.0", "has no prefix length"),
        ("10.0.0.0/", "has no valid prefix length"),
        ("10.0.0.0/08", "has no valid prefix length"),
        ("10.0.0.0/-1", "has no valid prefix length"),
        ("10.0.0.0/33", "longer than 32 bits"),
        ("fd00::/129", "longer than 128 bits"),
        ("503.0.0.0/8", "has no valid address"),
        ("::ffff:10.0.0.0/90", "IPv4-mapped"),
    ],
)
def test_what_is_no_range_is_refused_with_the_part_that_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_cidr(text)
