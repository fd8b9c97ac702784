"""A server with a small cluster, and a kubeconfig that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.apiserver import Object, Store, kubeconfig, serving


def pod(namespace: str, name: str, address: str, **labels: str) -> Object:
    """A running pod with one port."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    }


def namespace(name: str) -> Object:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def policy(space: str, name: str, selected: dict[str, str], admitted: dict[str, str]) -> Object:
    """Pods with the first labels admit pods with the second."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"namespace": space, "name": name},
        "spec": {
            "podSelector": {"matchLabels": selected},
            "ingress": [{"from": [{"podSelector": {"matchLabels": admitted}}]}],
        },
    }


@dataclass
class Live:
    """A running server."""

    store: Store
    server: str
    config: Path

    @property
    def path(self) -> str:
        """The path that means it."""
        return f"live:test?kubeconfig={self.config}&timeout=5"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """Two namespaces: shop/web may reach shop/api, shop/job may not, data/db stands alone."""
    store = Store()
    store.add(
        namespace("shop"),
        namespace("data"),
        pod("shop", "web", "10.0.0.1", app="web"),
        pod("shop", "api", "10.0.0.2", app="api"),
        pod("shop", "job", "10.0.0.3", app="job"),
        pod("data", "db", "10.0.0.4", app="db"),
        policy("shop", "api", {"app": "api"}, {"app": "web"}),
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": "shop", "name": "password"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "settings"}},
    )
    with serving(store) as server:
        yield Live(store, server, kubeconfig(tmp_path / "config", server))
