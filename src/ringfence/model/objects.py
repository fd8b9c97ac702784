"""What a cluster is made of, as far as network policy can see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol as TypingProtocol

from ringfence.model.finding import Finding
from ringfence.model.labels import Labels
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.names import Names
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin, Position
from ringfence.model.ports import ContainerPort, Protocol

if TYPE_CHECKING:
    from ringfence.model.references import ServiceUse, TextReference

NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"
"""Set by the API server on every namespace since Kubernetes 1.22."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace. ``given`` is False where the input only refers to it."""

    name: str
    labels: Labels
    given: bool = True
    origin: Origin = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class WorkloadRef:
    """What a pod belongs to: its topmost known owner, or the pod itself (kind ``Pod``)."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod that holds, or will hold, an address.

    ``addresses`` are points of the address line (:mod:`ringfence.model.addresses`): the pod's own, or its node's for
    a host-network pod; empty where the input doesn't say. ``ports`` are the container ports, those of sidecars
    included. ``planned`` marks a pod that stands for all replicas of a workload whose pods are not in the input;
    it has no name of its own. ``resolvers`` is given where the pod doesn't ask the cluster's DNS: its own name servers,
    or none where it asks those of its node.
    """

    namespace: str
    name: str
    labels: Labels
    workload: WorkloadRef
    addresses: tuple[int, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    host_network: bool = False
    node: str = ""
    service_account: str = "default"
    planned: bool = False
    resolvers: tuple[int, ...] | None = None
    origin: Origin = field(default=UNKNOWN, compare=False)

    def __str__(self) -> str:
        """``namespace/pod``; a planned pod is written as its workload, ``namespace/Kind/name``."""
        return str(self.workload) if self.planned else f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Node:
    """A node and the addresses in its status."""

    name: str
    labels: Labels
    addresses: tuple[int, ...] = ()
    origin: Origin = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service. ``target`` is a number, or a name to be resolved per pod.

    ``node_port`` is the port at which every node serves it, None where none does.
    """

    name: str
    protocol: Protocol
    port: int
    target: int | str
    node_port: int | None = None

    def target_on(self, pod: Pod) -> int | None:
        """The port that this one means on a pod; ``None`` where the pod has no port of the target's name.

        A named target is the first container port of that name and protocol, as the endpoints controller takes it.
        """
        if isinstance(self.target, int):
            return self.target
        for declared in pod.ports:
            if declared.name == self.target and declared.protocol == self.protocol:
                return declared.number
        return None


@dataclass(frozen=True, slots=True)
class Service:
    """A Service. ``selector`` is ``None`` where it has none; then ``endpoints`` are the addresses given for it.

    ``endpoints`` hold ``(address, ports)`` from EndpointSlices or Endpoints; ports by the service port's name.
    ``external_addresses`` are those of its load balancer and ``externalIPs``. With ``external_local`` what comes from
    outside keeps its source address (``externalTrafficPolicy: Local``); else nodes may put their own in its place.
    """

    namespace: str
    name: str
    ports: tuple[ServicePort, ...]
    selector: Labels | None = None
    cluster_addresses: tuple[int, ...] = ()
    headless: bool = False
    external_name: str = ""
    endpoints: tuple[tuple[int, Mapping[str, int]], ...] = ()
    origin: Origin = field(default=UNKNOWN, compare=False)
    labels: Labels = field(default_factory=dict)
    external_addresses: tuple[int, ...] = ()
    external_local: bool = False


class SourceMap(TypingProtocol):
    """Finds the place of a field of one object in its input."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:
        """The position of the value at ``path``, or of its key; the nearest enclosing one that is known."""


@dataclass(frozen=True, slots=True)
class RawObject:
    """A policy-like object as it stands in the input, for the dialects to read."""

    ref: ObjectRef
    body: Mapping[str, Any]
    source: SourceMap = field(compare=False)

    def origin(self, *path: str | int, key: bool = False) -> Origin:
        """The origin of the field at ``path``, such as ``("spec", "ingress", 0)``."""
        return Origin(self.source.locate(path, key=key), format_path(path))


IGNORE_ANNOTATION = "ringfence.dev/ignore"
"""Says what the linter should not tell about the object that carries it."""


@dataclass(frozen=True, slots=True)
class IgnoreNote:
    """The text of the annotation :data:`IGNORE_ANNOTATION` of an object, and its place."""

    ref: ObjectRef
    text: str
    origin: Origin = field(default=UNKNOWN, compare=False)


def format_path(path: tuple[str | int, ...]) -> str:
    """``spec.ingress[0].from`` for ``("spec", "ingress", 0, "from")``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Snapshot:
    """A cluster at one moment, or the part of it that the input gives.

    Namespaces that are only referred to are present with ``given=False``. ``findings`` tell what the reading found,
    ``skipped`` counts objects of kinds that play no part, ``completed`` counts completed pods left out. ``references``
    and ``uses`` tell who speaks of which Service. ``ignores`` are the notes to the linter on
    objects that are no policies; a policy's stands in its body. ``accounts`` are the labels of service accounts, by
    namespace and name. ``names`` are recorded DNS answers, which are no part of the cluster and given beside it.
    ``mesh`` is what an Istio mesh is configured with.
    """

    namespaces: Mapping[str, Namespace] = field(default_factory=dict)
    pods: tuple[Pod, ...] = ()
    services: tuple[Service, ...] = ()
    nodes: tuple[Node, ...] = ()
    policies: tuple[RawObject, ...] = ()
    references: tuple[TextReference, ...] = ()
    uses: tuple[ServiceUse, ...] = ()
    ignores: tuple[IgnoreNote, ...] = ()
    findings: tuple[Finding, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    completed: int = 0
    accounts: Mapping[tuple[str, str], Labels] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    mesh: MeshSettings = field(default_factory=MeshSettings)

    def workloads(self) -> Iterator[WorkloadRef]:
        """Every workload that has a pod, once, in order of first appearance."""
        yield from dict.fromkeys(pod.workload for pod in self.pods)
