"""ICMP in policies and in words: the names of its types, and which policies speak of it.

Source: IANA, "Internet Control Message Protocol (ICMP) Parameters" and "ICMPv6 Parameters"; the names without spaces
are Cilium's, of ICMPField in its pkg/policy/api.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.policy import Policy
from ringfence.model.ports import AnyProtocol, Icmp, IcmpRange, PortMatch

TYPE_NUMBERS: dict[Icmp, dict[str, int]] = {
    Icmp.ICMP: {
        "EchoReply": 0,
        "DestinationUnreachable": 3,
        "Redirect": 5,
        "EchoRequest": 8,
        "Echo": 8,
        "RouterAdvertisement": 9,
        "RouterSelection": 10,
        "TimeExceeded": 11,
        "ParameterProblem": 12,
        "Timestamp": 13,
        "TimestampReply": 14,
        "Photuris": 40,
        "ExtendedEchoRequest": 42,
        "ExtendedEchoReply": 43,
    },
    Icmp.ICMPV6: {
        "DestinationUnreachable": 1,
        "PacketTooBig": 2,
        "TimeExceeded": 3,
        "ParameterProblem": 4,
        "EchoRequest": 128,
        "EchoReply": 129,
        "MulticastListenerQuery": 130,
        "MulticastListenerReport": 131,
        "MulticastListenerDone": 132,
        "RouterSolicitation": 133,
        "RouterAdvertisement": 134,
        "NeighborSolicitation": 135,
        "NeighborAdvertisement": 136,
        "RedirectMessage": 137,
        "RouterRenumbering": 138,
        "ICMPNodeInformationQuery": 139,
        "ICMPNodeInformationResponse": 140,
        "InverseNeighborDiscoverySolicitation": 141,
        "InverseNeighborDiscoveryAdvertisement": 142,
        "HomeAgentAddressDiscoveryRequest": 144,
        "HomeAgentAddressDiscoveryReply": 145,
        "MobilePrefixSolicitation": 146,
        "MobilePrefixAdvertisement": 147,
        "DuplicateAddressRequestCodeSuffix": 157,
        "DuplicateAddressConfirmationCodeSuffix": 158,
        "ExtendedEchoRequest": 160,
        "ExtendedEchoReply": 161,
    },
}
"""The number of each name, by family. Where a number has two names, the first is the usual one."""

ECHO_REQUEST = {Icmp.ICMP: 8, Icmp.ICMPV6: 128}
"""What ``ping`` sends."""

_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])")


def names_icmp(policies: Iterable[Policy]) -> bool:
    """True where a rule that somebody wrote is for some messages of ICMP, and not just for whatever passes."""
    return any(
        isinstance(port, IcmpRange)
        for policy in policies
        for rule in (*policy.egress, *policy.ingress)
        if rule.name != OTHER_PROTOCOLS
        for port in rule.ports or ()
    )


def words_of(protocol: AnyProtocol, port: int) -> str:
    """A connection's port in words: ``TCP 443``; ``ICMP echo request (type 8)``; ``ICMP type 5, code 2``."""
    if not isinstance(protocol, Icmp):
        return f"{protocol} {port}"
    kind, code = divmod(port, 256)
    names = [name for name, number in TYPE_NUMBERS[protocol].items() if number == kind]
    tail = f", code {code}" if code else ""
    if not names:
        return f"{protocol} type {kind}{tail}"
    return f"{protocol} {_BOUNDARY.sub(' ', names[0]).lower()} (type {kind}{tail})"


def entry_words(entry: PortMatch) -> str:
    """A rule's entry in words: a type of ICMP by its name, the rest as it is."""
    if not isinstance(entry, IcmpRange):
        return str(entry)
    (kind, code), last = divmod(entry.lo, 256), divmod(entry.hi, 256)
    if (code, last) == (0, (kind, 255)):
        return words_of(entry.protocol, entry.lo)
    return words_of(entry.protocol, entry.lo) if entry.lo == entry.hi and code else str(entry)


def text_of(protocol: AnyProtocol, port: int) -> str:
    """As it is asked for: ``443/TCP``, ``icmp/8``, ``icmpv6/1/4``."""
    if not isinstance(protocol, Icmp):
        return f"{port}/{protocol}"
    kind, code = divmod(port, 256)
    return f"{str(protocol).lower()}/{kind}" + (f"/{code}" if code else "")
