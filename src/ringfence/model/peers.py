"""Who a rule speaks of: pods, addresses, nodes, names, and what can be made of them by *and*, *or* and *not*."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.model.addresses import AddressSet
from ringfence.model.labels import EVERYTHING, LabelExpr
from ringfence.model.origin import UNKNOWN, Origin


@dataclass(frozen=True, slots=True)
class PodPeer:
    """Pods by namespace and labels; never host-network pods. Also the subject of a policy.

    ``namespace`` names the only namespace looked at; where it is ``None``, ``namespaces`` selects by labels. ``pods``
    may ask for derived labels too, see :mod:`ringfence.model.derived`.
    """

    namespace: str | None = None
    namespaces: LabelExpr = EVERYTHING
    pods: LabelExpr = EVERYTHING
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        where = f"namespace {self.namespace}" if self.namespace is not None else f"namespaces {self.namespaces}"
        return f"pods {self.pods} in {where}"


@dataclass(frozen=True, slots=True)
class AddressPeer:
    """Addresses: external ones; nodes', where ``nodes`` is true; pods by any of their addresses, where ``pods`` is.

    ``outer`` is the range before its exceptions were taken out, for explanations.
    """

    addresses: AddressSet
    pods: bool = True
    text: str = field(default="", compare=False)
    outer: AddressSet | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN, compare=False)
    nodes: bool = True

    def __str__(self) -> str:
        return self.text or str(self.addresses)


@dataclass(frozen=True, slots=True)
class NodePeer:
    """Nodes by label, as the addresses in their status: host-network pods on them match, other pods never.

    Every node is also one that the input knows only by its host-network pods.
    """

    nodes: LabelExpr = EVERYTHING
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return f"nodes {self.nodes}"


@dataclass(frozen=True, slots=True)
class SameNodePeer:
    """The node that runs the subject, or, where ``same`` is false, every other node; with their host-network pods.

    A subject whose node is not in the input is on none of the nodes that are.

    Source: the entities ``host`` and ``remote-node`` of Cilium's policy reference.
    """

    same: bool = True
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return "the pod's own node" if self.same else "nodes other than the pod's own"


@dataclass(frozen=True, slots=True)
class NamePeer:
    """A name or pattern that DNS decides.

    Without ``addresses`` the input doesn't say which it means: it may match any address outside the cluster, and
    surely matches none, so that an allow through it is *allowed if*. With them, recorded answers say it: exactly those.
    """

    pattern: str
    origin: Origin = field(default=UNKNOWN, compare=False)
    addresses: AddressSet | None = None

    @property
    def uncertain(self) -> bool:
        """True where no record tells which addresses the name has."""
        return self.addresses is None

    def __str__(self) -> str:
        return f"name {self.pattern}"


@dataclass(frozen=True, slots=True)
class AllPeers:
    """What every part matches. Names without addresses can't be parts of this, nor of the next two."""

    parts: tuple[Peer, ...]
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts)) or "everything"


@dataclass(frozen=True, slots=True)
class AnyPeer:
    """What at least one part matches."""

    parts: tuple[Peer, ...]
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts)) or "nobody"


@dataclass(frozen=True, slots=True)
class NotPeer:
    """Everything that the part doesn't match, outside the cluster too."""

    part: Peer
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        return f"anything but {self.part}"


Peer = PodPeer | AddressPeer | NodePeer | SameNodePeer | NamePeer | AllPeers | AnyPeer | NotPeer


def leaves(peers: Iterable[Peer]) -> Iterator[PodPeer | AddressPeer | NodePeer | SameNodePeer | NamePeer]:
    """The peers that others are made of, in order."""
    for peer in peers:
        match peer:
            case AllPeers(parts) | AnyPeer(parts):
                yield from leaves(parts)
            case NotPeer(part):
                yield from leaves((part,))
            case _:
                yield peer
