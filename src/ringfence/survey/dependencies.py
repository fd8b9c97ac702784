"""The connections that a cluster needs to work, read from what its manifests say of Services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from ringfence.model.objects import Pod, Service, Snapshot, WorkloadRef
from ringfence.model.ports import Protocol
from ringfence.model.references import ServiceUse
from ringfence.model.verdict import Endpoint
from ringfence.survey.backends import Backends
from ringfence.survey.dependency import Dependency, DependencyKind, Evidence, Route, Target
from ringfence.survey.names import Mention, mentions_of

_METRICS: Final = re.compile(r"(.*-)?(metrics?|prometheus|prom)(-.*)?")


def text_dependencies(snapshot: Snapshot, backends: Backends) -> tuple[Dependency, ...]:
    """Who names which Service in variables, arguments and ConfigMaps; each once, with the first text that shows it.

    A name counts only where it is a Service of the input and has the port. A workload's own Service is left out, unless
    it is headless: its replicas find each other through it.
    """
    pods: dict[WorkloadRef, list[Pod]] = {}
    for pod in snapshot.pods:
        pods.setdefault(pod.workload, []).append(pod)
    found: dict[tuple[WorkloadRef, str, str], dict[tuple[tuple[Protocol, int], ...], Dependency]] = {}
    for reference in snapshot.references:
        for mention in mentions_of(reference):
            service = _meant(mention, reference.workload.namespace, backends)
            if service is None:
                continue
            routes = _routes(service, mention, backends, beside=bool(reference.beside))
            sources = pods.get(reference.workload, ())
            if not routes or (not service.headless and _is_own(service, sources, backends)):
                continue
            label = f"{reference.key}={mention.excerpt}" if reference.key else mention.excerpt
            ports = tuple((route.protocol, route.port) for route in routes)
            by_port = found.setdefault((reference.workload, service.namespace, service.name), {})
            if ports not in by_port:
                by_port[ports] = Dependency(
                    DependencyKind.TEXT,
                    str(reference.workload),
                    tuple(sources),
                    _called(service),
                    routes,
                    Evidence(label, reference),
                    service,
                )
    return tuple(dependency for by_port in found.values() for dependency in _telling(by_port))


def ingress_dependencies(
    uses: Iterable[ServiceUse],
    controllers: tuple[Pod, ...],
    backends: Backends,
    gateways: Mapping[str, tuple[Pod, ...]],
) -> tuple[Dependency, ...]:
    """What the Ingress controller must reach; several controllers are told apart by the class, if that names one.

    ``gateways`` are the pods of each Gateway, ``namespace/name``, for routes; without its own pods, a Gateway is served
    by the controller, if there is one only.
    """
    found = []
    for use in uses:
        service = backends.service(use.namespace, use.service) if is_from_outside(use) else None
        if use.user.kind == "Ingress":
            sources = _of_class(controllers, use.sender)
        else:
            sources = gateways.get(use.sender) or _of_class(controllers, "")
        if service is None or not sources:
            continue
        routes = _used(service, use.port, backends)
        if routes:
            evidence = Evidence(f"{use.user} sends to {service.name}:{use.port}", use)
            source = str(sources[0].workload)
            found.append(
                Dependency(DependencyKind.INGRESS, source, sources, _called(service), routes, evidence, service)
            )
    return tuple(found)


def is_from_outside(use: ServiceUse) -> bool:
    """True for what brings traffic from outside, an Ingress or a Gateway's route; the rest is the API server's."""
    return use.user.kind == "Ingress" or use.user.kind.endswith("Route")


def scrape_dependencies(pods: Iterable[Pod], scrapers: tuple[Pod, ...]) -> tuple[Dependency, ...]:
    """Every port named for metrics, if the cluster has a collector of metrics: one of them must get there."""
    if not scrapers:
        return ()
    source = str(scrapers[0].workload)
    by_port: dict[tuple[WorkloadRef, Protocol, int, str], list[Pod]] = {}
    for pod in pods:
        for port in pod.ports:
            if port.name and port.protocol is Protocol.TCP and _METRICS.fullmatch(port.name):
                by_port.setdefault((pod.workload, port.protocol, port.number, port.name), []).append(pod)
    found = []
    for (workload, protocol, number, name), targets in by_port.items():
        route = Route(protocol, number, tuple(Target(pod, number) for pod in targets))
        evidence = Evidence(f"port {number} of {workload} is named {name}", place=targets[0].origin)
        found.append(
            Dependency(DependencyKind.SCRAPE, source, scrapers, str(workload), (route,), evidence, any_source=True)
        )
    return tuple(found)


def _meant(mention: Mention, namespace: str, backends: Backends) -> Service | None:
    if mention.address is not None:
        return backends.at(mention.address)
    return backends.service(mention.namespace or namespace, mention.name)


def _routes(service: Service, mention: Mention, backends: Backends, *, beside: bool) -> tuple[Route, ...]:
    """The port that a text means, or each that the Service has where it tells none.

    A port that stands ``beside`` and that the Service doesn't have was for something else.
    """
    if beside and mention.port is not None and not _known_port(service, mention.port, backends):
        mention = replace(mention, port=None)
    if mention.number is not None:
        for protocol in (Protocol.TCP, Protocol.UDP):
            if _serves(service, protocol, mention.number, backends):
                targets = backends.targets(service, protocol, mention.number)
                return _with_targets([(protocol, mention.number, targets)])
        return ()
    if mention.scheme:
        return ()  # a scheme whose port isn't known
    return _with_targets((port.protocol, port.port, backends.behind(service, port)) for port in service.ports)


def _known_port(service: Service, number: int, backends: Backends) -> bool:
    return any(_serves(service, protocol, number, backends) for protocol in (Protocol.TCP, Protocol.UDP))


def _used(service: Service, port: int | str | None, backends: Backends) -> tuple[Route, ...]:
    """The port that an object names by number or name; every one where it names none."""
    ports = [entry for entry in service.ports if port is None or port in (entry.port, entry.name)]
    return _with_targets((entry.protocol, entry.port, backends.behind(service, entry)) for entry in ports)


def _with_targets(found: Iterable[tuple[Protocol, int, Iterable[tuple[Endpoint, int]]]]) -> tuple[Route, ...]:
    routes = (
        Route(protocol, port, tuple(Target(end, number) for end, number in targets))
        for protocol, port, targets in found
    )
    return tuple(route for route in routes if route.targets)


def _serves(service: Service, protocol: Protocol, number: int, backends: Backends) -> bool:
    """True where the Service has the port; a headless one, whose pods are dialled, also where they declare it."""
    if any(entry.protocol == protocol and entry.port == number for entry in service.ports):
        return True
    return service.headless and any(
        (port.protocol, port.number) == (protocol, number) for pod in backends.pods(service) for port in pod.ports
    )


def _is_own(service: Service, sources: Iterable[Pod], backends: Backends) -> bool:
    own = {id(pod) for pod in backends.pods(service)}
    return bool(own) and all(id(pod) in own for pod in sources)


def _of_class(controllers: tuple[Pod, ...], sender: str) -> tuple[Pod, ...]:
    """The controllers of an Ingress class. Where several could be meant, none is."""
    workloads = dict.fromkeys(pod.workload for pod in controllers)
    if len(workloads) <= 1:
        return controllers
    named = [workload for workload in workloads if sender and sender in f"{workload} {workload.namespace}"]
    return tuple(pod for pod in controllers if pod.workload == named[0]) if len(named) == 1 else ()


def _called(service: Service) -> str:
    return f"service:{service.namespace}/{service.name}"


def _telling(by_port: dict[tuple[tuple[Protocol, int], ...], Dependency]) -> Iterator[Dependency]:
    """The dependencies on one Service; a text that names no port says nothing beside one that does."""
    exact = [dependency for ports, dependency in by_port.items() if len(ports) == 1]
    yield from exact or by_port.values()
