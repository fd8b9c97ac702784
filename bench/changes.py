"""Changes of a planned cluster's policies, as between two states that are compared."""

from __future__ import annotations

import random
from typing import Any

from bench.plan import Plan

Body = dict[str, Any]
DATABASE: Body = {"from": [{"podSelector": {}}], "ports": [{"port": 5432}]}


def change_policies(plan: Plan, count: int) -> None:
    """Change so many NetworkPolicies: every other one loses its last rule of ingress, the others get one more."""
    policies: list[Body] = [body for body in plan.policies if body["kind"] == "NetworkPolicy"]
    for number, body in enumerate(random.Random(f"{plan.seed} changes").sample(policies, count)):
        spec = body["spec"]
        rules = spec.get("ingress", [])
        spec["ingress"] = rules[:-1] if number % 2 and rules else [*rules, DATABASE]
        if "Ingress" not in spec.get("policyTypes", ["Ingress"]):
            spec["policyTypes"] = [*spec["policyTypes"], "Ingress"]


def drop_policies(plan: Plan, namespaces: int) -> None:
    """Drop every NetworkPolicy of the first namespaces that have any."""
    of: list[tuple[str, Body]] = [(_namespace(body), body) for body in plan.policies]
    names = sorted({name for name, _ in of if name})[:namespaces]
    plan.policies[:] = [body for name, body in of if name not in names]


def _namespace(body: Body) -> str:
    namespace: str = body["metadata"].get("namespace", "")
    return namespace
