"""From a Service and its port to the workload behind it and the port there."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.flows.inventory import Inventory
from ringfence.flows.state import Label, PodState, ServiceState


@dataclass(frozen=True, slots=True)
class Target:
    """What is behind a port of a Service: one workload, one address, or, with both empty, it can't be told.

    ``labels`` are those that all pods of the workload have alike.
    """

    port: int | None
    workload: str = ""
    labels: tuple[Label, ...] | None = None
    address: str = ""


def target_of(inventory: Inventory, cluster: str, service: ServiceState, protocol: str, port: int | None) -> Target:
    """Where a connection to a port of a Service ends.

    A record with a cluster address names none of the Service's pods. Where all belong to one workload, it is that;
    a Service over several workloads stays a Service. The port is the target's where all pods have the same.
    """
    asked = next((each for each in service.ports if each.port == port and each.protocol == protocol), None)
    if asked is None:
        return Target(port)
    pods = inventory.selected(cluster, service)
    if pods:
        numbers = {asked.on(pod) for pod in pods} - {None}
        target = next(iter(numbers)) if len(numbers) == 1 else port
        workloads = {pod.workload for pod in pods}
        if len(workloads) > 1 or len(numbers) > 1:
            return Target(target)
        return Target(target, workloads.pop(), _alike(pods))
    ends = {(address, number) for address, ports in service.endpoints for name, number in ports if name == asked.name}
    if len(ends) == 1:
        address, number = ends.pop()
        return Target(number, address=address)
    ports = {number for _, number in ends}
    if len(ports) == 1:
        return Target(ports.pop())
    return Target(asked.target if isinstance(asked.target, int) else port)


def _alike(pods: list[PodState]) -> tuple[Label, ...] | None:
    common = set(pods[0].labels).intersection(*(pod.labels for pod in pods))
    return tuple(sorted(common)) or None
