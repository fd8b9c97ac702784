"""One simulated connection: what happened, before any agent wrote it down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ringfence.model.flow import Direction, EndKind, Outcome, RecordedRule
from ringfence.model.objects import Pod


class Purpose(Enum):
    """Why a connection was opened."""

    APPLICATION = "application"
    EXTERNAL = "external"
    DNS = "dns"
    CRON = "cron"
    SCRAPE = "scrape"
    PROBE = "probe"
    API_SERVER = "api-server"
    SCAN = "scan"


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A pod with a name, an address and a node, and the time that it was there for (seconds since 1970).

    ``template`` is equal for pods that no label, port or account tells apart.
    """

    pod: Pod
    address: str
    start: float
    end: float
    template: int

    def alive(self, time: float) -> bool:
        """True where the pod was there."""
        return self.start <= time < self.end


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection. ``node`` is where it is, empty outside the cluster, ``names`` what was asked for."""

    kind: EndKind
    address: str
    node: str = ""
    instance: Instance | None = None
    names: tuple[str, ...] = ()

    @property
    def party(self) -> str:
        """What ground truth calls the end: ``namespace/Kind/name``, ``Node/name``, the name asked for, the address."""
        if self.instance is not None:
            return str(self.instance.pod.workload)
        if self.kind is EndKind.NODE:
            return f"Node/{self.node}"
        return self.names[0] if self.names else self.address


@dataclass(frozen=True, slots=True)
class ServiceEnd:
    """The Service that was dialled."""

    namespace: str
    name: str
    address: str
    port: int
    port_name: str


@dataclass(frozen=True, slots=True)
class Side:
    """What the policies say in one direction, and who says it.

    ``asked`` is False where no policy applies: the end is outside the cluster, or of the host network. ``isolated``
    tells that some policy has a say. ``explicit`` tells that a rule denies, not a default. ``tier`` is the stage that
    decided. ``selecting`` are the policies whose default denied.
    """

    allowed: bool
    asked: bool = True
    isolated: bool = False
    explicit: bool = False
    rules: tuple[RecordedRule, ...] = ()
    selecting: tuple[RecordedRule, ...] = ()
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A DNS query and its answer. ``addresses`` is empty where the name doesn't exist or was denied."""

    name: str
    addresses: tuple[str, ...] = ()
    ttl: int = 30
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connection:
    """One attempt to connect, the ``number``-th of its simulation.

    ``attempts`` counts the packets that a denied client sends before it gives up.
    ``outcome`` is what was done, ``egress`` and ``ingress`` are what the policies say: they differ on a node whose
    agent doesn't enforce. ``dropped`` is the direction whose policy stopped the packets. ``answered`` is False where
    nothing listens, so that a reset comes back.
    """

    number: int
    time: float
    duration: float
    source: End
    destination: End
    protocol: str
    source_port: int
    port: int
    purpose: Purpose
    intended: bool
    outcome: Outcome
    dropped: Direction | None
    egress: Side
    ingress: Side
    service: ServiceEnd | None = None
    query: Query | None = None
    answered: bool = True
    attempts: int = 1
    octets: int = 0
    octets_back: int = 0
    application: str = ""
