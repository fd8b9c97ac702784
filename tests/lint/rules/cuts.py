"""Clusters with DNS, and workloads that call one another, for the rules about cuts."""

from __future__ import annotations

from tests.lint.linting import pod, policy, service

DNS_RULES = ("RF301", "RF302", "RF303", "RF304")


def dns(port: int = 53) -> str:
    """DNS pods that listen on a port, behind Service kube-dns."""
    ports = f"{{containerPort: {port}, protocol: UDP, name: dns}}, {{containerPort: {port}, name: dns-tcp}}"
    service_ports = (
        f"{{name: dns, port: 53, targetPort: {port}, protocol: UDP}}, {{name: dns-tcp, port: 53, targetPort: {port}}}"
    )
    return pod("kube-system/dns-0", "k8s-app: kube-dns", ports=ports) + service(
        "kube-system/kube-dns", "k8s-app: kube-dns", service_ports
    )


NODE_LOCAL = pod("kube-system/node-local-dns-x", "k8s-app: node-local-dns", more=", hostNetwork: true")
WEB = pod("shop/web", "app: web") + pod("shop/job", "app: job")
DENY = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress, Egress]")
TO_DNS = "{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}"
BOTH = "{port: 53, protocol: UDP}, {port: 53}"


def allow(ports: str, to: str = TO_DNS, more: str = "", name: str = "dns", selector: str = "{}") -> str:
    rules = f"{{to: [{to}], ports: [{ports}]}}"
    return policy(f"shop/{name}", f"podSelector: {selector}, policyTypes: [Egress], egress: [{rules}{more}]")


API = pod("shop/api", "app: api", ports="{containerPort: 8080}") + service(
    "shop/api", "app: api", "{port: 80, targetPort: 8080}"
)
