"""The API server can't reach an admission webhook.

## What it does

Finds webhooks, and aggregated APIs, whose pods let in nothing that may be the API server on their port: not the nodes
of the input, and where these are not given, no address outside the cluster's pods at all.

## Why it matters

The API server is of the host network, or outside the cluster: no selector matches it. A webhook that it can't reach
makes every request fail that it is asked about, or lets all of them pass, as its failure policy says.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: hook-0, namespace: policy, labels: {app: hook}}
spec: {containers: [{name: hook, image: hook, ports: [{containerPort: 8443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: hook, namespace: policy}
spec: {selector: {app: hook}, ports: [{port: 443, targetPort: 8443}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks:
- name: hook.example.com
  clientConfig: {service: {name: hook, namespace: policy}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: policy}
spec:
  podSelector: {}
  policyTypes: [Ingress]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: hook-0, namespace: policy, labels: {app: hook}}
spec: {containers: [{name: hook, image: hook, ports: [{containerPort: 8443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: hook, namespace: policy}
spec: {selector: {app: hook}, ports: [{port: 443, targetPort: 8443}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks:
- name: hook.example.com
  clientConfig: {service: {name: hook, namespace: policy}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: hook, namespace: policy}
spec:
  podSelector: {}
  ingress:
  - ports: [{port: 8443}]
```

## Fix safety

There is no automatic fix: from which address the API server calls, depends on the cluster.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.api_server import control_plane
from ringfence.lint.blame import Roots, blame
from ringfence.lint.context import LintContext
from ringfence.lint.groups import possible_groups
from ringfence.lint.naming import some
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.codes import WEBHOOK_CUT
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod, Service
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.references import ServiceUse
from ringfence.model.verdict import AddressEndpoint

_HTTPS = 443


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with the webhooks that it cuts."""
    callers = _callers(context)
    roots: Roots[ServiceUse] = Roots()
    for use in context.survey.webhooks:
        for service in context.snapshot.services:
            if (service.namespace, service.name) != (use.namespace, use.service):
                continue
            for pod, port in _targets(context, service, use):
                if not _lets_in(context, pod, port, callers):
                    end = AddressEndpoint(callers.intervals[0][0] if callers else parse_address("192.0.2.1"))
                    verdict = context.engine.verdict(end, pod, Protocol.TCP, port, misses=False)
                    cause = blame(context, verdict)
                    if cause is not None:
                        roots.add(cause, [use])
    for cause, uses in roots.items():
        names = some(str(use.user) for use in uses)
        yield Finding(
            WEBHOOK_CUT,
            f"{cause.ref} keeps the API server from the pods that {names} {'calls' if len(uses) == 1 else 'call'}.",
            cause.origin,
            cause.ref,
            "The API server is of the host network or outside: no selector matches it.",
            "Allow the pods' port from the addresses of the API server, or from anywhere.",
            tuple(f"{use.user} → Service {use.namespace}/{use.service}" for use in uses),
        )


def _callers(context: LintContext) -> AddressSet:
    """The addresses that the API server may have: those of its pods, of control-plane nodes, or of any node."""
    pods = [address for pod in context.survey.api_servers for address in pod.addresses]
    leading = control_plane(context) or context.snapshot.nodes
    addresses = pods or [address for node in leading for address in node.addresses]
    return AddressSet.of((address, address) for address in addresses)


def _targets(context: LintContext, service: Service, use: ServiceUse) -> Iterator[tuple[Pod, int]]:
    wanted = _HTTPS if use.port is None else use.port
    for port in service.ports:
        if wanted in (port.port, port.name) and port.protocol is Protocol.TCP:
            for pod in context.backends(service):
                number = port.target_on(pod)
                if number is not None:
                    yield pod, number


def _lets_in(context: LintContext, pod: Pod, port: int, callers: AddressSet) -> bool:
    group = context.once(possible_groups).ingress_of[context.engine.atom(pod)]
    allowed = group.addresses(PortSet.point(Protocol.TCP, port))
    return bool(allowed & callers) if callers else bool(allowed)
