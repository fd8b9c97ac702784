"""Port sets: protocols stay apart, names resolve on the destination."""

from __future__ import annotations

import pytest

from ringfence.model.ports import (
    ALL_PORTS,
    EVERY_PORT,
    NO_PORTS,
    ContainerPort,
    NamedPort,
    PortRange,
    PortSet,
    Protocol,
    resolve_ports,
)

TCP, UDP, SCTP = Protocol


def test_all_ports_are_the_ports_1_to_65535_of_three_protocols() -> None:
    assert ALL_PORTS.size == 3 * 65535
    assert all(ALL_PORTS.has(protocol, port) for protocol in Protocol for port in (1, 65535))


def test_port_0_and_65536_belong_to_no_set() -> None:
    assert not any(ALL_PORTS.has(protocol, 0) for protocol in Protocol)
    assert not ALL_PORTS.has(SCTP, 65536)


def test_the_last_port_of_one_protocol_does_not_touch_the_first_of_the_next() -> None:
    both = PortSet.range(TCP) | PortSet.range(UDP)
    assert both.of_protocol(TCP) == ((1, 65535),)
    assert both.of_protocol(UDP) == ((1, 65535),)
    assert both.of_protocol(SCTP) == ()


@pytest.mark.parametrize(
    ("ports", "text"),
    [
        (ALL_PORTS, "all ports"),
        (NO_PORTS, "no ports"),
        (PortSet.point(TCP, 80) | PortSet.point(TCP, 443), "TCP 80,443"),
        (PortSet.range(UDP, 53, 60) | PortSet.range(SCTP), "UDP 53-60 SCTP any"),
    ],
)
def test_a_port_set_reads_as_an_operator_would_say_it(ports: PortSet, text: str) -> None:
    assert str(ports) == text


WEB = (ContainerPort("web", TCP, 80), ContainerPort("web", TCP, 8080), ContainerPort("web", UDP, 80))


def test_no_port_entries_mean_every_port() -> None:
    assert resolve_ports(None, WEB) == EVERY_PORT


def test_an_empty_list_of_entries_means_no_port() -> None:
    assert resolve_ports((), WEB) == NO_PORTS


def test_a_name_with_several_numbers_means_each_of_its_protocol() -> None:
    assert resolve_ports((NamedPort("web", TCP),), WEB) == PortSet.point(TCP, 80) | PortSet.point(TCP, 8080)


def test_a_name_without_protocol_means_every_protocol_it_is_declared_for() -> None:
    expected = PortSet.point(TCP, 80) | PortSet.point(TCP, 8080) | PortSet.point(UDP, 80)
    assert resolve_ports((NamedPort("web", None),), WEB) == expected


def test_a_name_that_the_destination_lacks_means_nothing() -> None:
    assert resolve_ports((NamedPort("metrics", TCP), PortRange(SCTP, 9, 10)), WEB) == PortSet.range(SCTP, 9, 10)
