"""Selectors, peers and ports as each API writes them, for pods and addresses that are to be named exactly."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from ringfence.fix.world import World, key_of
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.patch import Path
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import Endpoint

Body = dict[str, Any]
Port = tuple[Protocol, int]

NETWORK_POLICY = "NetworkPolicy"
CLUSTER_NETWORK_POLICY = "ClusterNetworkPolicy"
ADMIN_NETWORK_POLICY = "AdminNetworkPolicy"

VOLATILE = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "job-name",
        "controller-uid",
        "version",
        "app.kubernetes.io/version",
        "helm.sh/chart",
    }
)
"""Labels that change with every rollout or replica: no rule should select by them."""

_LIKED = ("app.kubernetes.io/name", "app", "k8s-app", "name", "app.kubernetes.io/instance", "run", "component", "tier")
_MOST_LABELS = 3

_PEER_LIST = {Direction.EGRESS: "to", Direction.INGRESS: "from"}
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def peer_list(direction: Direction) -> str:
    """The field with a rule's peers, which all APIs name alike."""
    return _PEER_LIST[direction]


def path_of(origin: Origin) -> Path:
    """``("spec", "ingress", 0)`` for the path ``spec.ingress[0]`` of a rule, peer or port."""
    return tuple(int(index) if index else name for index, name in _STEP.findall(origin.path))


def value_at(body: Mapping[str, Any], path: Path) -> Any:
    """What stands at a path; ``None`` where there is nothing."""
    value: Any = body
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


# ---- selectors -----------------------------------------------------------------------------------------------------


def exact_labels(pods: Sequence[Pod], world: World) -> dict[str, str]:
    """The fewest labels that select these pods of one namespace, and none that any labels of theirs can leave out.

    Replicas that differ in nothing that lasts are selected together: no rule can mean one of them. Keys that policies
    of the cluster use already come first: its people know them.
    """
    common = {
        key: value
        for key, value in pods[0].labels.items()
        if key not in VOLATILE and all(pod.labels.get(key) == value for pod in pods)
    }
    there = [pod for pod in world.pods_in(pods[0].namespace) if not pod.host_network]
    others = [pod for pod in there if not common.items() <= pod.labels.items()]
    used = world.engine.universe.label_keys
    keys = sorted(common, key=lambda key: (key not in used, _LIKED.index(key) if key in _LIKED else len(_LIKED), key))
    for size in range(min(_MOST_LABELS, len(keys)) + 1):
        for chosen in combinations(keys[:8], size):
            labels = {key: common[key] for key in chosen}
            if not any(labels.items() <= pod.labels.items() for pod in others):
                return labels or _some(common, keys)
    return common


