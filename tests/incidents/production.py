"""A production of many services, as manifests: each calls some others, and some call providers outside by name."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

PROVIDERS = tuple(f"api.{name}.example" for name in ("pay", "mail", "maps", "tax", "ship", "risk", "push", "bank"))
_DNS_PORTS = (
    {"name": "dns", "port": 53, "targetPort": 53, "protocol": "UDP"},
    {"name": "dns-tcp", "port": 53, "targetPort": 53, "protocol": "TCP"},
)


def production(services: int, seed: int) -> str:
    """The manifests of namespace ``production``, and the cluster's DNS."""
    return yaml.safe_dump_all([*_dns(), *_services(services, Random(seed))])


def _services(count: int, rng: Random) -> Iterator[dict[str, Any]]:
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "production"}}
    for number in range(count):
        name = f"service-{number:03}"
        # Services call those with lower numbers, so that there is no circle.
        called = rng.sample(range(number), min(number, rng.randint(1, 3))) if number else []
        urls = {f"SERVICE_{other:03}_URL": f"http://service-{other:03}:80" for other in called}
        if rng.random() < 0.4:
            urls["PROVIDER_URL"] = f"https://{rng.choice(PROVIDERS)}:443/v1"
        env = [{"name": key, "value": value} for key, value in sorted(urls.items())]
        ports = [{"name": "http", "containerPort": 8080}]
        yield _deployment(name, "production", {"app": name}, ports, env)
        yield _service(name, "production", {"app": name}, [{"name": "http", "port": 80, "targetPort": "http"}])


def _dns() -> Iterator[dict[str, Any]]:
    labels = {"k8s-app": "kube-dns"}
    ports = [{"name": port["name"], "containerPort": 53, "protocol": port["protocol"]} for port in _DNS_PORTS]
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}
    yield _deployment("coredns", "kube-system", labels, ports, [])
    yield _service("kube-dns", "kube-system", labels, list(_DNS_PORTS))


def _deployment(
    name: str, namespace: str, labels: dict[str, str], ports: list[dict[str, Any]], env: list[dict[str, str]]
) -> dict[str, Any]:
    container = {"name": name, "image": f"registry.example.com/{name}:1", "ports": ports, "env": env}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _service(name: str, namespace: str, selector: dict[str, str], ports: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": selector, "ports": ports},
    }
