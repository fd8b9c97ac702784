"""The kinds that make up a snapshot, as far as they are read: every field may be absent or null, as in the API.

Only the fields that policy depends on are named; msgspec skips the rest without building it. Source: the Kubernetes
API reference, v1.36.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from msgspec import Struct, field

from ringfence.model.objects import IGNORE_ANNOTATION


class OwnerReference(Struct, gc=False):
    """``metadata.ownerReferences[]``."""

    kind: str | None = None
    name: str | None = None
    controller: bool | None = None


class Annotations(Struct, gc=False):
    """``metadata.annotations``: the one that is looked at. Anything may stand there; only text counts."""

    ignore: Any = field(default=None, name=IGNORE_ANNOTATION)


class ObjectMeta(Struct, gc=False):
    """``metadata`` of any object."""

    name: str | None = None
    namespace: str | None = None
    generateName: str | None = None  # noqa: N815
    labels: dict[str, str | None] | None = None
    ownerReferences: list[OwnerReference] | None = None  # noqa: N815
    annotations: Annotations | None = None


class ContainerPort(Struct, gc=False):
    """``containers[].ports[]``."""

    containerPort: int | None = None  # noqa: N815
    name: str | None = None
    protocol: str | None = None


class Container(Struct, gc=False):
    """A container or an init container; the latter is a sidecar where ``restartPolicy`` is ``Always``."""

    ports: list[ContainerPort] | None = None
    restartPolicy: str | None = None  # noqa: N815


class PodDnsConfig(Struct, gc=False):
    """``spec.dnsConfig`` of a pod."""

    nameservers: list[str | None] | None = None


class PodSpec(Struct, gc=False):
    """``spec`` of a pod or a pod template."""

    containers: list[Container] | None = None
    initContainers: list[Container] | None = None  # noqa: N815
    hostNetwork: bool | None = None  # noqa: N815
    nodeName: str | None = None  # noqa: N815
    serviceAccountName: str | None = None  # noqa: N815
    serviceAccount: str | None = None  # noqa: N815
    dnsPolicy: str | None = None  # noqa: N815
    dnsConfig: PodDnsConfig | None = None  # noqa: N815


class Ip(Struct, gc=False):
    """``status.podIPs[]`` and ``status.hostIPs[]``."""

    ip: str | None = None


class PodStatus(Struct, gc=False):
    """``status`` of a pod."""

    phase: str | None = None
    podIP: str | None = None  # noqa: N815
    podIPs: list[Ip] | None = None  # noqa: N815
    hostIP: str | None = None  # noqa: N815
    hostIPs: list[Ip] | None = None  # noqa: N815


class ApiObject(Struct, gc=False):
    """What every object has."""

    metadata: ObjectMeta | None = None


class PodObject(ApiObject, gc=False):
    """A Pod."""

    spec: PodSpec | None = None
    status: PodStatus | None = None


class NamespaceObject(ApiObject, gc=False):
    """A Namespace."""


class ServiceAccountObject(ApiObject, gc=False):
    """A ServiceAccount: policies may ask for its labels."""


class NodeAddress(Struct, gc=False):
    """``status.addresses[]`` of a node."""

    type: str | None = None
    address: str | None = None


class NodeStatus(Struct, gc=False):
    """``status`` of a node."""

    addresses: list[NodeAddress] | None = None


class NodeObject(ApiObject, gc=False):
    """A Node."""

    status: NodeStatus | None = None


class PodTemplate(Struct, gc=False):
    """``spec.template`` of a workload."""

    metadata: ObjectMeta | None = None
    spec: PodSpec | None = None


class JobCondition(Struct, gc=False):
    """``status.conditions[]``."""

    type: str | None = None
    status: str | None = None


class WorkloadStatus(Struct, gc=False):
    """``status`` of a workload; the conditions tell a Job that has ended."""

    conditions: list[JobCondition] | None = None


class WorkloadSpec(Struct, gc=False):
    """``spec`` of a workload."""

    replicas: int | None = None
    template: PodTemplate | None = None


class WorkloadObject(ApiObject, gc=False):
    """A Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController or Job."""

    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None


class JobTemplate(Struct, gc=False):
    """``spec.jobTemplate`` of a CronJob."""

    spec: WorkloadSpec | None = None


class CronJobSpec(Struct, gc=False):
    """``spec`` of a CronJob."""

    jobTemplate: JobTemplate | None = None  # noqa: N815


class CronJobObject(ApiObject, gc=False):
    """A CronJob."""

    spec: CronJobSpec | None = None


class ServicePortSpec(Struct, gc=False):
    """``spec.ports[]`` of a Service."""

    port: int | None = None
    name: str | None = None
    protocol: str | None = None
    targetPort: int | str | None = None  # noqa: N815
    nodePort: int | None = None  # noqa: N815


class ServiceSpec(Struct, gc=False):
    """``spec`` of a Service."""

    selector: dict[str, str | None] | None = None
    ports: list[ServicePortSpec] | None = None
    type: str | None = None
    clusterIP: str | None = None  # noqa: N815
    clusterIPs: list[str] | None = None  # noqa: N815
    externalName: str | None = None  # noqa: N815
    externalIPs: list[str] | None = None  # noqa: N815
    externalTrafficPolicy: str | None = None  # noqa: N815


class LoadBalancerStatus(Struct, gc=False):
    """``status.loadBalancer`` of a Service; an entry without an address has a host name."""

    ingress: list[Ip] | None = None


class ServiceStatus(Struct, gc=False):
    """``status`` of a Service."""

    loadBalancer: LoadBalancerStatus | None = None  # noqa: N815


class ServiceObject(ApiObject, gc=False):
    """A Service."""

    spec: ServiceSpec | None = None
    status: ServiceStatus | None = None


class EndpointConditions(Struct, gc=False):
    """``endpoints[].conditions`` of an EndpointSlice."""

    ready: bool | None = None


class SliceEndpoint(Struct, gc=False):
    """``endpoints[]`` of an EndpointSlice."""

    addresses: list[str] | None = None
    conditions: EndpointConditions | None = None


class EndpointPort(Struct, gc=False):
    """``ports[]`` of an EndpointSlice or of a subset of Endpoints."""

    name: str | None = None
    port: int | None = None


class EndpointSliceObject(ApiObject, gc=False):
    """An EndpointSlice of ``discovery.k8s.io``."""

    addressType: str | None = None  # noqa: N815
    endpoints: list[SliceEndpoint] | None = None
    ports: list[EndpointPort] | None = None


class EndpointsSubset(Struct, gc=False):
    """``subsets[]`` of Endpoints."""

    addresses: list[Ip] | None = None
    ports: list[EndpointPort] | None = None


class EndpointsObject(ApiObject, gc=False):
    """Endpoints of the core group."""

    subsets: list[EndpointsSubset] | None = None


WORKLOAD_KINDS: Final = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob"}
)

_CORE: Final[dict[str, type[ApiObject]]] = {
    "Namespace": NamespaceObject,
    "Pod": PodObject,
    "Node": NodeObject,
    "Service": ServiceObject,
    "ServiceAccount": ServiceAccountObject,
    "Endpoints": EndpointsObject,
    "ReplicationController": WorkloadObject,
}
_APPS: Final[dict[str, type[ApiObject]]] = dict.fromkeys(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), WorkloadObject
)
_GROUPS: Final[dict[str, dict[str, type[ApiObject]]]] = {
    "": _CORE,
    "apps": _APPS,
    "extensions": _APPS,
    "batch": {"Job": WorkloadObject, "CronJob": CronJobObject},
    "discovery.k8s.io": {"EndpointSlice": EndpointSliceObject},
}
CLUSTER_KINDS: Final = frozenset({"Namespace", "Node"})


@lru_cache(maxsize=1000)
def group_of(api_version: str) -> str:
    """The API group of an ``apiVersion``; empty for the core group."""
    group, slash, _ = api_version.rpartition("/")
    return group if slash else ""


@lru_cache(maxsize=1000)
def struct_of(api_version: str, kind: str) -> type[ApiObject] | None:
    """How an object is read, or ``None`` where it plays no part as a thing of the cluster."""
    return _GROUPS.get(group_of(api_version), {}).get(kind)
