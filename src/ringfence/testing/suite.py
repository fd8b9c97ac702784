"""A suite of policy tests as it is written: ends, ports and expectations, each with its place.

Which pods and addresses an end means is decided over a cluster, by :mod:`ringfence.testing.planning`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ringfence.model.addresses import AddressSet
from ringfence.model.labels import EVERYTHING, LabelExpr, Labels
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.ports import ContainerPort, PortMatch

API_VERSION = "ringfence.dev/v1"
KIND = "PolicyTest"


class Expect(enum.Enum):
    """What a test promises."""

    ALLOWED = "allowed"
    DENIED = "denied"

    def __str__(self) -> str:
        return self.value


class Side(enum.Enum):
    """What one of may be enough: a source, a destination, or a port."""

    FROM = "from"
    TO = "to"
    PORTS = "ports"

    def __str__(self) -> str:
        return self.value


class Group(enum.Enum):
    """Ends that have a word of their own."""

    ANYWHERE = "anywhere"
    """Every pod and every address."""
    ANY_POD = "any-pod"
    INTERNET = "internet"
    OTHER_TEAMS = "other-teams"
    """Pods whose namespace has another owner than the other end's."""
    DNS = "dns"
    """What pods ask for names: NodeLocal DNSCache where there is one, else the cluster's DNS pods."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class GroupEnd:
    """An end by its word."""

    group: Group
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return str(self.group)


@dataclass(frozen=True, slots=True)
class TextEnd:
    """An end as on the command line: ``ns/pod``, ``ns/Kind/name``, an address, or ``service:ns/name``."""

    text: str
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class AddressEnd:
    """Ranges of addresses: each address in them. One that is a pod's means the pod."""

    addresses: AddressSet
    text: str = field(default="", compare=False)
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PodsEnd:
    """Pods by namespace and labels; every part must hold. Empty ``namespaces`` and ``teams`` mean any.

    ``teams`` are owners of the namespace.
    """

    namespaces: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    namespace_labels: LabelExpr = EVERYTHING
    labels: LabelExpr = EVERYTHING
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        parts = []
        if self.labels != EVERYTHING:
            parts.append(f"labelled {self.labels}")
        if self.namespaces:
            parts.append(
                f"in {'namespace' if len(self.namespaces) == 1 else 'namespaces'} {', '.join(self.namespaces)}"
            )
        if self.namespace_labels != EVERYTHING:
            parts.append(f"in namespaces labelled {self.namespace_labels}")
        if self.teams:
            parts.append(f"of {'team' if len(self.teams) == 1 else 'teams'} {', '.join(self.teams)}")
        return " ".join(["pods", *parts])


@dataclass(frozen=True, slots=True)
class NewPodEnd:
    """A pod that doesn't exist yet. ``namespace_labels`` are given where its namespace doesn't exist either."""

    namespace: str
    labels: Labels = field(hash=False)
    namespace_labels: Labels | None = field(default=None, hash=False)
    ports: tuple[ContainerPort, ...] = ()
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        shown = ",".join(f"{key}={value}" for key, value in sorted(self.labels.items()))
        return f"a new pod{f' labelled {shown}' if shown else ''} in namespace {self.namespace}"


End = GroupEnd | TextEnd | AddressEnd | PodsEnd | NewPodEnd


@dataclass(frozen=True, slots=True)
class Connections:
    """Every connection from one of ``sources`` to one of ``destinations`` on ``ports``.

    ``None`` is not given: anywhere for an end; for ports, see :mod:`ringfence.testing.destinations`.
    """

    sources: tuple[End, ...] | None = None
    destinations: tuple[End, ...] | None = None
    ports: tuple[PortMatch, ...] | None = None
    origin: Origin = field(default=UNKNOWN, compare=False)
    origins: dict[str, Origin] = field(default_factory=dict, compare=False, hash=False)
    """Where ``from``, ``to`` and ``ports`` stand, as far as they are given."""

    def place(self, key: str) -> Origin:
        """Where ``from``, ``to`` or ``ports`` stands, or else the whole."""
        return self.origins.get(key, self.origin)


@dataclass(frozen=True, slots=True)
class Case:
    """One test: of ``connections`` without ``exceptions``, each must be as ``expect`` says.

    ``exists`` names sides of which one is enough: at least one destination for every source, say. ``only`` tells that
    the exceptions were written as what alone may be allowed. ``reason`` is why the promise is made.
    """

    name: str
    expect: Expect
    connections: Connections
    exceptions: tuple[Connections, ...] = ()
    exists: frozenset[Side] = frozenset()
    only: bool = False
    reason: str = ""
    origin: Origin = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one document. ``owner_label`` is the namespace label that names the team, or empty for the usual."""

    name: str
    cases: tuple[Case, ...]
    owner_label: str = ""
    origin: Origin = field(default=UNKNOWN, compare=False)


__all__ = [
    "API_VERSION",
    "KIND",
    "AddressEnd",
    "Case",
    "Connections",
    "End",
    "Expect",
    "Group",
    "GroupEnd",
    "NewPodEnd",
    "PodsEnd",
    "Side",
    "Suite",
    "TextEnd",
]
