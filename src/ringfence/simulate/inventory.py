"""The cluster's objects at a moment of a simulation, as ``kubectl get -o json`` lists them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ringfence.model.addresses import format_address
from ringfence.model.objects import Namespace, Pod, Service
from ringfence.simulate.connection import Instance
from ringfence.simulate.roster import Roster
from ringfence.simulate.simulation import Simulation
from ringfence.simulate.truth import moment

_TOGETHER = 60.0
"""Changes that follow each other within so many seconds are one state."""


def states(simulation: Simulation) -> Iterator[tuple[float, str]]:
    """The cluster at the start and after each change of its pods, as JSON lists."""
    for time in [simulation.plan.start, *_moments(simulation.roster, simulation.plan.end)]:
        yield time, state(simulation, time)


def state(simulation: Simulation, time: float) -> str:
    """Namespaces, nodes, Services and the pods that were there, with what owns them."""
    here = list(simulation.roster.at(time))
    snapshot = simulation.snapshot
    items = [
        *(_namespace(one) for _, one in sorted(snapshot.namespaces.items())),
        *(_node(one.name, one.address) for one in simulation.roster.nodes),
        *(_service(one, simulation.service_address(one.namespace, one.name)) for one in snapshot.services),
        *_owners(here),
        *(_pod(one) for one in here),
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, separators=(",", ":")) + "\n"


def _moments(roster: Roster, end: float) -> list[float]:
    """The moments after which nothing changed for a while."""
    changes = [time for time in roster.changes() if time < end]
    return [one for one, after in pairwise((*changes, float("inf"))) if after - one > _TOGETHER]


def _namespace(one: Namespace) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": one.name, "labels": dict(one.labels)}}


def _node(name: str, address: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
    }


def _service(one: Service, address: str) -> dict[str, Any]:
    ports = [
        {
            **({"name": port.name} if port.name else {}),
            "protocol": str(port.protocol),
            "port": port.port,
            "targetPort": port.target,
        }
        for port in one.ports
    ]
    spec: dict[str, Any] = {"ports": ports, "clusterIP": address or "None"}
    if one.selector:
        spec["selector"] = dict(one.selector)
    if one.external_name:
        spec = {"type": "ExternalName", "externalName": one.external_name}
    metadata = {"name": one.name, "namespace": one.namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _owners(here: list[Instance]) -> Iterator[dict[str, Any]]:
    """ReplicaSets and Jobs, through which a pod belongs to its Deployment or CronJob."""
    seen = set()
    for one in here:
        pod = one.pod
        owner = _owner(pod)
        if owner is None or owner[1:] in seen or owner[0] not in ("ReplicaSet", "Job"):
            continue
        seen.add(owner[1:])
        kind, namespace, name = owner
        metadata: dict[str, Any] = {"name": name, "namespace": namespace}
        if pod.workload.kind != kind:
            group = "batch/v1" if kind == "Job" else "apps/v1"
            metadata["ownerReferences"] = [_reference(group, pod.workload.kind, pod.workload.name)]
        labels = dict(pod.labels)
        spec: dict[str, Any] = {"template": {"metadata": {"labels": labels}, "spec": {"containers": []}}}
        if kind == "ReplicaSet":
            spec["selector"] = {"matchLabels": labels}
        yield {
            "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
            "kind": kind,
            "metadata": metadata,
            "spec": spec,
        }


def _owner(pod: Pod) -> tuple[str, str, str] | None:
    """Kind, namespace and name of a pod's own owner, by the name that it gave the pod."""
    kind = pod.workload.kind
    if kind == "Pod":
        return None
    if kind == "Deployment":
        return "ReplicaSet", pod.namespace, pod.name.rpartition("-")[0]
    if kind == "CronJob":
        return "Job", pod.namespace, pod.name.rpartition("-")[0]
    return kind, pod.namespace, pod.workload.name


def _reference(group: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": group, "kind": kind, "name": name, "uid": f"{kind}-{name}".lower(), "controller": True}


def _pod(one: Instance) -> dict[str, Any]:
    pod = one.pod
    metadata: dict[str, Any] = {
        "name": pod.name,
        "namespace": pod.namespace,
        "labels": dict(pod.labels),
        "creationTimestamp": moment(one.start)[:19] + "Z",
    }
    owner = _owner(pod)
    if owner is not None:
        group = "batch/v1" if owner[0] == "Job" else "apps/v1"
        metadata["ownerReferences"] = [_reference(group, owner[0], owner[2])]
    ports = [
        {
            **({"name": port.name} if port.name else {}),
            "protocol": str(port.protocol),
            "containerPort": port.number,
        }
        for port in pod.ports
    ]
    addresses = [format_address(point) for point in pod.addresses]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "nodeName": pod.node,
            "serviceAccountName": pod.service_account,
            **({"hostNetwork": True} if pod.host_network else {}),
            "containers": [{"name": "main", "ports": ports}],
        },
        "status": {"phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": each} for each in addresses]},
    }
