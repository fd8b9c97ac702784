"""The answer of ``diff``: which connections differ between two states of a cluster, why, and what that risks."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ringfence.diff.causes import Cause
from ringfence.explain.deciding import Decision
from ringfence.model.finding import Finding
from ringfence.model.intervals import Interval
from ringfence.model.ports import PortSet, Protocol


class By(enum.Enum):
    """What one end of a connection stands for."""

    POD = "pod"
    WORKLOAD = "workload"


class ChangeKind(enum.Enum):
    """How ports of a connection changed."""

    ADDED = "added"
    """There were none before."""
    REMOVED = "removed"
    """There are none any more."""
    CHANGED = "changed"

    def __str__(self) -> str:
        return self.value


class RiskKind(enum.Enum):
    """Kinds of change that a reviewer should not pass over."""

    TO_INTERNET = "to-internet"
    """Opens a way to public addresses."""
    FROM_INTERNET = "from-internet"
    """Opens a way from public addresses."""
    CUTS_DNS = "cuts-dns"
    """A workload may not ask the cluster's DNS any more on a port that it listens on."""
    CROSSES_TEAMS = "crosses-teams"
    """Opens a way between namespaces of two owners."""
    UNISOLATED = "unisolated"
    """Policies isolated every pod of a namespace for a direction, and now don't."""

    def __str__(self) -> str:
        return self.value


class End(NamedTuple):
    """One end: a workload (``namespace/Kind/name``), a pod (``namespace/pod``) or external addresses (``lo-hi``).

    ``namespace`` is empty for external addresses. A tuple, because large differences look millions of them up.
    """

    name: str
    namespace: str = ""

    @property
    def external(self) -> bool:
        """True for addresses outside the cluster."""
        return not self.namespace


@dataclass(frozen=True, slots=True)
class Why:
    """What decided one direction before and after, at one port that was opened or closed; ``None`` for an absent end.

    ``direction`` is ``egress`` or ``ingress``.
    """

    protocol: Protocol
    port: int
    direction: str
    before: Decision
    after: Decision


@dataclass(frozen=True, slots=True)
class Row:
    """What changed for one protocol: merged port intervals before and after."""

    kind: ChangeKind
    protocol: Protocol
    before: tuple[Interval, ...]
    after: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One connection, from ``src`` to ``dst``, whose ports differ.

    ``before`` and ``after`` are what at least one pair of replicas may use, ``always_before`` and ``always_after``
    what every pair may; they differ where replicas of one workload are treated differently. ``causes`` are the
    policies, or what else changed, that are responsible; ``why`` the rules that decided before and after.
    """

    src: End
    dst: End
    before: PortSet
    after: PortSet
    always_before: PortSet
    always_after: PortSet
    causes: tuple[Cause, ...] = ()
    why: tuple[Why, ...] = ()
    risks: tuple[RiskKind, ...] = ()

    @property
    def opened(self) -> PortSet:
        """Ports that are allowed now and were not."""
        return self.after - self.before

    @property
    def closed(self) -> PortSet:
        """Ports that were allowed and are not any more."""
        return self.before - self.after

    @property
    def kind(self) -> ChangeKind:
        """How the connection changed over all protocols."""
        return kind_of(self.before, self.after)

    @property
    def varies(self) -> bool:
        """True where replicas are treated differently, before or after."""
        return self.before != self.always_before or self.after != self.always_after

    def rows(self) -> Iterator[Row]:
        """One row for each protocol whose ports differ."""
        for protocol in Protocol:
            before, after = self.before.of_protocol(protocol), self.after.of_protocol(protocol)
            if before != after:
                yield Row(kind_of(before, after), protocol, before, after)


def kind_of(before: object, after: object) -> ChangeKind:
    """Added where there was nothing, removed where there is nothing."""
    if not before:
        return ChangeKind.ADDED
    return ChangeKind.CHANGED if after else ChangeKind.REMOVED


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk: ``subject`` is the workload, pair of teams or namespace concerned, ``text`` a sentence.

    ``connections`` counts those that are behind it.
    """

    kind: RiskKind
    subject: str
    text: str
    causes: tuple[Cause, ...] = ()
    connections: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """How many connections with an end in one namespace, or of one team, were added, removed and changed."""

    name: str
    added: int = 0
    removed: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class DiffReport:
    """What differs, in order of ends.

    ``replicas`` are connections of which some replica pair has the same ports as before, but not every pair has:
    they have no row. ``appeared`` and ``disappeared`` are the ends that only one of the two states has.
    """

    by: By
    changes: tuple[Change, ...]
    replicas: tuple[Change, ...] = ()
    appeared: tuple[End, ...] = ()
    disappeared: tuple[End, ...] = ()
    risks: tuple[Risk, ...] = ()
    namespaces: tuple[Impact, ...] = ()
    teams: tuple[Impact, ...] = ()
    notes: tuple[Finding, ...] = field(default=())

    def count(self, kind: ChangeKind) -> int:
        """How many connections changed in this way."""
        return sum(change.kind is kind for change in self.changes)

    @property
    def opens(self) -> bool:
        """True where some connection may use a port that it might not."""
        return any(change.opened for change in self.changes)

    @property
    def closes(self) -> bool:
        """True where some connection may not use a port that it might."""
        return any(change.closed for change in self.changes)

    @property
    def differs(self) -> bool:
        """True where anything differs, be it for some replicas only."""
        return bool(self.changes or self.replicas or self.risks)
