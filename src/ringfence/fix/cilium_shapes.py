"""Endpoints, ports and rules as Cilium's policies write them, for pods and addresses that are to be named exactly.

A rule has peers of one kind, so peers of several kinds become several rules. Ranges match no pod and no node.

Source: Cilium documentation, "Layer 3 policies" and "Using Kubernetes constructs in policy".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ringfence.fix.candidate import Case
from ringfence.fix.shapes import Body, Port, exact_labels, groups_of, match_labels, object_name
from ringfence.fix.world import World
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction
from ringfence.model.verdict import Endpoint

API_VERSION = "cilium.io/v2"
KIND = "CiliumNetworkPolicy"
NAMESPACE_LABEL = "k8s:io.kubernetes.pod.namespace"
_PREFIX = {Direction.EGRESS: "to", Direction.INGRESS: "from"}


def field_of(direction: Direction, kind: str) -> str:
    """The field of a rule with its peers of one kind: ``toEndpoints``."""
    return _PREFIX[direction] + kind


def port_list(ports: Iterable[Port]) -> Body:
    """An entry of ``toPorts``; port numbers are strings there."""
    return {"ports": [{"port": str(number), "protocol": str(protocol)} for protocol, number in ports]}


def peer_lists(ends: Sequence[Endpoint], namespace: str, direction: Direction, world: World) -> list[Body]:
    """The lists of peers that name these ends, each for a rule of its own; empty where one can't be named."""
    pods = [end for end in ends if isinstance(end, Pod) and not end.host_network]
    nodes = [end for end in ends if _is_of_node(end)]
    outside = [end for end in ends if not isinstance(end, Pod) and not end.node]
    found: list[Body] = []
    selectors = [_selector(place, labels, namespace) for place, labels in groups_of(pods, world)]
    if selectors:
        found.append({field_of(direction, "Endpoints"): selectors})
    if nodes:
        found.append({field_of(direction, "Entities"): ["host", "remote-node"]})
    ranges = [f"{format_address(end.address)}/{32 if end.address <= V4_MAX else 128}" for end in outside]
    if ranges:
        found.append({field_of(direction, "CIDR"): list(dict.fromkeys(ranges))})
    return found


def new_policy(case: Case, verb: str, sections: Mapping[str, object], does: str) -> Patch | None:
    """A CiliumNetworkPolicy for just the guarded pods of one namespace; ``None`` where they are not."""
    pods = [end for end in case.subjects if isinstance(end, Pod) and not end.host_network]
    spaces = {pod.namespace for pod in pods}
    if len(spaces) != 1 or len(pods) != len(case.subjects):
        return None
    namespace = spaces.pop()
    name = object_name(verb, case.source, case.destination, case.world.policy_names(namespace))
    body: Body = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"endpointSelector": match_labels(exact_labels(pods, case.world)), **sections},
    }
    ref = ObjectRef(KIND, name, namespace, API_VERSION)
    return Patch(f"Add {KIND} {namespace}/{name}: {does}", ref, manifest=body)


def home_of(case: Case) -> str:
    """The namespace of the guarded pods, or of the first of them."""
    return next((end.namespace for end in case.subjects if isinstance(end, Pod)), "")


def _selector(place: str, labels: Mapping[str, str], namespace: str) -> Body:
    return match_labels({**({} if place == namespace else {NAMESPACE_LABEL: place}), **labels})


def _is_of_node(end: Endpoint) -> bool:
    return end.host_network if isinstance(end, Pod) else bool(end.node)
