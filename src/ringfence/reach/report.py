"""The answer of ``reach``: ends, connections, and counts over all pairs."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.model.finding import Finding
from ringfence.model.ports import PortSet


class Grouping(enum.Enum):
    """What one end of a connection stands for."""

    POD = "pod"
    WORKLOAD = "workload"


@dataclass(frozen=True, slots=True, order=True)
class ReachEnd:
    """One end: a workload (``namespace/Kind/name``), a pod (``namespace/pod``) or external addresses (``lo-hi``).

    ``namespace`` is empty for external addresses.
    """

    name: str
    namespace: str = ""

    @property
    def external(self) -> bool:
        """True for addresses outside the cluster."""
        return not self.namespace


@dataclass(frozen=True, slots=True)
class Connection:
    """Ports that ``src`` may open to ``dst``: what at least one replica pair may.

    ``always`` are the ports that every replica pair may open; it differs from ``ports`` where replicas of one
    workload are treated differently.
    """

    src: ReachEnd
    dst: ReachEnd
    ports: PortSet
    always: PortSet

    @property
    def varies(self) -> bool:
        """True where replicas differ."""
        return self.always != self.ports


@dataclass(frozen=True, slots=True)
class ReachSummary:
    """Counts over all ordered pairs of different pods, exact; a planned pod counts as one.

    ``full`` pairs may use every port, ``partial`` some, ``denied`` none: the three add up to ``pairs``.
    ``to_external`` and ``from_external`` count pods that may reach, or be reached from, some external address.
    ``isolated_ingress`` and ``isolated_egress`` count pods that some policy isolates in the direction.
    """

    namespaces: int
    workloads: int
    pods: int
    host_network_pods: int
    policies: int
    pairs: int
    full: int
    partial: int
    denied: int
    to_external: int
    from_external: int
    isolated_ingress: int
    isolated_egress: int


@dataclass(frozen=True, slots=True)
class ReachReport:
    """What is allowed under the filters that were asked for. ``connections`` is iterated once, in order of ends."""

    grouping: Grouping
    ends: tuple[ReachEnd, ...]
    connections: Iterable[Connection]
    summary: ReachSummary
    notes: tuple[Finding, ...] = field(default=())
