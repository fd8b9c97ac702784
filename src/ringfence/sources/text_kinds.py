"""The parts of pods, ConfigMaps and their like that hold texts and references, read apart from what policy sees.

They are read for one object a workload and not for each pod, so that they cost a large input next to nothing. Source:
the Kubernetes API reference, v1.36.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Scalar = str | int | float | bool | None
"""A value that must be a text; a manifest that forgot the quotes is still read."""


class Name(Struct, gc=False):
    """A reference to a ConfigMap; of a key of it in ``valueFrom``."""

    name: str | None = None
    key: str | None = None


class ValueFrom(Struct, gc=False):
    """``env[].valueFrom``."""

    configMapKeyRef: Name | None = None  # noqa: N815


class EnvVar(Struct, gc=False):
    """``containers[].env[]``."""

    name: str | None = None
    value: Scalar = None
    valueFrom: ValueFrom | None = None  # noqa: N815


class EnvFrom(Struct, gc=False):
    """``containers[].envFrom[]``."""

    configMapRef: Name | None = None  # noqa: N815


class Exec(Struct, gc=False):
    """``exec`` of a probe."""

    command: list[Scalar] | None = None


class Probe(Struct, gc=False):
    """A probe, as far as it may name another pod: the kubelet's own requests go to the pod itself."""

    exec: Exec | None = None


class Container(Struct, gc=False):
    """A container's texts."""

    command: list[Scalar] | None = None
    args: list[Scalar] | None = None
    env: list[EnvVar] | None = None
    envFrom: list[EnvFrom] | None = None  # noqa: N815
    livenessProbe: Probe | None = None  # noqa: N815
    readinessProbe: Probe | None = None  # noqa: N815
    startupProbe: Probe | None = None  # noqa: N815


class Projection(Struct, gc=False):
    """``volumes[].projected.sources[]``."""

    configMap: Name | None = None  # noqa: N815


class Projected(Struct, gc=False):
    """``volumes[].projected``."""

    sources: list[Projection] | None = None


class Volume(Struct, gc=False):
    """``volumes[]``."""

    configMap: Name | None = None  # noqa: N815
    projected: Projected | None = None


class PodSpec(Struct, gc=False):
    """``spec`` of a pod or a template."""

    containers: list[Container] | None = None
    initContainers: list[Container] | None = None  # noqa: N815
    volumes: list[Volume] | None = None


class Pod(Struct, gc=False):
    """A Pod, or the template of one."""

    spec: PodSpec | None = None


class WorkloadSpec(Struct, gc=False):
    """``spec`` of a workload."""

    template: Pod | None = None


class Workload(Struct, gc=False):
    """A Deployment and its like."""

    spec: WorkloadSpec | None = None


class CronJobSpec(Struct, gc=False):
    """``spec`` of a CronJob."""

    jobTemplate: Workload | None = None  # noqa: N815


class CronJob(Struct, gc=False):
    """A CronJob."""

    spec: CronJobSpec | None = None


class ConfigMap(Struct, gc=False):
    """A ConfigMap's texts."""

    data: dict[str, Scalar] | None = None


class PortName(Struct, gc=False):
    """A port of an Ingress backend, by one of the two."""

    number: int | None = None
    name: str | None = None


class ServiceRef(Struct, gc=False):
    """A Service that an object names; ``port`` is a mapping in an Ingress, a number elsewhere."""

    name: str | None = None
    namespace: str | None = None
    port: PortName | int | None = None


class Backend(Struct, gc=False):
    """The backend of an Ingress; the last two fields are those of ``v1beta1``."""

    service: ServiceRef | None = None
    serviceName: str | None = None  # noqa: N815
    servicePort: int | str | None = None  # noqa: N815


class IngressPath(Struct, gc=False):
    """``rules[].http.paths[]``."""

    backend: Backend | None = None


class Http(Struct, gc=False):
    """``rules[].http``."""

    paths: list[IngressPath] | None = None


class IngressRule(Struct, gc=False):
    """``rules[]``."""

    http: Http | None = None


class IngressSpec(Struct, gc=False):
    """``spec`` of an Ingress."""

    ingressClassName: str | None = None  # noqa: N815
    defaultBackend: Backend | None = None  # noqa: N815
    backend: Backend | None = None
    rules: list[IngressRule] | None = None


class Ingress(Struct, gc=False):
    """An Ingress."""

    spec: IngressSpec | None = None


class ObjectReference(Struct, gc=False):
    """``parentRefs[]`` and ``rules[].backendRefs[]`` of a route. Source: Gateway API reference, v1."""

    group: str | None = None
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    port: int | None = None


class RouteRule(Struct, gc=False):
    """``rules[]`` of a route."""

    backendRefs: list[ObjectReference] | None = None  # noqa: N815


class RouteSpec(Struct, gc=False):
    """``spec`` of a route."""

    parentRefs: list[ObjectReference] | None = None  # noqa: N815
    rules: list[RouteRule] | None = None


class Route(Struct, gc=False):
    """An HTTPRoute, GRPCRoute, TCPRoute, TLSRoute or UDPRoute: their references are alike."""

    spec: RouteSpec | None = None


class ClientConfig(Struct, gc=False):
    """``webhooks[].clientConfig``."""

    service: ServiceRef | None = None


class Webhook(Struct, gc=False):
    """``webhooks[]``."""

    clientConfig: ClientConfig | None = None  # noqa: N815


class WebhookConfiguration(Struct, gc=False):
    """A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration."""

    webhooks: list[Webhook] | None = None


class ApiServiceSpec(Struct, gc=False):
    """``spec`` of an APIService."""

    service: ServiceRef | None = None


class ApiService(Struct, gc=False):
    """An APIService."""

    spec: ApiServiceSpec | None = None


class RecordedObject(Struct, gc=False):
    """An object that a record of an archive names."""

    kind: str
    name: str
    namespace: str = ""
    apiVersion: str = ""  # noqa: N815


class RecordedText(Struct, gc=False):
    """A record of an archive: a text reduced to the Service that it names."""

    workload: RecordedObject
    text: str
    object: RecordedObject
    key: str = ""


class RecordedSnapshot(Struct, gc=False):
    """The contents of an archive that ``ringfence snapshot`` wrote, as far as they tell who needs which Service."""

    references: list[RecordedText] | None = None


TEMPLATES: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    "Pod": (Pod, ("spec",)),
    "CronJob": (CronJob, ("spec", "jobTemplate", "spec", "template", "spec")),
}
"""How the pod specification of a kind is read, and its path; any other workload is :class:`Workload`."""
