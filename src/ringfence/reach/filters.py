"""Which connections of a report are wanted: by end, namespace and port."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.objects import Pod
from ringfence.model.ports import AnyProtocol, PortSet, Protocol
from ringfence.reach.report import Connection, ReachEnd

PodFilter = Callable[[Pod], bool]


@dataclass(frozen=True, slots=True)
class EndFilter:
    """Keeps pods that are listed by name or match a glob; or, where there are addresses, external ends that hold one.

    Globs are matched against ``namespace/pod`` and ``namespace/Kind/name``; ``*`` crosses slashes.
    """

    pods: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()
    addresses: AddressSet = field(default_factory=AddressSet)

    def pod(self, pod: Pod) -> bool:
        """True for a pod that is wanted."""
        name = str(pod)
        if name in self.pods:
            return True
        names = {name, str(pod.workload)}
        return any(fnmatchcase(name, glob) for glob in self.globs for name in names)

    def end(self, end: ReachEnd) -> bool:
        """True for an end that may stay. Pods have been chosen before by :meth:`pod`, unless addresses are wanted."""
        if end.external:
            return bool(_addresses(end) & self.addresses)
        return not self.addresses


def _addresses(end: ReachEnd) -> AddressSet:
    low, _, high = end.name.partition("-")
    return AddressSet.of([(parse_address(low), parse_address(high or low))])


@dataclass(frozen=True, slots=True)
class PortFilter:
    """Keeps connections that include one port; of any protocol that has ports where ``protocol`` is ``None``."""

    port: int
    protocol: AnyProtocol | None = None

    def keeps(self, ports: PortSet) -> bool:
        """True where the port is among ``ports``."""
        protocols: Iterable[AnyProtocol] = Protocol if self.protocol is None else (self.protocol,)
        return any(ports.has(protocol, self.port) for protocol in protocols)


@dataclass(frozen=True, slots=True)
class Filters:
    """All filters of one question; a connection must pass each. ``namespaces`` may be met by either end."""

    sources: EndFilter | None = None
    destinations: EndFilter | None = None
    namespaces: frozenset[str] = frozenset()
    ports: tuple[PortFilter, ...] = ()

    @property
    def pod_filters(self) -> tuple[PodFilter | None, PodFilter | None]:
        """What to ask of each source and destination pod before connections are computed; ``None`` for nothing."""
        return _pod_filter(self.sources), _pod_filter(self.destinations)

    def apply(self, connections: Iterable[Connection]) -> Iterator[Connection]:
        """The connections that are wanted, one at a time."""
        for connection in connections:
            if self.keeps(connection):
                yield connection

    def keeps(self, connection: Connection) -> bool:
        """True for a connection that passes every filter."""
        if self.sources is not None and not self.sources.end(connection.src):
            return False
        if self.destinations is not None and not self.destinations.end(connection.dst):
            return False
        if self.namespaces and not {connection.src.namespace, connection.dst.namespace} & self.namespaces:
            return False
        return not self.ports or any(port.keeps(connection.ports) for port in self.ports)


def _pod_filter(wanted: EndFilter | None) -> PodFilter | None:
    """``None`` where addresses are wanted too: external ends are left out at an end where pods are chosen."""
    return wanted.pod if wanted is not None and not wanted.addresses else None
