"""Manifests in one line each, as these tests and those of the diagnosis need them."""

from __future__ import annotations

import json
from typing import Any

from ringfence.survey import Survey, survey
from tests.sources.loading import load_text

Json = dict[str, Any]


def deployment(
    name: str,
    namespace: str = "shop",
    *,
    labels: dict[str, str] | None = None,
    ports: dict[str, int] | None = None,
    env: dict[str, str] | None = None,
    kind: str = "Deployment",
    **spec: Any,
) -> Json:
    """A workload with one container; its label is ``app: name`` unless given."""
    container = {
        "name": "c",
        "ports": [
            {"name": key, "containerPort": number, "protocol": "UDP" if key.endswith("udp") else "TCP"}
            for key, number in (ports or {}).items()
        ],
        "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
    }
    container.update(spec.pop("container", {}))
    template = {"metadata": {"labels": labels or {"app": name}}, "spec": {"containers": [container], **spec}}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": template}}


def service(name: str, namespace: str = "shop", *, selector: dict[str, str] | None = None, **spec: Any) -> Json:
    """A Service for the pods with ``app: name``, port 80 unless given."""
    body = {"selector": selector or {"app": name}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": body}


def namespace(name: str, **labels: str) -> Json:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def dns_pods(
    port: int = 53, *, where: str = "kube-system", labels: dict[str, str] | None = None, name: str = "kube-dns"
) -> list[Json]:
    """CoreDNS and its Service on 53; ``port`` is the pods' own."""
    chosen = labels or {"k8s-app": "kube-dns"}
    ports = [
        {"name": "dns-udp", "protocol": "UDP", "port": 53, "targetPort": "dns-udp"},
        {"name": "dns-tcp", "protocol": "TCP", "port": 53, "targetPort": "dns-tcp"},
    ]
    pods = deployment("coredns", where, labels=chosen, ports={"dns-udp": port, "dns-tcp": port})
    return [pods, service(name, where, selector=chosen, ports=ports)]


def written(*objects: Json) -> str:
    """The objects as one list."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def surveyed(*objects: Json) -> Survey:
    """The survey of the objects."""
    return survey(load_text(written(*objects)))
