"""A policy cuts a connection that a workload is configured to make.

## What it does

Finds workloads whose environment, arguments or ConfigMaps name a Service that the policies keep them from, on the
ports that its pods listen on. Findings are by policy: one default deny that cuts forty dependencies is one finding
that lists them.

## Why it matters

The workload is told to call the Service and can't: it fails at the start, or at the first request that needs it.

## Example

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        env: [{name: API_URL, value: "http://api.shop:80"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress: []
```

## Use instead

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        env: [{name: API_URL, value: "http://api.shop:80"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, image: api, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
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
from ringfence.model.codes import DEPENDENCY_CUT
from ringfence.model.finding import Finding
from ringfence.survey import DependencyKind


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with everything that it cuts."""
    for cause, found in cuts(context, DependencyKind.TEXT, DependencyKind.WANTED).items():
        ends = [f"{cut.dependency.source} from {cut.dependency.target}" for cut in found]
        what = f"{cause.ref} cuts {some(ends)}."
        yield Finding(
            DEPENDENCY_CUT,
            what,
            cause.origin,
            cause.ref,
            "The workloads are configured to call what they can't reach.",
            "See why, and what would open it: ringfence why PATH SOURCE DESTINATION.",
            tuple(cut.text for cut in found),
        )
