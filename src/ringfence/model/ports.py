"""Ports of the transport protocols that policy speaks of, and exact sets of them."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.model.intervals import Interval, IntervalSet
from ringfence.model.origin import UNKNOWN, Origin

MIN_PORT = 1
MAX_PORT = 65535

_STRIDE = MAX_PORT + 1  # port 0 separates the protocols, so that intervals of two protocols never merge


class Protocol(enum.IntEnum):
    """A transport protocol; the value is its place on the line of :class:`PortSet`."""

    TCP = 0
    UDP = 1
    SCTP = 2

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class PortSet(IntervalSet):
    """A set of (protocol, port) points: a point is ``protocol * 65536 + port``."""

    @classmethod
    def range(cls, protocol: Protocol, lo: int = MIN_PORT, hi: int = MAX_PORT) -> PortSet:
        """Ports ``lo`` to ``hi`` of one protocol, both included; the whole protocol by default."""
        if lo > hi:
            return NO_PORTS
        return cls(((protocol * _STRIDE + lo, protocol * _STRIDE + hi),))

    @classmethod
    def point(cls, protocol: Protocol, port: int) -> PortSet:
        """One port of one protocol."""
        return cls.range(protocol, port, port)

    def has(self, protocol: Protocol, port: int) -> bool:
        """True where ``port`` of ``protocol`` belongs to the set."""
        return protocol * _STRIDE + port in self

    def of_protocol(self, protocol: Protocol) -> tuple[Interval, ...]:
        """The port intervals of one protocol, ascending."""
        base = protocol * _STRIDE
        return tuple((lo - base, hi - base) for lo, hi in self.intervals if base <= lo < base + _STRIDE)

    def __str__(self) -> str:
        """``TCP 80,443 UDP 53``; ``all ports`` and ``no ports`` for the two ends."""
        if self == ALL_PORTS:
            return "all ports"
        if not self:
            return "no ports"
        parts = []
        for protocol in Protocol:
            spans = self.of_protocol(protocol)
            if spans == ((MIN_PORT, MAX_PORT),):
                parts.append(f"{protocol} any")
            elif spans:
                parts.append(f"{protocol} " + ",".join(str(lo) if lo == hi else f"{lo}-{hi}" for lo, hi in spans))
        return " ".join(parts)


NO_PORTS = PortSet()
ALL_PORTS = PortSet.of((p * _STRIDE + MIN_PORT, p * _STRIDE + MAX_PORT) for p in Protocol)


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


PortMatch = PortRange | NamedPort


def resolve_ports(matches: tuple[PortMatch, ...] | None, destination: Iterable[ContainerPort]) -> PortSet:
    """The ports that a rule's entries mean towards a destination with these container ports.

    ``None`` is every port of every protocol. A name that the destination lacks contributes nothing; a name with
    several numbers contributes each.

    Source: NetworkPolicyPort in the Kubernetes API reference; sig-network end-to-end "named port" tests.
    """
    if matches is None:
        return ALL_PORTS
    ports = tuple(destination)
    spans: list[Interval] = []
    for match in matches:
        if isinstance(match, PortRange):
            spans.extend(PortSet.range(match.protocol, match.lo, match.hi))
        else:
            for port in ports:
                if port.name == match.name and match.protocol in (None, port.protocol):
                    spans.extend(PortSet.point(port.protocol, port.number))
    return PortSet.of(spans)
