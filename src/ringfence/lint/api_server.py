"""Where the API server is, as far as the input says, and who works through it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.lint.context import LintContext
from ringfence.lint.groups import Group, known_addresses, possible_groups
from ringfence.model.addresses import AddressSet
from ringfence.model.objects import Node, Pod
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint

PORT = 6443
"""Where an API server listens that doesn't say (kubeadm)."""

_CALLERS = re.compile(
    r"(.*-)?(operator|controller|controller-manager|kube-state-metrics|metrics-server|cluster-autoscaler|external-dns)"
)
_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_TCP = PortSet.range(Protocol.TCP)


@dataclass(frozen=True, slots=True)
class Callers:
    """Pods that work through the API server and that the same policies isolate for egress.

    ``leaves`` is true where they may reach some address outside the cluster's pods by TCP.
    """

    group: Group
    pods: tuple[Pod, ...]
    leaves: bool


def callers(context: LintContext) -> tuple[Callers, ...]:
    """DNS pods, ingress controllers, collectors of metrics, and what is called an operator or controller."""
    survey = context.survey
    known = {id(pod) for pod in (*survey.ingress_controllers, *survey.scrapers)}
    known.update(id(pod) for server in survey.dns for pod in server.pods)
    nodes = AddressSet.of((address, address) for node in context.snapshot.nodes for address in node.addresses)
    inside = context.once(known_addresses) - nodes
    found = []
    for group in context.once(possible_groups).egress:
        if group.open:
            continue
        pods = tuple(pod for pod in group.pods if id(pod) in known or _CALLERS.fullmatch(pod.workload.name))
        if pods:
            found.append(Callers(group, pods, bool(group.addresses(_TCP) - inside)))
    return tuple(found)


def servers(context: LintContext) -> tuple[tuple[Endpoint, int], ...]:
    """The API server's endpoints with their ports: as the input gives them, else its pods, else the control plane."""
    return tuple(_given(context)) or tuple(_pods(context)) or tuple(_nodes(context))


def control_plane(context: LintContext) -> tuple[Node, ...]:
    """The nodes that run the API server, as far as labels say so."""
    return tuple(node for node in context.snapshot.nodes if any(key in node.labels for key in _CONTROL_PLANE))


def _given(context: LintContext) -> Iterator[tuple[Endpoint, int]]:
    for service in context.snapshot.services:
        if (service.namespace, service.name) == ("default", "kubernetes"):
            for address, ports in service.endpoints:
                for port in ports.values():
                    yield AddressEndpoint(address), port


def _pods(context: LintContext) -> Iterator[tuple[Endpoint, int]]:
    for pod in context.survey.api_servers:
        if pod.addresses:
            yield pod, next((port.number for port in pod.ports if port.protocol is Protocol.TCP), PORT)


def _nodes(context: LintContext) -> Iterator[tuple[Endpoint, int]]:
    for node in control_plane(context):
        for address in node.addresses:
            yield AddressEndpoint(address), PORT
