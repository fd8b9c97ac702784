"""Which connections are wanted."""

from __future__ import annotations

import pytest

from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.ports import ALL_PORTS, Protocol
from ringfence.reach.filters import EndFilter, Filters, PortFilter
from ringfence.reach.report import Connection, ReachEnd
from tests.clusters import pod
from tests.render.reports import ALL_IPV4, ALL_IPV6, connection, end, tcp

WEB, DB = end("shop/Deployment/web"), end("data/Pod/db")


@pytest.mark.parametrize(
    ("glob", "kept"),
    [
        ("shop/*", True),
        ("shop/web-*", True),
        ("shop/Deployment/*", False),
        ("*/Pod/web-0", True),
        ("*", True),
        ("data/*", False),
        ("SHOP/*", False),
    ],
)
def test_a_glob_is_matched_against_both_names_of_a_pod(glob: str, kept: bool) -> None:
    assert EndFilter(globs=(glob,)).pod(pod("shop/web-0")) is kept


def test_a_listed_pod_is_kept() -> None:
    wanted = EndFilter(frozenset({"shop/web-0"}))
    assert wanted.pod(pod("shop/web-0"))
    assert not wanted.pod(pod("shop/web-1"))


@pytest.mark.parametrize(("address", "kept"), [("192.0.2.1", {ALL_IPV4}), ("2001:db8::1", {ALL_IPV6})])
def test_an_address_keeps_the_range_that_holds_it_and_no_pod(address: str, kept: set[ReachEnd]) -> None:
    wanted = EndFilter(addresses=AddressSet.point(parse_address(address)))
    assert {one for one in (ALL_IPV4, ALL_IPV6, WEB) if wanted.end(one)} == kept


def test_addresses_leave_the_choice_of_pods_open() -> None:
    outside = EndFilter(addresses=AddressSet.point(parse_address("192.0.2.1")))
    inside = EndFilter(globs=("shop/*",))
    assert Filters(sources=inside, destinations=outside).pod_filters == (inside.pod, None)
    assert Filters().pod_filters == (None, None)


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(), True),
        (Filters(namespaces=frozenset({"shop"})), True),
        (Filters(namespaces=frozenset({"data"})), True),
        (Filters(namespaces=frozenset({"ops"})), False),
        (Filters(ports=(PortFilter(80),)), True),
        (Filters(ports=(PortFilter(80, Protocol.TCP),)), True),
        (Filters(ports=(PortFilter(80, Protocol.UDP),)), False),
        (Filters(ports=(PortFilter(81), PortFilter(80))), True),
        (Filters(namespaces=frozenset({"shop"}), ports=(PortFilter(81),)), False),
    ],
)
def test_a_connection_must_pass_every_kind_of_filter(filters: Filters, kept: bool) -> None:
    assert list(filters.apply([connection(WEB, DB, tcp(80))])) == ([connection(WEB, DB, tcp(80))] if kept else [])


def test_an_external_end_goes_where_pods_are_wanted() -> None:
    wanted = Filters(destinations=EndFilter(globs=("data/*",)))
    assert not wanted.keeps(Connection(WEB, ALL_IPV4, ALL_PORTS, ALL_PORTS))
    assert wanted.keeps(Connection(ALL_IPV4, DB, ALL_PORTS, ALL_PORTS))
