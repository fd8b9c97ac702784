"""Small clusters by hand, without the loader: pods in one line each, policies in YAML with positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from ringfence.model.addresses import parse_address
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace, Node, Pod, RawObject, Snapshot, WorkloadRef
from ringfence.model.origin import ObjectRef, Position
from ringfence.model.ports import ContainerPort, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint

CLUSTER_SCOPED = {
    "ClusterNetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CiliumClusterwideNetworkPolicy",
    "CiliumCIDRGroup",
    "GlobalNetworkPolicy",
    "Tier",
}
FILE = "policies.yaml"


@dataclass(frozen=True)
class YamlMap:
    """The place of every value and key of one document."""

    values: Mapping[tuple[str | int, ...], tuple[int, int]]
    keys: Mapping[tuple[str | int, ...], tuple[int, int]]

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:
        table = self.keys if key and path in self.keys else self.values
        while path and path not in table:
            path, table = path[:-1], self.values
        return Position(FILE, *table[path])


def raw_objects(text: str) -> tuple[RawObject, ...]:
    """Every document of ``text`` as the loader would hand it to the dialects."""
    found = []
    for tree in yaml.compose_all(text, yaml.SafeLoader):
        values: dict[tuple[str | int, ...], tuple[int, int]] = {}
        keys: dict[tuple[str | int, ...], tuple[int, int]] = {}
        _walk(tree, (), values, keys)
        body: dict[str, Any] = yaml.SafeLoader("").construct_document(tree)
        found.append(RawObject(ref_of(body), body, YamlMap(values, keys)))
    return tuple(found)


@dataclass(frozen=True)
class NoMap:
    """For bodies that were never text."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:
        return Position(FILE)


def snapshot_with(snapshot: Snapshot, bodies: Iterable[Mapping[str, Any]]) -> Snapshot:
    """The snapshot with policies given as plain data."""
    return replace(snapshot, policies=tuple(RawObject(ref_of(body), body, NoMap()) for body in bodies))


def ref_of(body: Mapping[str, Any]) -> ObjectRef:
    metadata = body.get("metadata") or {}
    namespace = "" if body["kind"] in CLUSTER_SCOPED else metadata.get("namespace", "default")
    return ObjectRef(body["kind"], metadata.get("name", ""), namespace, body["apiVersion"])


def _walk(
    node: Any,
    path: tuple[str | int, ...],
    values: dict[tuple[str | int, ...], tuple[int, int]],
    keys: dict[tuple[str | int, ...], tuple[int, int]],
) -> None:
    values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            keys[*path, key.value] = (key.start_mark.line + 1, key.start_mark.column + 1)
            _walk(value, (*path, key.value), values, keys)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*path, index), values, keys)


def labels(text: str) -> dict[str, str]:
    """``"app=web tier=front"`` as a label set."""
    return dict(pair.split("=", 1) for pair in text.split())


def pod(
    place: str,
    labelled: str = "",
    *,
    ip: str = "",
    ports: str = "",
    node: str = "",
    host: bool = False,
    planned: bool = False,
) -> Pod:
    """A pod at ``namespace/name``. ``ip`` holds addresses, ``ports`` entries like ``http:8080 dns:53/UDP``."""
    namespace, name = place.split("/")
    entries = []
    for entry in ports.split():
        number, _, protocol = entry.rpartition(":")[2].partition("/")
        entries.append(ContainerPort(entry.rpartition(":")[0], Protocol[protocol or "TCP"], int(number)))
    return Pod(
        namespace,
        "" if planned else name,
        labels(labelled),
        WorkloadRef(namespace, "Deployment" if planned else "Pod", name),
        tuple(parse_address(text) for text in ip.split()),
        tuple(entries),
        host_network=host,
        node=node,
        planned=planned,
    )


def node(name: str, labelled: str = "", *, ip: str = "") -> Node:
    """A node with these addresses."""
    return Node(name, labels(labelled), tuple(parse_address(text) for text in ip.split()))


def address(text: str) -> AddressEndpoint:
    """An address that is no pod's."""
    return AddressEndpoint(parse_address(text))


def cluster(
    pods: Iterable[Pod],
    policies: str = "",
    *,
    namespaces: Mapping[str, str] | None = None,
    nodes: Iterable[Node] = (),
) -> Snapshot:
    """A snapshot; ``namespaces`` gives labels, and every namespace in use exists with its name label."""
    members = tuple(pods)
    raws = raw_objects(policies) if policies.strip() else ()
    given = namespaces or {}
    names = {*given, *(pod.namespace for pod in members), *(raw.ref.namespace for raw in raws if raw.ref.namespace)}
    return Snapshot(
        {name: Namespace(name, {NAMESPACE_NAME_LABEL: name, **labels(given.get(name, ""))}) for name in sorted(names)},
        members,
        nodes=tuple(nodes),
        policies=raws,
    )


def endpoint(snapshot: Snapshot, text: str) -> Endpoint:
    """``namespace/pod`` (or a planned pod by ``namespace/workload``), or an address."""
    for candidate in snapshot.pods:
        if f"{candidate.namespace}/{candidate.name or candidate.workload.name}" == text:
            return candidate
    found = address(text)
    names = [node.name for node in snapshot.nodes if found.address in node.addresses]
    return AddressEndpoint(found.address, names[0] if names else "")
