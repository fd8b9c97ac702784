"""Ports of the transport protocols that policy speaks of, messages of ICMP, and exact sets of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.model.intervals import Interval, IntervalSet
from ringfence.model.origin import UNKNOWN, Origin

MIN_PORT = 1
MAX_PORT = 65535
MAX_MESSAGE = 65535  # type 255, code 255

_CODES = 256

_STRIDE = MAX_PORT + 1  # port 0 separates the protocols, so that intervals of two protocols never merge


class Protocol(enum.IntEnum):
    """A transport protocol; the value is its place on the line of :class:`PortSet`."""

    TCP = 0
    UDP = 1
    SCTP = 2

    def __str__(self) -> str:
        return self.name


class Icmp(enum.IntEnum):
    """ICMP of either version of IP; the value is its place on the line, with a gap before each.

    It has no ports. What stands for one is a *message*: ``type * 256 + code``, so that a type is a range of 256.
    """

    ICMP = 4
    ICMPV6 = 6

    def __str__(self) -> str:
        return "ICMP" if self is Icmp.ICMP else "ICMPv6"


AnyProtocol = Protocol | Icmp


@dataclass(frozen=True, slots=True)
class PortSet(IntervalSet):
    """A set of (protocol, port) points: a point is ``protocol * 65536 + port``, for ICMP with the message as port."""

    @classmethod
    def range(cls, protocol: AnyProtocol, lo: int = MIN_PORT, hi: int = MAX_PORT) -> PortSet:
        """Ports ``lo`` to ``hi`` of one protocol, both included; the whole protocol by default."""
        if lo > hi:
            return NO_PORTS
        return cls(((protocol * _STRIDE + lo, protocol * _STRIDE + hi),))

    @classmethod
    def point(cls, protocol: AnyProtocol, port: int) -> PortSet:
        """One port of one protocol."""
        return cls.range(protocol, port, port)

    def has(self, protocol: AnyProtocol, port: int) -> bool:
        """True where ``port`` of ``protocol`` belongs to the set."""
        return protocol * _STRIDE + port in self

    def of_protocol(self, protocol: AnyProtocol) -> tuple[Interval, ...]:
        """The port intervals of one protocol, ascending."""
        base = protocol * _STRIDE
        return tuple((lo - base, hi - base) for lo, hi in self.intervals if base <= lo < base + _STRIDE)

    def __str__(self) -> str:
        """``TCP 80,443 UDP 53 ICMP 8``; ``all ports`` and ``no ports`` for the two ends of what has ports."""
        if self == ALL_PORTS:
            return "all ports"
        if self == EVERY_PORT:
            return "all ports ICMP any ICMPv6 any"
        if not self:
            return "no ports"
        parts = []
        for protocol in Protocol:
            spans = self.of_protocol(protocol)
            if spans == ((MIN_PORT, MAX_PORT),):
                parts.append(f"{protocol} any")
            elif spans:
                parts.append(f"{protocol} " + ",".join(str(lo) if lo == hi else f"{lo}-{hi}" for lo, hi in spans))
        for family in Icmp:
            spans = self.of_protocol(family)
            if spans == ((0, MAX_MESSAGE),):
                parts.append(f"{family} any")
            elif spans:
                parts.append(f"{family} " + ",".join(text for span in spans for text in message_texts(*span)))
        return " ".join(parts)


NO_PORTS = PortSet()
ALL_PORTS = PortSet.of((p * _STRIDE + MIN_PORT, p * _STRIDE + MAX_PORT) for p in Protocol)
"""What answers are about unless ICMP is asked for."""
ALL_ICMP = PortSet.of((p * _STRIDE, p * _STRIDE + MAX_MESSAGE) for p in Icmp)
EVERY_PORT = ALL_PORTS | ALL_ICMP


def message(kind: int, code: int = 0) -> int:
    """The point of an ICMP message; most types have the code 0 alone."""
    return kind * _CODES + code


def message_texts(lo: int, hi: int) -> Iterator[str]:
    """A span of messages by type and code: ``8``, ``8-11``, ``5/2``, ``5/2-7``."""
    while lo <= hi:
        kind, code = divmod(lo, _CODES)
        if code == 0 and hi - lo >= _CODES - 1:
            last = (hi + 1) // _CODES - 1
            yield str(kind) if last == kind else f"{kind}-{last}"
            lo = (last + 1) * _CODES
            continue
        end = min(hi, kind * _CODES + _CODES - 1)
        yield f"{kind}/{code}" if lo == end else f"{kind}/{code}-{end % _CODES}"
        lo = end + 1


def message_parts(lo: int, hi: int) -> Iterator[tuple[int, int | None]]:
    """A span of messages one by one: each type that is in it whole, with ``None``, else each of its codes."""
    while lo <= hi:
        kind, code = divmod(lo, _CODES)
        whole = code == 0 and hi - lo >= _CODES - 1
        yield kind, None if whole else code
        lo += _CODES if whole else 1


@dataclass(frozen=True, slots=True)
class ContainerPort:
    """A port that a container declares. ``name`` is empty where it has none."""

    name: str
    protocol: Protocol
    number: int


@dataclass(frozen=True, slots=True)
class PortRange:
    """A rule's numeric port entry: ports ``lo`` to ``hi`` of ``protocol``, both included."""

    protocol: Protocol
    lo: int = MIN_PORT
    hi: int = MAX_PORT
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        if (self.lo, self.hi) == (MIN_PORT, MAX_PORT):
            return f"{self.protocol} any"
        return f"{self.protocol} {self.lo}" if self.lo == self.hi else f"{self.protocol} {self.lo}-{self.hi}"


