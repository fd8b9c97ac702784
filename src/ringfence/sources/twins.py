"""What two inputs have in common is made once, so that a comparison sees at a glance what is the same in both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.objects import Pod, Service, WorkloadRef
from ringfence.sources.kinds import PodObject, ServiceObject

if TYPE_CHECKING:
    from ringfence.live.read import Reading


class Twins:
    """Remembers the pods of one input for the reading of another.

    A pod that both have alike is one object in both, and its place is that in the first. Pods of the host network are
    left out: their addresses may come from their node. ``readings`` are the running clusters that were asked, by path.
    """

    def __init__(self) -> None:
        self._pods: dict[tuple[str, str], tuple[PodObject, Pod]] = {}
        self._services: dict[tuple[str, str], tuple[ServiceObject, object, Service]] = {}
        self.readings: dict[str, Reading] = {}

    def pod(self, namespace: str, name: str, struct: PodObject, workload: WorkloadRef) -> Pod | None:
        """The pod that was made before from an equal object, for the same workload."""
        known = self._pods.get((namespace, name))
        if known is None or (known[0] is not struct and known[0] != struct) or known[1].workload != workload:
            return None
        return known[1]

    def service(self, namespace: str, name: str, struct: ServiceObject, endpoints: object) -> Service | None:
        """The Service that was made before from this very object, for the same endpoints."""
        known = self._services.get((namespace, name))
        return known[2] if known is not None and known[0] is struct and known[1] == endpoints else None

    def keep_service(self, struct: ServiceObject, endpoints: object, service: Service) -> None:
        """Remember a Service in which nothing was wrong."""
        self._services[service.namespace, service.name] = struct, endpoints, service

    def keep(self, struct: PodObject, pod: Pod) -> None:
        """Remember a pod in which nothing was wrong."""
        if not pod.host_network:
            self._pods[pod.namespace, pod.name] = struct, pod
