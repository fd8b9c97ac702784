"""A request as GKE's FQDNNetworkPolicy, with a NetworkPolicy beside it for DNS, addresses and Services.

Source: Google Kubernetes Engine, "Control Pod egress traffic using FQDN network policies".
"""

from __future__ import annotations

from typing import Any

from ringfence.egress.metadata import metadata
from ringfence.egress.names import spelt
from ringfence.egress.plan import Plan
from ringfence.egress.request import Wild
from ringfence.egress.single_ports import single_ports
from ringfence.egress.write_network_policy import policy
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.generate.targets import pod_selector
from ringfence.model.name_patterns import NameSyntax

Json = dict[str, Any]


def write_gke(given: Given, plan: Plan) -> tuple[Manifest, ...]:
    """The policy by name, and the NetworkPolicy that isolates the pods and lets them ask for names."""
    others = tuple(grant for grant in plan.grants if grant.name is None)
    beside = policy(given, plan, others)
    if not plan.named:
        return (beside,)
    rules: list[Json] = []
    notes: dict[tuple[str | int, ...], str] = {}
    for grant in plan.named:
        if grant.name is None:
            continue
        key = "name" if grant.name.wild is Wild.NONE else "pattern"
        notes["spec", "egress", len(rules)] = grant.text + (f": {grant.entry.reason}" if grant.entry.reason else "")
        ports = [{"protocol": str(kind), "port": port} for kind, port in single_ports(plan, grant, "FQDNNetworkPolicy")]
        rules.append({"matches": [{key: spelt(grant.name, NameSyntax.ONE_LABEL)}], "ports": ports})
    body = {
        "apiVersion": "networking.gke.io/v1alpha1",
        "kind": "FQDNNetworkPolicy",
        "metadata": metadata(given, plan, "FQDNNetworkPolicy", f"egress-{plan.request.name}"),
        "spec": {"podSelector": pod_selector(plan.labels), "egress": rules},
    }
    head = ("GKE with Dataplane V2 and FQDN network policies switched on. Allows beside NetworkPolicies, not instead.",)
    return (beside, Manifest(body, head, notes))
