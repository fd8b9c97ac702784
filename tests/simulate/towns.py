"""Small clusters for simulated traffic, from manifests."""

from __future__ import annotations

import textwrap
from pathlib import Path

from ringfence.cluster import Cluster, load
from ringfence.simulate import Plan, Simulation, simulate

QUIET = Plan(seed=3, hours=6, rate=20, random_calls=0, random_names=0, rollouts=0, scanners=0, platform=False)
"""Nothing but what the manifests show."""

TOWN = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web
          ports: [{containerPort: 8080, name: http}]
          env:
            - {name: CART_URL, value: "http://cart:80"}
            - {name: PAY_URL, value: "https://api.pay.example:443"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
        - name: cart
          image: cart
          ports: [{containerPort: 8080, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector: {app: cart}
  ports: [{port: 80, targetPort: http}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: "0 2 * * *"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: nightly}}
        spec:
          containers:
            - name: nightly
              image: nightly
              env: [{name: CART_URL, value: "http://cart:80"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  replicas: 2
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      containers:
        - name: coredns
          image: coredns
          ports: [{containerPort: 8053, name: dns, protocol: UDP}, {containerPort: 8053, name: dns-tcp}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: 10.96.0.10
  selector: {k8s-app: kube-dns}
  ports:
    - {name: dns, port: 53, protocol: UDP, targetPort: dns}
    - {name: dns-tcp, port: 53, targetPort: dns-tcp}
"""

DENY_CART = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: other}}}]
"""

NO_DNS = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress]}
"""


def town(tmp_path: Path, more: str = "") -> Cluster:
    """The shop, with more manifests."""
    path = tmp_path / "town.yaml"
    path.write_text(textwrap.dedent(TOWN) + textwrap.dedent(more))
    return load(str(path))


def simulated(cluster: Cluster, plan: Plan = QUIET) -> Simulation:
    """Traffic over a cluster with its own policies."""
    return simulate(cluster.snapshot, cluster.engine, plan)
