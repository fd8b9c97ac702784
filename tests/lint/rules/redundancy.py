"""Two pods, and policies for one of them, for the rules about redundancy."""

from __future__ import annotations

from tests.lint.linting import pod, policy

PODS = pod("shop/web", "app: web", ports="{containerPort: 80, name: http}") + pod("shop/api", "app: api, tier: back")
FROM_WEB = "{from: [{podSelector: {matchLabels: {app: web}}}]}"


def api(rules: str, name: str = "api", selector: str = "{matchLabels: {app: api}}") -> str:
    return policy(f"shop/{name}", f"podSelector: {selector}, ingress: [{rules}]")
