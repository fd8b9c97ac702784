"""Network policies for a planned cluster, as their authors write them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from bench.plan import POD_RANGE, Plan, Workload

Body = dict[str, Any]

DNS: Body = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}
PRIVATE = [POD_RANGE, "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"]


def add_policies(plan: Plan, count: int) -> None:
    """Exactly ``count`` NetworkPolicies, and five ClusterNetworkPolicies, into ``plan.policies``."""
    rng = random.Random(f"{plan.seed} policies {count}")
    teams = [name for name, labels in plan.namespaces.items() if labels["team"] != "platform"]
    isolated = sorted(rng.sample(teams, max(1, round(len(teams) * 0.75))))
    base = [body for namespace in isolated for body in _base(rng, namespace)]
    workloads = plan.by_namespace()
    plan.policies.extend(base[:count])
    numbers = dict.fromkeys(isolated, 0)
    while len(plan.policies) < count:
        namespace = rng.choice(isolated)
        if workloads[namespace]:
            numbers[namespace] += 1
            plan.policies.append(_specific(rng, plan, workloads, namespace, numbers[namespace]))
    plan.policies.extend(_cluster_policies())


def _policy(namespace: str, name: str, spec: Body) -> Body:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def _base(rng: random.Random, namespace: str) -> Iterator[Body]:
    """What a platform team puts into every isolated namespace."""
    egress = rng.random() < 0.6
    types = ["Ingress", "Egress"] if egress else ["Ingress"]
    yield _policy(namespace, "default-deny", {"podSelector": {}, "policyTypes": types})
    if egress:
        yield _policy(namespace, "allow-dns", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [DNS]})
    scrape = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
        "podSelector": {"matchLabels": {"app": "prometheus"}},
    }
    rule = {"from": [scrape], "ports": [{"port": "metrics"}]}
    yield _policy(namespace, "allow-scrape", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]})
    front = {"from": [_by_name("ingress-nginx")], "ports": [{"protocol": "TCP", "port": "http"}]}
    yield _policy(
        namespace,
        "allow-ingress-controller",
        {"podSelector": {"matchLabels": {"tier": "frontend"}}, "policyTypes": ["Ingress"], "ingress": [front]},
    )
    if rng.random() < 0.3:
        yield _policy(
            namespace, "allow-same-namespace", {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}
        )


def _specific(
    rng: random.Random, plan: Plan, workloads: dict[str, list[Workload]], namespace: str, number: int
) -> Body:
    """One team's allow for one of its workloads."""
    target = rng.choice(workloads[namespace])
    spec: Body = {"podSelector": {"matchLabels": {"app": target.labels["app"]}}}
    if rng.random() < 0.7:
        peers = [_peer(rng, plan, workloads, namespace) for _ in range(rng.choice((1, 1, 2, 3)))]
        spec |= {"policyTypes": ["Ingress"], "ingress": [{"from": peers, "ports": _ports(rng, target)}]}
        return _policy(namespace, f"{target.name}-from-{number}", spec)
    spec |= {"policyTypes": ["Egress"], "egress": [DNS, _egress(rng, plan, workloads, namespace)]}
    return _policy(namespace, f"{target.name}-to-{number}", spec)


def _by_name(namespace: str) -> Body:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


def _app(workload: Workload) -> Body:
    return {"podSelector": {"matchLabels": {"app": workload.labels["app"]}}}


def _peer(rng: random.Random, plan: Plan, workloads: dict[str, list[Workload]], namespace: str) -> Body:
    draw = rng.random()
    if draw < 0.55:
        return _app(rng.choice(workloads[namespace]))
    if draw < 0.8:
        other = rng.choice(list(workloads))
        return _by_name(other) | (_app(rng.choice(workloads[other])) if workloads[other] else {})
    if draw < 0.86:
        team = plan.namespaces[namespace]["team"]
        return {
            "namespaceSelector": {"matchLabels": {"team": team}},
            "podSelector": {"matchLabels": {"tier": "backend"}},
        }
    return _wide(rng, plan)


