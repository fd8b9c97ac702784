"""A planned cluster as files: the answer of ``kubectl get -o json``, and manifests in YAML."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.plan import Plan, PlannedPod, Workload, node_address, node_name

Body = dict[str, Any]
_CREATED = "2025-11-03T08:14:27Z"


def write_json(plan: Plan, path: Path) -> None:
    """One ``List`` of namespaces, nodes, pods, services and policies, as ``kubectl get … -A -o json`` prints it.

    A pod weighs about 3.6 kB, with the spec and status that an API server fills in.
    """
    rng = random.Random(f"{plan.seed} noise")
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as out:
        out.write(b'{"apiVersion":"v1","items":[\n')
        for place, body in enumerate(_objects(plan, rng)):
            out.write((b",\n" if place else b"") + encode(body))
        out.write(b'\n],"kind":"List","metadata":{"resourceVersion":""}}\n')


def write_yaml(plan: Plan, path: Path, *, most: int | None = None) -> None:
    """Namespaces, workloads, services and policies as documents of one file, as teams keep them in a repository.

    With ``most`` only so many documents, half of them policies.
    """
    bodies: Iterable[Body] = _manifests(plan)
    if most is not None:
        objects = [body for body in bodies if body["kind"] != "NetworkPolicy"][: most - most // 2]
        bodies = [*objects, *plan.policies[: most // 2]]
    with path.open("w", encoding="utf-8") as out:
        for body in bodies:
            out.write("---\n")
            out.writelines(_lines(body, ""))


def _objects(plan: Plan, rng: random.Random) -> Iterator[Body]:
    for name, labels in plan.namespaces.items():
        yield _meta("v1", "Namespace", name, labels=labels, rng=rng) | {"status": {"phase": "Active"}}
    for number in range(plan.nodes):
        addresses = [
            {"address": node_address(number), "type": "InternalIP"},
            {"address": node_name(number), "type": "Hostname"},
        ]
        labels = {"kubernetes.io/hostname": node_name(number), "kubernetes.io/os": "linux"}
        yield _meta("v1", "Node", node_name(number), labels=labels, rng=rng) | {"status": {"addresses": addresses}}
    for pod in plan.pods:
        yield _pod(pod, rng)
    for workload in plan.workloads:
        if workload.kind != "DaemonSet":
            yield _service(workload) | {"status": {"loadBalancer": {}}}
    yield from plan.policies


def _meta(
    api: str,
    kind: str,
    name: str,
    namespace: str = "",
    labels: Any = None,
    rng: random.Random | None = None,
) -> Body:
    metadata: Body = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    if rng is not None:
        metadata |= {"creationTimestamp": _CREATED, "resourceVersion": str(rng.randrange(10**8)), "uid": _uid(rng)}
    return {"apiVersion": api, "kind": kind, "metadata": metadata}


def _uid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _owner(pod: PlannedPod, rng: random.Random) -> Body:
    """A Deployment's pods are owned by its ReplicaSet, whose name says the Deployment's."""
    workload = pod.workload
    kind, name = workload.kind, workload.name
    if kind == "Deployment":
        kind, name = "ReplicaSet", f"{name}-{workload.labels['pod-template-hash']}"
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": name,
        "uid": _uid(rng),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _pod(pod: PlannedPod, rng: random.Random) -> Body:
    workload = pod.workload
    body = _meta("v1", "Pod", pod.name, workload.namespace, pod.labels, rng)
    body["metadata"] |= {
        "generateName": pod.name.rpartition("-")[0] + "-",
        "ownerReferences": [_owner(pod, rng)],
        "annotations": {
            "prometheus.io/scrape": "true",
            "meta.helm.sh/release-name": workload.name,
        },
    }
    image = f"registry.example.com/{workload.namespace}/{workload.name}:{workload.labels.get('version', 'v1.0')}"
    token = f"kube-api-access-{rng.randrange(10**5)}"
    spec = _spec(workload, image) | {
        "dnsPolicy": "ClusterFirst",
        "nodeName": node_name(pod.node),
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "serviceAccount": workload.name,
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {
                "effect": "NoExecute",
                "key": f"node.kubernetes.io/{taint}",
                "operator": "Exists",
                "tolerationSeconds": 300,
            }
            for taint in ("not-ready", "unreachable")
        ],
        "volumes": [
            {
                "name": token,
                "projected": {
                    "defaultMode": 420,
                    "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
                    ],
                },
            }
        ],
    }
    spec["containers"][0] |= {
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": token}],
    }
    return body | {"spec": spec, "status": _status(pod, image, rng)}


def _spec(workload: Workload, image: str) -> Body:
    """The part of a pod's specification that its author writes."""
    ports = [{"containerPort": port.number, "name": port.name, "protocol": port.protocol} for port in workload.ports]
    probe = {"httpGet": {"path": "/healthz", "port": ports[0]["name"], "scheme": "HTTP"}, "periodSeconds": 10}
    container: Body = {
        "name": workload.name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": ports,
        "env": [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}},
            {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"key": "url", "name": f"{workload.name}-db"}}},
        ],
        "livenessProbe": probe,
        "readinessProbe": probe | {"failureThreshold": 3},
        "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec: Body = {"containers": [container], "serviceAccountName": workload.name}
    if workload.host_network:
        spec["hostNetwork"] = True
    return spec


