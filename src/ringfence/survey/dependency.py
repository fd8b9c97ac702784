"""A connection that the input shows to be needed, and the place that shows it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from ringfence.model.objects import Pod, Service
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.ports import Protocol
from ringfence.model.references import ServiceUse, TextReference
from ringfence.model.verdict import Endpoint


class DependencyKind(enum.Enum):
    """How a need is known."""

    TEXT = "text"
    """A variable, an argument or a ConfigMap names the Service."""
    INGRESS = "ingress"
    """An Ingress sends to the Service."""
    SCRAPE = "scrape"
    """A collector of metrics is in the cluster, and the pods have a port for metrics."""
    WANTED = "wanted"
    """The user says so."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows a need: a text, and where it stands."""

    text: str
    reference: TextReference | ServiceUse | None = field(default=None, repr=False)
    place: Origin = UNKNOWN

    @property
    def origin(self) -> Origin:
        """The place."""
        return self.reference.origin if self.reference is not None else self.place


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint, and the port that a connection arrives at there: a Service's target port."""

    endpoint: Endpoint
    port: int


@dataclass(frozen=True, slots=True)
class Route:
    """One port of what is needed: as the source asks for it, and where that arrives."""

    protocol: Protocol
    port: int
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Dependency:
    """``sources`` need to reach ``target`` by one of the ``routes``: several where the text names no port.

    ``source`` and ``target`` are what answers call the two ends. Where ``any_source`` is true, it is enough that one
    workload among the sources gets there.
    """

    kind: DependencyKind
    source: str
    sources: tuple[Endpoint, ...]
    target: str
    routes: tuple[Route, ...]
    evidence: Evidence
    service: Service | None = None
    any_source: bool = False

    @property
    def targets(self) -> tuple[Pod, ...]:
        """The pods at the other end, each once."""
        found = {str(t.endpoint): t.endpoint for route in self.routes for t in route.targets}
        return tuple(endpoint for endpoint in found.values() if isinstance(endpoint, Pod))
