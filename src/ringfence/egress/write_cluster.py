"""A request as ClusterNetworkPolicies: what is needed by names in the Admin tier, the rest denied by the Baseline tier.

Source: network-policy-api, "ClusterNetworkPolicy" v1alpha2 and NPEP-133 (``domainNames``).
"""

from __future__ import annotations

from typing import Any

from ringfence.egress.metadata import metadata
from ringfence.egress.names import spelt
from ringfence.egress.plan import Grant, Plan
from ringfence.egress.write_network_policy import ranges_of
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given
from ringfence.generate.targets import cluster_rule, namespace_selector, pod_selector
from ringfence.model.errors import QueryError
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.ports import PortRange

Json = dict[str, Any]

_PRIORITY = 500
_MOST = 25
"""Rules of a policy, and peers of a rule."""


def write_cluster(given: Given, plan: Plan) -> tuple[Manifest, ...]:
    """Accept rules of the Admin tier, and a Deny of the rest in the Baseline tier, after all NetworkPolicies.

    Raises:
        QueryError: the request needs more rules than the API takes.
    """
    rules: list[Json] = []
    notes: dict[tuple[str | int, ...], str] = {}
    if plan.named or any(grant.service for grant in plan.grants):
        for number, target in enumerate(plan.dns.targets, 1):
            notes["spec", "egress", len(rules)] = target.note or "DNS: whoever calls by name has to ask for it first."
            rules.append(cluster_rule(target, f"dns-{number}", "Accept"))
    for number, grant in enumerate(plan.grants, 1):
        notes["spec", "egress", len(rules)] = grant.text + (f": {grant.entry.reason}" if grant.entry.reason else "")
        rules.append(
            {"name": f"need-{number}", "action": "Accept", "to": _peers(grant), "protocols": _protocols(grant.ports)}
        )
    if len(rules) > _MOST or any(len(rule["to"]) > _MOST or len(rule.get("protocols", ())) > _MOST for rule in rules):
        raise QueryError(
            f"{plan.request.name}: a ClusterNetworkPolicy takes {_MOST} rules, and {_MOST} peers or ports in each. "
            "Ask for fewer destinations in one request."
        )
    name = f"egress-{plan.request.namespace}-{plan.request.name}"
    accept = _policy(given, plan, name, "Admin", rules)
    everything = [{"namespaces": {}}, {"networks": ["0.0.0.0/0", "::/0"]}]
    deny = _policy(given, plan, f"{name}-rest", "Baseline", [{"name": "rest", "action": "Deny", "to": everything}])
    head = ("Needs an enforcer with domainNames, which is experimental. No NetworkPolicy takes this away.",)
    rest = ("Denies all else, for pods that no NetworkPolicy isolates: it comes after those. The API can't log.",)
    return (
        Manifest(accept, head if plan.named else (), notes),
        Manifest(deny, rest),
    )


def _policy(given: Given, plan: Plan, name: str, tier: str, rules: list[Json]) -> Json:
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": metadata(given, plan, "ClusterNetworkPolicy", name, namespaced=False),
        "spec": {
            "tier": tier,
            "priority": _priority(given, plan, tier.lower()),
            "subject": {
                "pods": {
                    "namespaceSelector": namespace_selector(plan.request.namespace),
                    "podSelector": pod_selector(plan.labels),
                }
            },
            "egress": rules,
        },
    }


def _priority(given: Given, plan: Plan, tier: str) -> int:
    """A free priority, another one for each request: equal ones in a tier have no defined order."""
    found = _PRIORITY - 1
    for _ in range(plan.number + 1):
        found = given.free_priority(tier, found + 1)
    return found


def _peers(grant: Grant) -> list[Json]:
    if grant.name is not None:
        return [{"domainNames": [spelt(grant.name, NameSyntax.PREFIX)]}]
    if grant.pods is not None:
        return list(cluster_rule(grant.pods, "", "Accept")["to"])
    return [{"networks": ranges_of(grant)}]


def _protocols(ports: tuple[PortRange, ...]) -> list[Json]:
    return [{str(each.protocol).lower(): {"destinationPort": _port(each)}} for each in ports]


def _port(port: PortRange) -> Json:
    return {"number": port.lo} if port.lo == port.hi else {"range": {"start": port.lo, "end": port.hi}}