def _status(pod: PlannedPod, image: str, rng: random.Random) -> Body:
    conditions = [
        {"lastTransitionTime": _CREATED, "status": "True", "type": kind}
        for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    running = {
        "image": image,
        "imageID": f"sha256:{rng.getrandbits(256):064x}",
        "lastState": {},
        "name": pod.workload.name,
        "ready": True,
        "restartCount": 0,
        "started": True,
        "state": {"running": {"startedAt": _CREATED}},
    }
    return {
        "conditions": conditions,
        "containerStatuses": [running],
        "hostIP": node_address(pod.node),
        "phase": "Running",
        "podIP": pod.addresses[0],
        "podIPs": [{"ip": address} for address in pod.addresses],
        "qosClass": "Burstable",
        "startTime": _CREATED,
    }


def _service(workload: Workload) -> Body:
    ports = [
        {"name": port.name, "port": port.number, "protocol": port.protocol, "targetPort": port.name}
        for port in workload.ports
    ]
    spec = {"ports": ports, "selector": {"app": workload.labels["app"]}, "type": "ClusterIP"}
    return _meta("v1", "Service", workload.name, workload.namespace) | {"spec": spec}


def _manifests(plan: Plan) -> Iterator[Body]:
    for name, labels in plan.namespaces.items():
        yield _meta("v1", "Namespace", name, labels=labels)
    for workload in plan.workloads:
        labels = {key: value for key, value in workload.labels.items() if not key.endswith("-hash")}
        template = {
            "metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true"}},
            "spec": _spec(workload, f"registry.example.com/{workload.namespace}/{workload.name}:v1"),
        }
        spec: Body = {"selector": {"matchLabels": {"app": workload.labels["app"]}}, "template": template}
        if workload.kind != "DaemonSet":
            spec = {"replicas": workload.replicas} | spec
        if workload.kind == "StatefulSet":
            spec["serviceName"] = workload.name
        yield _meta("apps/v1", workload.kind, workload.name, workload.namespace, labels) | {"spec": spec}
        if workload.kind != "DaemonSet":
            yield _service(workload)
    yield from plan.policies


_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_NOT_STRINGS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_STRINGS:
        return value
    return msgspec.json.encode(value).decode()


def _lines(value: Body, indent: str) -> Iterator[str]:
    """A mapping in block style, lists not indented, as kubectl writes it. PyYAML's dumper takes a minute for 20 MiB."""
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield f"{indent}{_scalar(key)}:\n"
            yield from _lines(inner, indent + "  ")
        elif isinstance(inner, Sequence) and not isinstance(inner, str) and inner:
            yield f"{indent}{_scalar(key)}:\n"
            for item in inner:
                if isinstance(item, dict) and item:
                    first, *rest = _lines(item, indent + "  ")
                    yield f"{indent}- {first.lstrip()}"
                    yield from rest
                else:
                    yield f"{indent}- {_scalar(item)}\n"
        else:
            yield f"{indent}{_scalar(key)}: {_scalar(inner)}\n"
