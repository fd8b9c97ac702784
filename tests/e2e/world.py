"""Namespaces of a test's own in a real cluster: made, asked about, and taken away again whatever happens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ringfence.live.connection import Connection, connect
from ringfence.live.target import Target

Object = dict[str, Any]

OWNER = "ringfence-e2e"
LABEL = "app.kubernetes.io/managed-by"
"""What the namespaces of these tests bear, so that they can be told: ``kubectl get ns -l …=ringfence-e2e``."""


@dataclass(frozen=True)
class World:
    """Two namespaces with pods that no scheduler takes: policies are about them too, and no image is pulled."""

    connection: Connection
    kubeconfig: str
    context: str
    shop: str
    data: str

    @property
    def options(self) -> list[str]:
        """The options that mean this cluster, and of it these namespaces alone."""
        return [
            "--kubeconfig",
            self.kubeconfig,
            "--context",
            self.context,
            "--live-namespaces",
            f"{self.shop},{self.data}",
        ]

    @property
    def path(self) -> str:
        """The same as a path."""
        return str(Target(self.context, self.kubeconfig, (self.shop, self.data)))

    def create(self, path: str, item: Object) -> None:
        """Makes an object; a namespace's first moments, in which it may not, are waited for."""
        for _ in range(60):
            answer = self.connection.client.post(path, json=item)
            if answer.status_code not in (403, 404, 429, 500, 503):
                break
            time.sleep(0.5)
        assert answer.status_code == 201, answer.text

    def apply(self, policy: Object) -> None:
        """Makes a NetworkPolicy in its namespace."""
        self.create(f"{POLICIES}/{policy['metadata']['namespace']}/networkpolicies", policy)

    def delete(self, namespace: str, name: str) -> None:
        """Takes a NetworkPolicy away."""
        answer = self.connection.client.delete(f"{POLICIES}/{namespace}/networkpolicies/{name}")
        assert answer.status_code == 200, answer.text


POLICIES = "/apis/networking.k8s.io/v1/namespaces"


def pod(namespace: str, app: str, port: int) -> Object:
    """A pod that stays pending, and would be admitted under the restricted profile of Pod Security."""
    security = {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": app,
        "image": "registry.k8s.io/pause:3.10",
        "ports": [{"containerPort": port}],
        "securityContext": security,
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "1m", "memory": "8Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": app, "namespace": namespace, "labels": {"app": app}},
        "spec": {
            "schedulerName": "nobody",
            "serviceAccountName": OWNER,
            "automountServiceAccountToken": False,
            "containers": [container],
        },
    }


def policy(namespace: str, name: str, selected: str, admitted: Object | None, port: int = 0) -> Object:
    """Pods of one app admit a peer, at one port or all; nobody where there is no peer."""
    rule: Object = {"from": [admitted], **({"ports": [{"protocol": "TCP", "port": port}]} if port else {})}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "podSelector": {"matchLabels": {"app": selected}},
            "policyTypes": ["Ingress"],
            "ingress": [rule] if admitted is not None else [],
        },
    }


@contextmanager
def world(kubeconfig: str, context: str) -> Iterator[World]:
    """The namespaces ``…-shop`` (web, api) and ``…-data`` (db): web may reach api, and db at 5432; nobody more."""
    name = f"{OWNER}-{secrets.token_hex(4)}"
    with connect(Target(context, kubeconfig)) as connection:
        made = World(connection, kubeconfig, connection.name, f"{name}-shop", f"{name}-data")
        try:
            for namespace in (made.shop, made.data):
                metadata = {"name": namespace, "labels": {LABEL: OWNER, "kubernetes.io/metadata.name": namespace}}
                made.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
                account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": OWNER}}
                made.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", account)
            for namespace, app, port in ((made.shop, "web", 8080), (made.shop, "api", 8080), (made.data, "db", 5432)):
                made.create(f"/api/v1/namespaces/{namespace}/pods", pod(namespace, app, port))
            web = {"podSelector": {"matchLabels": {"app": "web"}}}
            shop = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": made.shop}}}
            made.apply(policy(made.shop, "api", "api", web))
            made.apply(policy(made.shop, "web", "web", None))
            made.apply(policy(made.data, "db", "db", {**shop, **web}, 5432))
            yield made
        finally:
            for namespace in (made.shop, made.data):
                answer = connection.client.delete(f"/api/v1/namespaces/{namespace}")
                assert answer.status_code in (200, 202, 404), answer.text
