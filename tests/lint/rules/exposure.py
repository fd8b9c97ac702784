"""A namespace with two pods, and policies for it, for the rules about exposure."""

from __future__ import annotations

from tests.lint.linting import pod, policy

WEB = pod("shop/web", "app: web", ports="{containerPort: 80}")
DENY = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress, Egress]")


def egress(rules: str, name: str = "out") -> str:
    return policy(f"shop/{name}", f"podSelector: {{}}, policyTypes: [Egress], egress: [{rules}]")


def ingress(rules: str, name: str = "in") -> str:
    return policy(f"shop/{name}", f"podSelector: {{}}, policyTypes: [Ingress], ingress: [{rules}]")


WORLDS = [
    "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}",
    "{to: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}], ports: [{port: 443}]}",
    # In two rules; the second has more ports.
    "{to: [{ipBlock: {cidr: 0.0.0.0/1}}], ports: [{port: 443}]}, {to: [{ipBlock: {cidr: 128.0.0.0/1}}]}",
    # All of the Internet, and nothing private.
    "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}}], ports: [{port: 443}]}",
    "{to: [{ipBlock: {cidr: '::/0'}}], ports: [{port: 443}]}",
    "{to: [{ipBlock: {cidr: '2000::/3'}}], ports: [{port: 443}]}",
    "{ports: [{port: 443}]}",
]