@dataclass(frozen=True, slots=True)
class NamedPort:
    """A rule's port entry by name, resolved on the *destination* pod, per pod.

    ``protocol`` is ``None`` where the dialect's name stands for any protocol (AdminNetworkPolicy ``namedPort``,
    ClusterNetworkPolicy ``destinationNamedPort``).
    """

    name: str
    protocol: Protocol | None
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return f"{self.protocol} {self.name}" if self.protocol is not None else self.name


@dataclass(frozen=True, slots=True)
class IcmpRange:
    """A rule's entry for ICMP: messages ``lo`` to ``hi``, both included, on the line that :class:`Icmp` says."""

    protocol: Icmp
    lo: int = 0
    hi: int = MAX_MESSAGE
    origin: Origin = field(default=UNKNOWN, compare=False)

    @classmethod
    def of(cls, protocol: Icmp, kind: int | None, code: int | None = None, origin: Origin = UNKNOWN) -> IcmpRange:
        """Messages of a type and a code; ``None`` for any."""
        if kind is None:
            return cls(protocol, origin=origin)
        first, last = (0, _CODES - 1) if code is None else (code, code)
        return cls(protocol, message(kind, first), message(kind, last), origin)

    def __str__(self) -> str:
        if (self.lo, self.hi) == (0, MAX_MESSAGE):
            return f"{self.protocol} any"
        return f"{self.protocol} " + ",".join(message_texts(self.lo, self.hi))


PortMatch = PortRange | NamedPort | IcmpRange


def resolve_ports(matches: tuple[PortMatch, ...] | None, destination: Iterable[ContainerPort]) -> PortSet:
    """The ports that a rule's entries mean towards a destination with these container ports.

    ``None`` is every port of every protocol, and ICMP: a rule without ports is for whatever passes. A name that the
    destination lacks contributes nothing; a name with several numbers contributes each.

    Source: NetworkPolicyPort in the Kubernetes API reference; sig-network end-to-end "named port" tests.
    """
    if matches is None:
        return EVERY_PORT
    ports = tuple(destination)
    spans: list[Interval] = []
    for match in matches:
        if not isinstance(match, NamedPort):
            spans.extend(PortSet.range(match.protocol, match.lo, match.hi))
        else:
            for port in ports:
                if port.name == match.name and match.protocol in (None, port.protocol):
                    spans.extend(PortSet.point(port.protocol, port.number))
    return PortSet.of(spans)
