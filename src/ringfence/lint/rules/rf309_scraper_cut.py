"""The collector of metrics can't reach pods that have metrics.

## What it does

Where the cluster has a collector of metrics such as Prometheus, finds pods with a port for metrics that no collector
can reach.

## Why it matters

The target is down in the collector, alerts on its metrics fall silent, and nobody is told why.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: prometheus-0, namespace: monitoring, labels: {app.kubernetes.io/name: prometheus}}
spec: {containers: [{name: prometheus, image: prometheus}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{name: metrics, containerPort: 9090}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: prometheus-0, namespace: monitoring, labels: {app.kubernetes.io/name: prometheus}}
spec: {containers: [{name: prometheus, image: prometheus}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{name: metrics, containerPort: 9090}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-scrape, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
    ports: [{port: metrics}]
```

## Fix safety

There is no automatic fix. `ringfence fix` proposes policies for one connection, each verified.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some
from ringfence.lint.needs import cuts
from ringfence.model.codes import SCRAPER_CUT
from ringfence.model.finding import Finding
from ringfence.survey import DependencyKind


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with everything that it cuts."""
    for cause, found in cuts(context, DependencyKind.SCRAPE).items():
        targets = [cut.dependency.target for cut in found]
        what = f"{cause.ref} keeps the collector of metrics from {some(targets)}."
        yield Finding(
            SCRAPER_CUT,
            what,
            cause.origin,
            cause.ref,
            "Alerts on metrics that don't arrive fall silent.",
            "See why, and what would open it: ringfence why PATH SOURCE DESTINATION.",
            tuple(cut.text for cut in found),
        )
