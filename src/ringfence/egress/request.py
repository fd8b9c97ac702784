"""Requests for egress: who needs which destination, for what, and until when."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ringfence.model.addresses import AddressSet
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.ports import PortRange

API_VERSION = "ringfence.dev/v1"
KIND = "EgressRequest"


class Wild(enum.Enum):
    """What the front of a name stands for. Requests tell depths apart, because APIs read one ``*`` differently."""

    NONE = "the name itself"
    ONE_LABEL = "one label"
    """``*.example.com``: ``a.example.com``, and neither ``a.b.example.com`` nor the apex."""
    LABELS = "one or more labels"
    """``**.example.com``: everything below the apex."""


@dataclass(frozen=True, slots=True)
class NameTarget:
    """A DNS name, or every name of a shape. ``base`` is the name without its stars."""

    base: str
    wild: Wild = Wild.NONE

    def __str__(self) -> str:
        return {Wild.NONE: "", Wild.ONE_LABEL: "*.", Wild.LABELS: "**."}[self.wild] + self.base


@dataclass(frozen=True, slots=True)
class RangeTarget:
    """Addresses, as ``text`` has them."""

    text: str
    addresses: AddressSet

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ServiceTarget:
    """A Service of the cluster: the pods behind it, on the ports that they listen on."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"service:{self.namespace}/{self.name}"


Destination = NameTarget | RangeTarget | ServiceTarget


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a request. No ``ports`` are those that a Service declares."""

    destinations: tuple[Destination, ...]
    ports: tuple[PortRange, ...]
    reason: str = ""
    origin: Origin = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class EgressRequest:
    """One document. Pods are named by ``app`` (and ``tier``) or by ``labels``; ``expires`` is its last day."""

    name: str
    namespace: str
    entries: tuple[Entry, ...]
    app: str = ""
    tier: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    owner: str = ""
    ticket: str = ""
    expires: dt.date | None = None
    origin: Origin = field(default=UNKNOWN, compare=False)

    @property
    def destinations(self) -> Iterator[Destination]:
        """Every destination, in order."""
        return (each for entry in self.entries for each in entry.destinations)

    def expired(self, today: dt.date) -> bool:
        """True from the day after the last one."""
        return self.expires is not None and self.expires < today
