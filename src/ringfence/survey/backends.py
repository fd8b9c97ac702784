"""The pods that each Service sends to, found once for each Service."""

from __future__ import annotations

from ringfence.model.objects import Pod, Service, ServicePort, Snapshot
from ringfence.model.ports import Protocol

Target = tuple[Pod, int]
"""A pod, and the port that a connection arrives at there."""


class Backends:
    """Finds the pods behind Services by selector, through an index of one label of each pod's namespace."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._services = {(service.namespace, service.name): service for service in snapshot.services}
        self._pods: dict[tuple[str, str, str], list[Pod]] = {}
        self._by_address: dict[int, Pod] = {}
        self._found: dict[tuple[str, str], tuple[Pod, ...]] = {}
        for pod in snapshot.pods:
            for key, value in pod.labels.items():
                self._pods.setdefault((pod.namespace, key, value), []).append(pod)
            if not pod.host_network:
                self._by_address.update(dict.fromkeys(pod.addresses, pod))

    def service(self, namespace: str, name: str) -> Service | None:
        """The Service of this name, if it is in the input."""
        return self._services.get((namespace, name))

    def pods(self, service: Service) -> tuple[Pod, ...]:
        """The pods that a Service selects, or those whose addresses were given for it."""
        key = service.namespace, service.name
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(service)
        return found

    def targets(self, service: Service, protocol: Protocol, port: int) -> tuple[Target, ...]:
        """Where a connection to a port arrives; none where the Service doesn't have the port.

        A headless Service has no port of its own: the port is the pod's. Source: "Headless Services" in the Kubernetes
        documentation.
        """
        pods = self.pods(service)
        if service.headless:
            return tuple((pod, port) for pod in pods)
        for entry in service.ports:
            if (entry.protocol, entry.port) == (protocol, port):
                return self.behind(service, entry)
        return ()

    def behind(self, service: Service, port: ServicePort) -> tuple[Target, ...]:
        """The pods behind a port of a Service, each with the port that it means there."""
        numbers = ((pod, port.target_on(pod)) for pod in self.pods(service))
        return tuple((pod, number) for pod, number in numbers if number is not None)

    def _find(self, service: Service) -> tuple[Pod, ...]:
        if not service.selector:
            given = (self._by_address.get(address) for address, _ in service.endpoints)
            return tuple({id(pod): pod for pod in given if pod is not None}.values())
        lists = [self._pods.get((service.namespace, *label), []) for label in service.selector.items()]
        shortest = min(lists, key=len)
        return tuple(pod for pod in shortest if service.selector.items() <= pod.labels.items())
