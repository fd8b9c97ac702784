"""``isolate-namespace``: a namespace keeps to itself, but for names and the shared services that are listed."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.generate.dns import dns_access, serving_dns
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Draft, Given, Request, Shared, network_policy, one_namespace
from ringfence.generate.targets import PortNumber, Target, rule
from ringfence.model.labels import match_labels
from ringfence.model.objects import Pod, Service


def isolate_namespace(given: Given, request: Request) -> Draft:
    """One NetworkPolicy for both directions."""
    namespace = one_namespace(request, "isolate-namespace")
    access = dns_access(given)
    notes = list(access.notes)
    egress: list[dict[str, object]] = [{"to": [{"podSelector": {}}]}, *(rule(target) for target in access.targets)]
    comments: dict[tuple[str | int, ...], str] = {
        ("spec", "ingress", 0): f"From the pods of {namespace} itself.",
        ("spec", "egress", 0): f"To the pods of {namespace} itself.",
        ("spec", "egress", 1): "DNS.",
    }
    for target, comment in _shared(given, request.shared, notes):
        comments["spec", "egress", len(egress)] = comment
        egress.append(rule(target))
    ingress: list[dict[str, object]] = [{"from": [{"podSelector": {}}]}]
    for caller in request.callers:
        comments["spec", "ingress", len(ingress)] = f"Shared: {caller.namespace} may call port {caller.port} here."
        ingress.append(rule(Target(caller.namespace, ports=((caller.protocol, caller.port),)), "from"))
    body = network_policy(
        given.free_name("NetworkPolicy", "isolate-namespace", namespace),
        namespace,
        {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": ingress, "egress": egress},
    )
    head = f"Pods of {namespace} talk to one another, ask for names, and use the shared services below; nothing else."
    manifests = [Manifest(body, (head,), comments)]
    serving = serving_dns(given, namespace)
    if serving is not None:
        manifests.insert(0, serving)
    return Draft(tuple(manifests), tuple(notes), keeps_dns=() if access.assumed else (namespace,))


def _shared(given: Given, shared: Iterable[Shared], notes: list[str]) -> Iterable[tuple[Target, str]]:
    """Targets of shared services. A Service's own port becomes the port that its pods listen on."""
    for item in shared:
        pods = list(given.pods(item.namespace))
        if any((port.protocol, port.number) == (item.protocol, item.port) for pod in pods for port in pod.ports):
            yield (
                Target(item.namespace, ports=((item.protocol, item.port),)),
                f"Shared: port {item.port} in {item.namespace}.",
            )
            continue
        found = list(_behind_service(given, item, pods))
        if found:
            yield from found
            continue
        notes.append(
            f"No pod of {item.namespace} declares {item.protocol} {item.port}, and no Service there has that port: "
            "the rule is written as asked."
        )
        yield (
            Target(item.namespace, ports=((item.protocol, item.port),)),
            f"Shared: port {item.port} in {item.namespace}; nothing in the input listens on it.",
        )


def _behind_service(given: Given, item: Shared, pods: list[Pod]) -> Iterable[tuple[Target, str]]:
    for service in given.snapshot.services:
        if service.namespace != item.namespace or not service.selector:
            continue
        for port in service.ports:
            if (port.protocol, port.port) != (item.protocol, item.port):
                continue
            numbers = target_numbers(service, port.target, pods, item)
            if numbers:
                text = ", ".join(str(number) for _, number in numbers)
                yield (
                    Target(item.namespace, service.selector, ports=numbers),
                    f"Shared: Service {service.name}:{port.port}, whose pods listen on {text}.",
                )


def target_numbers(service: Service, target: int | str, pods: Iterable[Pod], item: Shared) -> tuple[PortNumber, ...]:
    """The ports that a Service's port means on its pods."""
    if isinstance(target, int):
        return ((item.protocol, target),)
    expression = match_labels(service.selector or {})
    found = {
        (port.protocol, port.number)
        for pod in pods
        if expression.matches(pod.labels)
        for port in pod.ports
        if port.name == target and port.protocol is item.protocol
    }
    return tuple(sorted(found))