def _some(common: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """One label where none is needed yet: the next pod of the namespace shouldn't be meant too."""
    return {keys[0]: common[keys[0]]} if keys else {}


def values_selector(pods: Sequence[Pod], world: World) -> Body | None:
    """A selector of these pods of one namespace by the values of one label; ``None`` where it selects others, too."""
    meant = {key_of(pod) for pod in pods}
    others = [pod for pod in world.pods_in(pods[0].namespace) if key_of(pod) not in meant and not pod.host_network]
    used = world.engine.universe.label_keys
    common = set.intersection(*(set(pod.labels) for pod in pods)) - VOLATILE
    for key in sorted(common, key=lambda key: (key not in used, _LIKED.index(key) if key in _LIKED else len(_LIKED))):
        values = {pod.labels[key] for pod in pods}
        if not any(pod.labels.get(key) in values for pod in others):
            if len(values) == 1:
                return match_labels({key: values.pop()})
            return {"matchExpressions": [{"key": key, "operator": "In", "values": sorted(values)}]}
    return None


def match_labels(labels: Mapping[str, str]) -> Body:
    """A selector of these labels; of everything for none."""
    return {"matchLabels": dict(labels)} if labels else {}


def namespace_selector(name: str) -> Body:
    """The selector of one namespace, by the label that every API server sets."""
    return match_labels({NAMESPACE_NAME_LABEL: name})


def groups_of(pods: Iterable[Pod], world: World) -> Iterator[tuple[str, dict[str, str]]]:
    """Namespaces and labels that together select these pods: by namespace where that is exact, else by workload."""
    by_namespace: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        by_namespace[pod.namespace].append(pod)
    for namespace, members in by_namespace.items():
        labels = exact_labels(members, world)
        if labels and _selects_only(labels, members, world):
            yield namespace, labels
            continue
        by_workload: dict[str, list[Pod]] = defaultdict(list)
        for pod in members:
            by_workload[str(pod.workload)].append(pod)
        for same in by_workload.values():
            yield namespace, exact_labels(same, world)


def _selects_only(labels: Mapping[str, str], pods: Sequence[Pod], world: World) -> bool:
    meant = {id(pod) for pod in pods}
    return all(
        id(pod) in meant or pod.host_network or not labels.items() <= pod.labels.items()
        for pod in world.pods_in(pods[0].namespace)
    )


# ---- peers and ports -----------------------------------------------------------------------------------------------


def network_policy_peers(ends: Sequence[Endpoint], namespace: str, world: World) -> list[Body] | None:
    """Entries of ``from`` or ``to`` of a NetworkPolicy; ``None`` where an end can't be named (no address)."""
    addresses = _addresses(ends)
    if addresses is None:
        return None
    peers: list[Body] = []
    for place, labels in groups_of(_selectable(ends), world):
        peer: Body = {} if place == namespace else {"namespaceSelector": namespace_selector(place)}
        if labels or place == namespace:
            peer["podSelector"] = match_labels(labels)
        peers.append(peer)
    return peers + [{"ipBlock": {"cidr": cidr}} for cidr in addresses]


def tiered_peers(ends: Sequence[Endpoint], direction: Direction, world: World) -> list[Body] | None:
    """Peers of the cluster-scoped APIs; ``None`` where one can't be named: an address, for ingress."""
    addresses = _addresses(ends)
    if addresses is None or (addresses and direction is Direction.INGRESS):
        return None
    peers: list[Body] = [tiered_pods(place, labels) for place, labels in groups_of(_selectable(ends), world)]
    return peers + ([{"networks": addresses}] if addresses else [])


def tiered_pods(namespace: str, labels: Mapping[str, str]) -> Body:
    """Pods as a subject or peer of the cluster-scoped APIs."""
    return {"pods": {"namespaceSelector": namespace_selector(namespace), "podSelector": match_labels(labels)}}


def network_policy_ports(ports: Iterable[Port]) -> list[Body]:
    """Entries of ``ports`` of a NetworkPolicy."""
    return [{"protocol": str(protocol), "port": number} for protocol, number in ports]


def tiered_ports(ref: ObjectRef, ports: Iterable[Port]) -> tuple[str, list[Body]]:
    """The field of a rule that holds ports in this API, and its entries."""
    if ref.kind == CLUSTER_NETWORK_POLICY:
        return "protocols", [{str(p).lower(): {"destinationPort": {"number": number}}} for p, number in ports]
    return "ports", [{"portNumber": {"protocol": str(protocol), "port": number}} for protocol, number in ports]


def _selectable(ends: Iterable[Endpoint]) -> list[Pod]:
    return [end for end in ends if isinstance(end, Pod) and not end.host_network]


def _addresses(ends: Iterable[Endpoint]) -> list[str] | None:
    found: dict[str, None] = {}
    for end in ends:
        if isinstance(end, Pod):
            if not end.host_network:
                continue
            if not end.addresses:
                return None
        addresses = end.addresses if isinstance(end, Pod) else (end.address,)
        found.update((f"{format_address(each)}/{32 if each <= V4_MAX else 128}", None) for each in addresses)
    return list(found)


# ---- names ---------------------------------------------------------------------------------------------------------


def object_name(verb: str, source: str, destination: str, taken: Iterable[str]) -> str:
    """A name for a new policy that says what it is for, and that no other has (RFC 1123, at most 63 characters)."""
    text = f"{verb}-{_plain(source)}-to-{_plain(destination)}"
    return free_name(text, taken)


def free_name(text: str, taken: Iterable[str]) -> str:
    """The text as a name that none of ``taken`` is."""
    base = text[:58].strip("-.")
    used = frozenset(taken)
    name, number = base, 2
    while name in used:
        name, number = f"{base}-{number}", number + 1
    return name


def _plain(text: str) -> str:
    last = text.rsplit("/", 1)[-1].removeprefix("service:")
    return re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-") or "any"
