"""Objects that send traffic to a Service: an Ingress, a route of a Gateway, the API server's webhooks and APIs."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from ringfence.model.origin import ObjectRef
from ringfence.model.references import ServiceUse
from ringfence.sources import text_kinds as kinds
from ringfence.sources.decode import Path
from ringfence.sources.items import Item
from ringfence.sources.kinds import group_of
from ringfence.sources.text_kinds import Backend, ServiceRef
from ringfence.sources.texts import quietly

_GATEWAY = "gateway.networking.k8s.io"
_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")

_KINDS: dict[tuple[str, str], type[Struct]] = {
    ("networking.k8s.io", "Ingress"): kinds.Ingress,
    ("extensions", "Ingress"): kinds.Ingress,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): kinds.WebhookConfiguration,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): kinds.WebhookConfiguration,
    ("apiregistration.k8s.io", "APIService"): kinds.ApiService,
    **{(_GATEWAY, kind): kinds.Route for kind in _ROUTES},
}

_Found = tuple[str, str, int | str | None, Path]
"""Namespace, Service, port, and the place of the reference."""


def is_user(api_version: str, kind: str) -> bool:
    """True for a kind whose objects name Services that they send to."""
    return (group_of(api_version), kind) in _KINDS


def is_user_group(group: str) -> bool:
    """True for a group that has such a kind."""
    return any(group == known for known, _ in _KINDS)


def user_struct(api_version: str, kind: str) -> type[Struct]:
    """How an object of such a kind is read."""
    return _KINDS[group_of(api_version), kind]


def is_namespaced(kind: str) -> bool:
    """True for those of these kinds whose objects stand in a namespace."""
    return kind == "Ingress" or kind in _ROUTES


def uses_of(item: Item, namespace: str, name: str) -> Iterator[ServiceUse]:
    """The Services that an object sends to, each once. An object that can't be read has none."""
    struct = quietly(item, user_struct(item.api_version, item.kind))
    if struct is None:
        return
    ref = ObjectRef(item.kind, name, namespace, item.api_version)
    senders = [""]
    if isinstance(struct, kinds.Ingress) and struct.spec is not None:
        senders = [struct.spec.ingressClassName or ""]
    elif isinstance(struct, kinds.Route):
        senders = list(_gateways(struct, namespace))
    seen: set[tuple[str, str, int | str | None]] = set()
    source = None
    for where, service, port, path in _found(struct, namespace):
        if (where, service, port) not in seen:
            seen.add((where, service, port))
            source = source or item.source
            for sender in senders:
                yield ServiceUse(ref, where, service, port, sender, source, path)


def _found(struct: object, namespace: str) -> Iterator[_Found]:
    match struct:
        case kinds.Ingress(spec=kinds.IngressSpec() as spec):
            yield from _backend(spec.defaultBackend, namespace, ("spec", "defaultBackend"))
            yield from _backend(spec.backend, namespace, ("spec", "backend"))
            for number, rule in enumerate(spec.rules or ()):
                for place, each in enumerate((rule.http.paths if rule.http is not None else None) or ()):
                    path = ("spec", "rules", number, "http", "paths", place, "backend")
                    yield from _backend(each.backend, namespace, path)
        case kinds.Route(spec=kinds.RouteSpec(rules=list() as routed)):
            for number, each_rule in enumerate(routed):
                for place, target in enumerate(each_rule.backendRefs or ()):
                    if target.name and (target.group or "", target.kind or "Service") == ("", "Service"):
                        at = ("spec", "rules", number, "backendRefs", place)
                        yield target.namespace or namespace, target.name, target.port, at
        case kinds.WebhookConfiguration(webhooks=list() as webhooks):
            for number, webhook in enumerate(webhooks):
                if webhook.clientConfig is not None:
                    yield from _service(webhook.clientConfig.service, ("webhooks", number, "clientConfig", "service"))
        case kinds.ApiService(spec=kinds.ApiServiceSpec() as api):
            yield from _service(api.service, ("spec", "service"))


def _gateways(route: kinds.Route, namespace: str) -> Iterator[str]:
    """The Gateways that a route hangs on. A parent of another kind is none: a Service's route is for a mesh."""
    for parent in (route.spec.parentRefs if route.spec is not None else None) or ():
        if parent.name and (parent.kind or "Gateway") == "Gateway":
            yield f"{parent.namespace or namespace}/{parent.name}"


def _backend(backend: Backend | None, namespace: str, path: Path) -> Iterator[_Found]:
    if backend is None:
        return
    if backend.service is not None and backend.service.name:
        port = backend.service.port
        number = (port.number or port.name) if isinstance(port, kinds.PortName) else port
        yield namespace, backend.service.name, number, (*path, "service")
    elif backend.serviceName:
        port_text = backend.servicePort
        numeric = isinstance(port_text, str) and port_text.isdecimal()
        yield namespace, backend.serviceName, int(port_text) if numeric and port_text else port_text, path


def _service(service: ServiceRef | None, path: Path) -> Iterator[_Found]:
    """The API server's own references: the port is 443 by default."""
    if service is not None and service.name and service.namespace:
        port = service.port if isinstance(service.port, int) else 443
        yield service.namespace, service.name, port, path
