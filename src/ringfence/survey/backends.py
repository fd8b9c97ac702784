"""The pods and addresses that each Service sends to, found once for each Service."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ringfence.model.objects import Pod, Service, ServicePort, Snapshot
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint

Target = tuple[Endpoint, int]
"""A pod or an address outside, and the port that a connection arrives at there."""


class Backends:
    """Finds the pods behind Services by selector, through an index of one label of each pod's namespace."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._services = {(service.namespace, service.name): service for service in snapshot.services}
        self._pods: dict[str, list[Pod]] = {}
        self._labelled: dict[str, dict[tuple[str, str], list[Pod]]] = {}
        self._at = {point: service for service in snapshot.services for point in service.cluster_addresses}
        self._found: dict[tuple[str, str], tuple[Pod, ...]] = {}
        for pod in snapshot.pods:
            self._pods.setdefault(pod.namespace, []).append(pod)

    def service(self, namespace: str, name: str) -> Service | None:
        """The Service of this name, if it is in the input."""
        return self._services.get((namespace, name))

    def at(self, address: int) -> Service | None:
        """The Service with this cluster address, a point of the address line."""
        return self._at.get(address)

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
        """The pods behind a port of a Service, each with the port that it means there.

        For a Service without a selector also the addresses given for it that are no pod's.
        """
        numbers = ((pod, port.target_on(pod)) for pod in self.pods(service))
        return (*((pod, number) for pod, number in numbers if number is not None), *self._outside(service, port))

    def _outside(self, service: Service, port: ServicePort) -> Iterator[Target]:
        """Source: "Services without selectors" in the Kubernetes documentation; ports go by the Service port's name."""
        for address, ports in service.endpoints if not service.selector else ():
            number = ports.get(port.name)
            if number is not None and address not in self._by_address:
                yield AddressEndpoint(address), number

    def _find(self, service: Service) -> tuple[Pod, ...]:
        if not service.selector:
            given = (self._by_address.get(address) for address, _ in service.endpoints)
            return tuple({id(pod): pod for pod in given if pod is not None}.values())
        index = self._index(service.namespace)
        lists = [index.get(label, []) for label in service.selector.items()]
        shortest = min(lists, key=len)
        return tuple(pod for pod in shortest if service.selector.items() <= pod.labels.items())

    def _index(self, namespace: str) -> dict[tuple[str, str], list[Pod]]:
        """The pods of a namespace by label; made when it is first asked for, as often only DNS is."""
        index = self._labelled.get(namespace)
        if index is None:
            index = self._labelled[namespace] = {}
            for pod in self._pods.get(namespace, ()):
                for label in pod.labels.items():
                    index.setdefault(label, []).append(pod)
        return index

    @cached_property
    def _by_address(self) -> dict[int, Pod]:
        found: dict[int, Pod] = {}
        for pods in self._pods.values():
            for pod in pods:
                if not pod.host_network:
                    found.update(dict.fromkeys(pod.addresses, pod))
        return found