def _wide(rng: random.Random, plan: Plan) -> Body:
    """The few selectors that reach across the cluster."""
    teams = sorted({labels["team"] for labels in plan.namespaces.values()})
    return rng.choice(
        (
            {"namespaceSelector": _expression("team", "In", *rng.sample(teams, min(2, len(teams))))},
            {"namespaceSelector": _expression("environment", "NotIn", "development", "staging")},
            {
                "namespaceSelector": _expression("environment", "Exists"),
                "podSelector": _expression("tier", "In", "frontend", "backend"),
            },
            {"ipBlock": {"cidr": f"192.168.{rng.randrange(256)}.0/24"}},
            {"podSelector": _expression("tier", "NotIn", "data", "cache")},
        )
    )


def _expression(key: str, operator: str, *values: str) -> Body:
    requirement: Body = {"key": key, "operator": operator}
    if values:
        requirement["values"] = list(values)
    return {"matchExpressions": [requirement]}


def _ports(rng: random.Random, target: Workload) -> list[Body]:
    port = rng.choice(target.ports)
    draw = rng.random()
    if draw < 0.5:
        return [{"protocol": port.protocol, "port": port.number}]
    if draw < 0.8:
        return [{"protocol": port.protocol, "port": port.name}]
    if draw < 0.9:
        start = rng.choice((8000, 9000, 30000))
        return [{"protocol": "TCP", "port": start, "endPort": start + rng.choice((10, 99, 767))}]
    return [{"protocol": one.protocol, "port": one.number} for one in target.ports]


def _egress(rng: random.Random, plan: Plan, workloads: dict[str, list[Workload]], namespace: str) -> Body:
    draw = rng.random()
    if draw < 0.25:
        return {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": PRIVATE}}], "ports": [{"port": 443}]}
    if draw < 0.4:
        cidr = f"203.0.113.{rng.randrange(0, 256, 16)}/28" if rng.random() < 0.8 else "2001:db8:5::/48"
        return {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": rng.choice((443, 5432, 8883))}]}
    if draw < 0.7:
        other = rng.choice(workloads[namespace])
        return {"to": [_app(other)], "ports": _ports(rng, other)}
    return {"to": [_peer(rng, plan, workloads, namespace)], "ports": [{"port": 8080}, {"port": 50051}]}


def _cluster_policies() -> Iterator[Body]:
    development = {"namespaces": {"matchLabels": {"environment": "development"}}}
    production = {"namespaces": {"matchLabels": {"environment": "production"}}}
    rules: tuple[tuple[str, str, int, Body, str, list[Body]], ...] = (
        (
            "scrape-everything",
            "Admin",
            10,
            {"namespaces": {}},
            "ingress",
            [
                {
                    "name": "prometheus",
                    "action": "Accept",
                    "from": [
                        {
                            "pods": {
                                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
                                "podSelector": {"matchLabels": {"app": "prometheus"}},
                            }
                        }
                    ],
                    "protocols": [{"destinationNamedPort": "metrics"}],
                }
            ],
        ),
        (
            "no-development-in-production",
            "Admin",
            20,
            production,
            "ingress",
            [{"name": "development", "action": "Deny", "from": [development]}],
        ),
        (
            "no-instance-metadata",
            "Admin",
            30,
            {"namespaces": {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["platform"]}]}},
            "egress",
            [{"name": "metadata", "action": "Deny", "to": [{"networks": ["169.254.169.254/32"]}]}],
        ),
        (
            "delegate-staging",
            "Admin",
            40,
            {"namespaces": {"matchLabels": {"environment": "staging"}}},
            "ingress",
            [{"name": "teams-decide", "action": "Pass", "from": [{"namespaces": {}}]}],
        ),
        (
            "tenants-apart",
            "Baseline",
            10,
            {"namespaces": {"matchLabels": {"tenant-isolation": "enabled"}}},
            "ingress",
            [
                {
                    "name": "platform",
                    "action": "Accept",
                    "from": [{"namespaces": {"matchLabels": {"team": "platform"}}}],
                },
                {"name": "others", "action": "Deny", "from": [{"namespaces": {}}]},
            ],
        ),
    )
    for name, tier, priority, subject, direction, entries in rules:
        yield {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name},
            "spec": {"tier": tier, "priority": priority, "subject": subject, direction: entries},
        }
