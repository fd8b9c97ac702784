"""Runs the command line in this process, on a small cluster written by hand.

``shop``: web-0 and web-1 (StatefulSet), api (a bare pod), cart (a Deployment without pods). ``data``: db-0, behind the
Service ``db`` (port 80 to container port ``pg``, 5432), guarded: only pods with ``tier: api`` of namespace shop reach
it, on ``pg``. shop's egress is free.
"""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from ringfence.cli import main

MANIFESTS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: data, labels: {kubernetes.io/metadata.name: data}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-0
  namespace: shop
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u1, controller: true}]
spec: {containers: [{name: c, image: web}]}
status: {phase: Running, podIP: 10.0.0.10, podIPs: [{ip: 10.0.0.10}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: web-1
  namespace: shop
  labels: {app: web, tier: api}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u1, controller: true}]
spec: {containers: [{name: c, image: web}]}
status: {phase: Running, podIP: 10.0.0.11, podIPs: [{ip: 10.0.0.11}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api, tier: api}}
spec: {containers: [{name: c, image: api, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.12, podIPs: [{ip: 10.0.0.12}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: c, image: cart, ports: [{containerPort: 7070}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: data, labels: {app: db}}
spec: {containers: [{name: c, image: pg, ports: [{name: pg, containerPort: 5432}]}]}
status: {phase: Running, podIP: 10.0.1.10, podIPs: [{ip: 10.0.1.10}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: data}
spec: {clusterIP: 10.96.0.5, selector: {app: db}, ports: [{name: sql, port: 80, targetPort: pg}]}
"""

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: db
  namespace: data
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
      podSelector: {matchLabels: {tier: api}}
    ports:
    - port: pg
"""

BROKEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: broken, namespace: shop}
spec: {podSelector: 7}
"""


def write(directory: Path, **files: str) -> str:
    """Writes the cluster, with more files by name, and returns the directory as an argument."""
    (directory / "cluster.yaml").write_text(MANIFESTS, encoding="utf-8")
    (directory / "policy.yaml").write_text(POLICY, encoding="utf-8")
    for name, text in files.items():
        (directory / f"{name}.yaml").write_text(text, encoding="utf-8")
    return str(directory)


def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """One command; an exception that escapes fails the test."""
    result = CliRunner().invoke(main, list(arguments), input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
