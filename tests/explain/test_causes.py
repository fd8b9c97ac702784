"""The cause of a denial, named for the slip that a person would find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ringfence.explain.causes import Cause, CauseKind, causes_of, first_causes
from ringfence.model.objects import Pod, Service, ServicePort, WorkloadRef
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from tests.clusters import cluster, pod
from tests.explain.worlds import World

PODS = (
    pod("shop/web-0", "app=web", ip="10.0.0.1"),
    pod("data/db-0", "app=db tier=sql", ip="10.0.0.2", ports="pg:5432 metrics:9187"),
)
SERVICE = Service("data", "db", (ServicePort("sql", Protocol.TCP, 80, 5432),), {"app": "db"}, (0x0A600005,))
SPACES = {"shop": "team=red", "data": "team=blue"}


def policy(rules: str, *, direction: str = "Ingress", namespace: str = "data") -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: {namespace}}}
spec:
  podSelector: {{}}
  policyTypes: [{direction}]
  {direction.lower()}: {rules}
"""


def causes(
    policies: str,
    source: str = "shop/web-0",
    destination: str = "data/db-0:5432",
    *,
    pods: tuple[Pod, ...] = PODS,
    spaces: Mapping[str, str] = SPACES,
) -> tuple[Cause, ...]:
    world = World(replace(cluster(pods, policies, namespaces=spaces), services=(SERVICE,)))
    return causes_of(world.ask(source, destination), world.engine.facts, (SERVICE,))


FROM_SHOP = "namespaceSelector: {matchLabels: {team: red}}"
NAMED = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}"
OF_TENANTS = "namespaceSelector: {matchLabels: {kind: tenant}}"
SQL = "ports: [{port: 5432}]"

TABLE = [
    # One of two labels is missing on the peer.
    (f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{app: web, tier: api}}}}}}], {SQL}}}]", "pod-label"),
    # A label alone, which nothing has: pods are let in by it.
    (f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{role: client}}}}}}], {SQL}}}]", "pod-label"),
    # A value that is nearly the pod's.
    (f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{app: webb}}}}}}], {SQL}}}]", "pod-label"),
    # The right value under another key.
    (f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{k8s-app: web}}}}}}], {SQL}}}]", "pod-label"),
    # Another workload is let in: no slip, just no rule.
    (f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{app: cart}}}}}}], {SQL}}}]", "no-rule"),
    # The label "name", which no cluster sets by itself.
    (f"[{{from: [{{namespaceSelector: {{matchLabels: {{name: shop}}}}}}], {SQL}}}]", "namespace-label"),
    (f"[{{from: [{{{OF_TENANTS}, podSelector: {{matchLabels: {{app: web}}}}}}], {SQL}}}]", "namespace-label"),
    # Another namespace by name is another namespace.
    (
        f"[{{from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: lab}}}}}}], {SQL}}}]",
        "no-rule",
    ),
    # Pods that are meant by their label, in a namespace whose name nothing has.
    (f"[{{from: [{{{NAMED % 'shopp'}, podSelector: {{matchLabels: {{app: web}}}}}}], {SQL}}}]", "namespace-label"),
    # The same of a namespace that exists: pods of this label there are others.
    (f"[{{from: [{{{NAMED % 'data'}, podSelector: {{matchLabels: {{app: web}}}}}}], {SQL}}}]", "no-rule"),
    # No namespaceSelector: only the policy's own namespace.
    (f"[{{from: [{{podSelector: {{matchLabels: {{app: web}}}}}}], {SQL}}}]", "other-namespace"),
    # The Service's port.
    (f"[{{from: [{{{FROM_SHOP}}}], ports: [{{port: 80}}]}}]", "service-port"),
    # A name that no container has.
    (f"[{{from: [{{{FROM_SHOP}}}], ports: [{{port: postgres}}]}}]", "named-port"),
    # A name that is another port's.
    (f"[{{from: [{{{FROM_SHOP}}}], ports: [{{port: metrics}}]}}]", "port"),
    (f"[{{from: [{{{FROM_SHOP}}}], ports: [{{port: 5432, protocol: UDP}}]}}]", "protocol"),
    (f"[{{from: [{{{FROM_SHOP}}}], ports: [{{port: 5433}}]}}]", "port"),
    # The exception holds the pod's address.
    (f"[{{from: [{{ipBlock: {{cidr: 10.0.0.0/8, except: [10.0.0.0/24]}}}}], {SQL}}}]", "exception"),
    ("[]", "no-rule"),
]


