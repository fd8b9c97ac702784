"""What every cluster needs whatever was seen: DNS for those that use names, the API server for its webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.learn.demands import Demands, Port
from ringfence.learn.ends import Address, End, Ends
from ringfence.learn.groups import Group, Groups
from ringfence.model.labels import match_labels
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Direction, PodPeer
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.survey import Survey
from ringfence.survey.dns import DNS_PORT, DNS_PORTS

ASSUMED_DNS = PodPeer(namespace="kube-system", pods=match_labels({"k8s-app": "kube-dns"}))
"""Where nearly every cluster has its DNS pods."""


@dataclass(frozen=True, slots=True)
class DnsTarget:
    """DNS pods or an address to ask, with its ports. ``peer`` is given where the input has no such pods."""

    end: End | None
    ports: PortSet
    peer: PodPeer | None = None

    @property
    def numbers(self) -> tuple[Port, ...]:
        """The single ports, UDP first, as DNS is asked."""
        order = (Protocol.UDP, Protocol.TCP)
        return tuple(
            (kind, port) for kind in order for lo, hi in self.ports.of_protocol(kind) for port in range(lo, hi + 1)
        )


class Platform:
    """Who needs what of the platform."""

    def __init__(self, snapshot: Snapshot, survey: Survey, groups: Groups, ends: Ends) -> None:
        self._snapshot = snapshot
        self._survey = survey
        self._groups = groups
        self._ends = ends
        self.dns = tuple(self._dns())
        self._dns_ends = {target.end for target in self.dns}
        self._by_name = {pod.workload for each in survey.dependencies for pod in each.sources if isinstance(pod, Pod)}
        self._by_name |= {use.workload for use in survey.outside}
        self._served = {
            pod.workload for service in snapshot.services if service.selector for pod in ends.backends.pods(service)
        }
        self.public = self._public()
        self.webhooks = self._webhooks()

    @property
    def dns_assumed(self) -> bool:
        """True where the input has no DNS pods."""
        return any(target.peer is not None for target in self.dns)

    def uses_names(self, group: Group, demands: Demands) -> bool:
        """True where a group asked for a name, was seen to call by one, or is set up to."""
        if any(workload in self._by_name for workload in group.workloads):
            return True
        for end, ports in demands.needs(group, Direction.EGRESS).items():
            if end in self._dns_ends or any(port == DNS_PORT for _, port in ports):
                return True
            if isinstance(end, Address) and end.name:
                return True
            if isinstance(end, Group) and any(workload in self._served for workload in end.workloads):
                return True
        return False

    def served(self) -> dict[End, PortSet]:
        """The ports that the platform opens to more than were seen: those of DNS, and of what faces clients outside."""
        found = {target.end: target.ports for target in self.dns if target.end is not None}
        for group, ports in self.public.items():
            for port in ports:
                found[group] = found.get(group, NO_PORTS) | PortSet.point(*port)
        return found

    def is_dns(self, end: End) -> bool:
        """True for the cluster's own DNS."""
        return end in self._dns_ends

    def _dns(self) -> Iterator[DnsTarget]:
        found = False
        for server in self._survey.dns:
            if server.address is not None:
                yield DnsTarget(Address(server.address), server.ports)
                continue
            for group in dict.fromkeys(self._groups.of(pod.workload) for pod in server.pods):
                if group is not None:
                    found = True
                    yield DnsTarget(group, server.ports)
        if not found:
            yield DnsTarget(None, DNS_PORTS, ASSUMED_DNS)

    def _public(self) -> dict[Group, set[Port]]:
        """Those that serve clients outside, who are whoever comes: controllers of Ingress and gateways.

        Their ports are those of their Services, but for webhooks and metrics.
        """
        groups = (self._groups.of(pod.workload) for pod in self._survey.ingress_controllers)
        found: dict[Group, set[Port]] = {group: set() for group in groups if group is not None}
        called = {(use.namespace, use.service) for use in self._survey.webhooks}
        for service in self._snapshot.services if found else ():
            for entry in service.ports:
                if (service.namespace, service.name) in called or "metrics" in (*entry.name.split("-"), service.name):
                    continue
                for endpoint, number in self._ends.backends.behind(service, entry):
                    group = self._groups.of(endpoint.workload) if isinstance(endpoint, Pod) else None
                    if group in found:
                        found[group].add((entry.protocol, number))
        return found

    def _webhooks(self) -> dict[Group, dict[Port, list[str]]]:
        """The ports that the API server calls, with who says so.

        Source: "Dynamic Admission Control" and "Kubernetes API Aggregation Layer" in the Kubernetes documentation.
        """
        found: dict[Group, dict[Port, list[str]]] = {}
        for use in self._survey.webhooks:
            service = self._ends.backends.service(use.namespace, use.service)
            for entry in service.ports if service is not None else ():
                if use.port not in (None, entry.port, entry.name) or service is None:
                    continue
                for endpoint, number in self._ends.backends.behind(service, entry):
                    group = self._groups.of(endpoint.workload) if isinstance(endpoint, Pod) else None
                    if group is not None:
                        users = found.setdefault(group, {}).setdefault((entry.protocol, number), [])
                        users.extend({str(use.user)} - set(users))
        return found

    def api_servers(self) -> list[int]:
        """The addresses that the API server calls from, as far as the input has them."""
        points = {address for pod in self._survey.api_servers for address in pod.addresses}
        service = self._survey.api_service
        if service is not None:
            points |= {address for address, _ in service.endpoints}
        return sorted(points)
