"""Suites by hand: a few lines of tests over a small cluster.

``shop`` (team red): web, cart and job, which declares no port. ``data`` (team blue): db and db2, behind the Service
``db`` (80 to their port sql), and cache. ``kube-system`` (no team): dns, and agent, of the host network of node n1,
which runs web.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Service, ServicePort, Snapshot
from ringfence.model.ports import Protocol
from ringfence.testing import planning, reading, running
from ringfence.testing.report import TestReport
from ringfence.testing.suite import Suite
from tests.clusters import cluster, node, pod, raw_objects

HEAD = """\
apiVersion: ringfence.dev/v1
kind: PolicyTest
metadata: {name: suite}
"""
"""The first test of a suite with this head stands in line 5."""

PODS = (
    pod("shop/web", "app=web tier=front", ip="10.0.0.1", ports="http:8080", node="n1"),
    pod("shop/cart", "app=cart", ip="10.0.0.2", ports="http:7070 metrics:9090"),
    pod("shop/job", "app=job", ip="10.0.0.3"),
    pod("data/db", "app=db pci=true", ip="10.0.1.1", ports="sql:5432"),
    pod("data/db2", "app=db pci=true", ip="10.0.1.2", ports="sql:5433"),
    pod("data/cache", "app=cache", ip="10.0.1.3", ports="redis:6379 metrics:9121"),
    pod("kube-system/dns", "k8s-app=kube-dns", ip="10.0.2.1", ports="dns:53/UDP dns-tcp:53/TCP"),
    pod("kube-system/agent", "app=agent", ip="10.9.0.1", ports="agent:9100", node="n1", host=True),
)
NAMESPACES = {"shop": "team=red env=prod", "data": "team=blue env=prod", "kube-system": "", "empty": "team=green"}
NODES = (node("n1", ip="10.9.0.1"), node("n2", ip="10.9.0.2"))


def world(policies: str = "") -> Snapshot:
    """The cluster under these policies."""
    snapshot = cluster(PODS, policies, namespaces=NAMESPACES, nodes=NODES)
    ports = (ServicePort("sql", Protocol.TCP, 80, "sql"), ServicePort("admin", Protocol.TCP, 81, 9999))
    service = Service("data", "db", ports, {"app": "db"}, (parse_address("10.96.0.5"),))
    return replace(snapshot, services=(service,))


def policy(name: str, namespace: str, spec: str) -> str:
    """A NetworkPolicy; its ``spec`` in flow style stands in line 5."""
    return f"""---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


DENY_DATA = policy("deny", "data", "{podSelector: {}, policyTypes: [Ingress]}")
DENY_SHOP_EGRESS = policy("quiet", "shop", "{podSelector: {}, policyTypes: [Egress]}")


def suite_text(tests: str, *, more: str = "") -> str:
    """A document with these tests, written as the items of a list in block style."""
    return f"{HEAD}{more}tests:\n{textwrap.dedent(tests).strip()}\n"


def suites(tests: str, *, more: str = "") -> tuple[Suite, ...]:
    """The suite of :func:`suite_text`, read."""
    return reading.read(raw_objects(suite_text(tests, more=more)))


def judge(tests: str, policies: str = "", *, more: str = "") -> TestReport:
    """What comes of the tests in the small cluster."""
    snapshot = world(policies)
    policy_set, findings = read_policies(snapshot)
    plan = planning.plan(suites(tests, more=more), snapshot)
    return running.run(plan, Engine.build(snapshot, policy_set), findings)


def passes(test: str, policies: str = "", *, more: str = "") -> bool:
    """Whether one test, written as a mapping in flow style without braces, passes."""
    return all(result.passed for result in judge(f"- {{name: t, {test}}}", policies, more=more).results)
