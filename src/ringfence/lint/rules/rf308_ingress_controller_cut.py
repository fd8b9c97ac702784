"""The ingress controller can't reach what an Ingress sends to.

## What it does

Finds Ingress objects whose Service the ingress controllers of the cluster can't reach, on the port that its pods
listen on.

## Why it matters

The controller answers 502 or 504 to everyone outside, though the pods are healthy.

## Example

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: ingress-nginx}}
  template:
    metadata: {labels: {app.kubernetes.io/name: ingress-nginx}}
    spec: {containers: [{name: controller, image: controller}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from: [{podSelector: {}}]
```

## Use instead

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: ingress-nginx}}
  template:
    metadata: {labels: {app.kubernetes.io/name: ingress-nginx}}
    spec: {containers: [{name: controller, image: controller}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}
    ports: [{port: 8080}]
```

## Fix safety

There is no automatic fix. `ringfence fix` proposes policies for one connection, each verified.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some
from ringfence.lint.needs import cuts
from ringfence.model.codes import INGRESS_CONTROLLER_CUT
from ringfence.model.finding import Finding
from ringfence.survey import DependencyKind


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with everything that it cuts."""
    for cause, found in cuts(context, DependencyKind.INGRESS).items():
        targets = [cut.dependency.target for cut in found]
        what = f"{cause.ref} keeps the ingress controller from {some(targets)}."
        yield Finding(
            INGRESS_CONTROLLER_CUT,
            what,
            cause.origin,
            cause.ref,
            "Whoever comes in through the Ingress gets an error.",
            "See why, and what would open it: ringfence why PATH SOURCE DESTINATION.",
            tuple(cut.text for cut in found),
        )