@pytest.mark.parametrize(("rules", "kind"), TABLE)
def test_the_first_cause_names_what_the_nearest_rule_fails_on(rules: str, kind: str) -> None:
    found = causes(policy(rules))
    assert (found[0].direction, str(found[0].kind)) == (Direction.INGRESS, kind)
    assert str(found[-1].kind) == "no-rule"


@pytest.mark.parametrize(
    ("rules", "destination", "kind"),
    [
        ("[{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}]", "192.0.3.7:443", "address"),
        ("[{to: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.7/32]}}]}]", "192.0.2.7:443", "exception"),
        ("[{to: [{ipBlock: {cidr: 10.96.0.0/16}}]}]", "service:data/db:80", "service-address"),
        ("[{to: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 80}]}]", "192.0.2.7:443", "port"),
    ],
)
def test_addresses_are_told_apart(rules: str, destination: str, kind: str) -> None:
    found = causes(policy(rules, direction="Egress", namespace="shop"), destination=destination)
    assert (found[0].direction, str(found[0].kind)) == (Direction.EGRESS, kind)


def test_the_sentence_names_the_rule_the_label_and_how_many_pods_lack_it() -> None:
    first = replace(PODS[0], workload=WorkloadRef("shop", "StatefulSet", "web"))
    second = replace(first, name="web-1", labels={"app": "web", "tier": "api"})
    text = policy(f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{app: web, tier: api}}}}}}]}}]")
    found = causes(text, "shop/sts/web", pods=(first, second, PODS[1]))
    assert found[0].text == (
        "NetworkPolicy data/p, ingress rule 1, asks for label `tier=api`, which is missing on 1 of 2 pods of "
        "shop/sts/web."
    )
    assert str(found[0].origin) == "policies.yaml:7"


def test_a_tier_that_denies_is_the_cause_and_says_that_no_network_policy_helps() -> None:
    admin = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {team: blue}}}
  ingress: [{name: shut, action: Deny, from: [{namespaces: {}}]}]
"""
    (cause,) = causes(admin)
    assert cause.kind is CauseKind.EARLIER_TIER
    assert cause.text == (
        'ClusterNetworkPolicy guard, ingress rule 1 "shut", denies ingress to data/db-0: this comes before any '
        "NetworkPolicy, and none can change it."
    )
    (cause,) = causes(admin.replace("Admin", "Baseline"))
    assert cause.kind is CauseKind.BASELINE


def test_a_host_network_peer_is_the_cause_where_its_labels_match() -> None:
    host = (pod("shop/web-0", "app=web", ip="10.1.0.1", host=True), PODS[1])
    rules = f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{app: web}}}}}}]}}]"
    assert causes(policy(rules), pods=host)[0].kind is CauseKind.HOST_NETWORK


def test_both_directions_have_their_causes_and_allowed_ones_none() -> None:
    both = policy("[]", direction="Egress", namespace="shop") + "---\n" + policy("[]")
    assert [cause.direction for cause in causes(both)] == [Direction.EGRESS, Direction.INGRESS]
    assert causes(policy("[{}]")) == ()


def test_the_first_causes_are_those_that_are_equally_near() -> None:
    near = f"{{from: [{{{FROM_SHOP}}}], ports: [{{port: 80}}]}}"
    found = causes(policy(f"[{near}, {near}]"))
    assert [str(cause.kind) for cause in first_causes(found)] == ["service-port", "service-port"]


def test_where_nothing_was_meant_for_it_the_nearest_rule_is_named_with_what_it_fails_on() -> None:
    (cause,) = causes(policy(f"[{{from: [{{{FROM_SHOP}, podSelector: {{matchLabels: {{app: cart}}}}}}], {SQL}}}]"))
    assert str(cause.kind) == "no-rule"
    assert "; the nearest, NetworkPolicy data/" in cause.text
    assert "ingress rule 1, fails on " in cause.text
    assert "`app=cart` is asked, but it has `app=web`" in cause.text


def test_without_any_rule_none_is_the_nearest() -> None:
    (cause,) = causes(policy("[]"))
    assert cause.text.endswith("and it has no rule.")
