"""Values as logs write them."""

from __future__ import annotations

import pytest

from ringfence.flowlogs import fields
from ringfence.model.flow import Opening


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),  # an IPv4-mapped address is IPv4 on the wire
        ("fe80::1%eth0", "fe80::1"),
        ("10.0.0", ""),
        ("10.0.0.01", ""),
        ("<nil>", ""),
        ("1" * 100, ""),
        (None, ""),
        (167772161, ""),
    ],
)
def test_addresses_are_canonical(written: object, address: str) -> None:
    assert fields.address(written) == address


@pytest.mark.parametrize(
    ("written", "protocol"),
    [
        ("tcp", "TCP"),
        ("UDP", "UDP"),
        (132, "SCTP"),
        ("1", "ICMP"),
        (58, "ICMPv6"),
        ("IPv6-ICMP", "ICMPv6"),
        ("47", "47"),
    ],
)
def test_protocols_have_one_name(written: object, protocol: str) -> None:
    assert fields.protocol(written) == protocol


@pytest.mark.parametrize("written", ["", "http", 256, -1, None, True, [6]])
def test_what_is_no_protocol(written: object) -> None:
    assert fields.protocol(written) == ""


@pytest.mark.parametrize(
    ("written", "number"),
    [(7, 7), ("7", 7), ("-7", -7), (7.0, 7), (7.5, None), (True, None), ("", None), ("7a", None), ("\u0667", None)],
)
def test_whole_numbers(written: object, number: int | None) -> None:
    assert fields.whole(written) == number


@pytest.mark.parametrize("written", [1 << 63, "9" * 19, 1e300, float("inf"), -(1 << 70)])
def test_numbers_that_no_store_could_keep_are_none(written: object) -> None:
    assert fields.whole(written) is None


def test_ports_are_those_that_can_be_listened_on() -> None:
    assert [fields.port(written) for written in (0, 1, 65535, 65536, "53", -1)] == [None, 1, 65535, None, 53, None]


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2023-10-18T09:52:23.319Z", 1697622743.319),
        ("2023-10-18T11:52:23,319+0200", 1697622743.319),
        ("2023-10-18 09:52:23.319", 1697622743.319),
        ("1697622743", 1697622743),
        ("1697622743319", 1697622743.319),
        (1697622743319, 1697622743.319),
        (1697622743.319, 1697622743.319),
        ("0001-01-01T00:00:00Z", None),
        ("tomorrow", None),
        (None, None),
        (0, None),
        (float("nan"), None),
        (1e300, None),
        (True, None),
    ],
)
def test_times(written: object, time: float | None) -> None:
    found = fields.any_time(written)
    assert found == (None if time is None else pytest.approx(time))


@pytest.mark.parametrize("line", [b"[1]", b"7", b"{", b'{"a":' * 5000, b'{"a":"\xff"}', b""])
def test_what_is_no_json_object(line: bytes) -> None:
    assert fields.record(line) is None


@pytest.mark.parametrize(
    ("opening", "ports", "kept"),
    [
        (Opening.OPENS, (43210, 443), (None, 443)),
        (Opening.REPLY, (443, 43210), (443, None)),
        (Opening.UNKNOWN, (43210, 443), (32768, 443)),
        (Opening.UNKNOWN, (443, 43210), (443, 32768)),
        (Opening.UNKNOWN, (32767, 32768), (32767, 32768)),
        (Opening.UNKNOWN, (43210, 50051), (43210, 50051)),  # either may be the server's
        (Opening.UNKNOWN, (5353, 5353), (5353, 5353)),
        (Opening.UNKNOWN, (None, 43210), (None, 43210)),
    ],
)
def test_of_the_client_s_port_only_its_kind_is_kept(
    opening: Opening, ports: tuple[int | None, int | None], kept: tuple[int | None, int | None]
) -> None:
    assert fields.kept_ports(opening, *ports) == kept
