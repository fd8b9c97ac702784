"""A cluster of a thousand workloads that answer one another on ports that depend on who asks."""

from __future__ import annotations

import io
import json
from typing import Any

from ringfence.server.source import Loaded

SPACES = 20
EACH = 50


def many() -> Loaded:
    """Twenty namespaces of fifty pods. Each namespace lets three others in, on one port of four."""
    objects: list[dict[str, Any]] = []
    for space in range(SPACES):
        name = f"space-{space:02}"
        objects.append(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"n": str(space)}}}
        )
        for number in range(EACH):
            labels = {"app": f"app-{number:02}", "odd": str(number % 2)}
            metadata = {"name": f"app-{number:02}", "namespace": name, "labels": labels}
            objects.append({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": []}})
        peers = [
            {
                "namespaceSelector": {"matchLabels": {"n": str((space + step) % SPACES)}},
                "podSelector": {"matchLabels": odd},
            }
            for step, odd in ((1, {}), (2, {"odd": "1"}), (7, {"app": "app-07"}))
        ]
        ports = [{"port": (80, 443, 5432, 8080)[space % 4]}]
        spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": peers, "ports": ports}]}
        metadata = {"name": "guard", "namespace": name}
        objects.append(
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
        )
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    return Loaded(["-"], stdin=io.BytesIO(text.encode()))
