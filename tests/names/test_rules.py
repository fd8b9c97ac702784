"""Rules by name with recorded answers: each dialect's own patterns decide which addresses are surely allowed."""

from __future__ import annotations

import io

import pytest

from ringfence.cluster import Cluster
from ringfence.model.names import Names
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.sources import load_snapshot
from tests.names.records import names, record

POD = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: web}]}
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}
---
"""

CILIUM = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  endpointSelector: {}
  egress:
  - toFQDNs: [{KEY: "PATTERN"}]
"""

CALICO = """
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  selector: all()
  types: [Egress]
  egress:
  - action: Allow
    destination: {domains: ["PATTERN"]}
"""

CLUSTER_NETWORK_POLICY = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: out}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  egress:
  - action: Accept
    to: [{domainNames: ["PATTERN"]}]
  - action: Deny
    to: [{networks: ["0.0.0.0/0", "::/0"]}]
"""

EGRESS_FIREWALL = """
apiVersion: k8s.ovn.org/v1
kind: EgressFirewall
metadata: {name: default, namespace: shop}
spec:
  egress:
  - {type: ACTION, to: {dnsName: "PATTERN"}}
  - {type: OTHERWISE, to: {cidrSelector: 0.0.0.0/0}}
"""
FIREWALL = EGRESS_FIREWALL.replace("ACTION", "Allow").replace("OTHERWISE", "Deny")

RECORDED = names(
    record("example.com", "203.0.113.1"),
    record("a.example.com", "203.0.113.2"),
    record("b.a.example.com", "203.0.113.3"),
    record("www.example.org", "203.0.113.4"),
    # The name behind an alias has an address of its own.
    record("alias.example.net", "203.0.113.5", chain=("a.example.com",)),
)
ALL = {f"203.0.113.{last}" for last in (1, 2, 3, 4, 5, 9)}


def cluster(manifests: str, known: Names | None = RECORDED) -> Cluster:
    return Cluster(load_snapshot(["-"], stdin=io.BytesIO((POD + manifests).encode())), names=known)


def allowed(one: Cluster) -> set[str]:
    """The last bytes of the addresses that the pod may surely reach; point verdict and rows must agree."""
    found = set()
    for address in sorted(ALL):
        source, destination = one.endpoints.source("shop/web"), one.endpoints.destination(address)
        verdict = one.engine.verdict(source.endpoints[0], destination.endpoints[0], Protocol.TCP, 443)
        assert (
            one.engine.allowed(source.endpoints[0], destination.endpoints[0]).has(Protocol.TCP, 443) is verdict.allowed
        )
        if verdict.allowed:
            found.add(address.rpartition(".")[2])
    return found


def conditional(one: Cluster, address: str) -> bool:
    return one.verdict("shop/web", address, 443).conditional


@pytest.mark.parametrize(
    ("policy", "pattern", "reached"),
    [
        (CILIUM.replace("KEY", "matchName"), "a.example.com", {"2"}),
        (CILIUM.replace("KEY", "matchPattern"), "*.example.com", {"2"}),
        (CILIUM.replace("KEY", "matchPattern"), "**.example.com", {"2", "3"}),
        (CILIUM.replace("KEY", "matchPattern"), "*example.com", {"1"}),
        (CILIUM.replace("KEY", "matchPattern"), "*", {"1", "2", "3", "4", "5"}),
        (CALICO, "*.example.com", {"2", "3"}),
        (CALICO, "www.*.org", {"4"}),
        (CALICO, "example.com", {"1"}),
        (CLUSTER_NETWORK_POLICY, "*.example.com", {"2", "3"}),
        (CLUSTER_NETWORK_POLICY, "example.com", {"1"}),
        (FIREWALL, "*.example.com", {"2"}),
        (FIREWALL, "www.example.org", {"4"}),
    ],
)
def test_a_rule_by_name_allows_the_recorded_addresses(policy: str, pattern: str, reached: set[str]) -> None:
    one = cluster(policy.replace("PATTERN", pattern))
    assert allowed(one) == reached
    assert not conditional(one, "203.0.113.9")


@pytest.mark.parametrize("policy", [CILIUM.replace("KEY", "matchName"), CALICO, CLUSTER_NETWORK_POLICY])
def test_a_name_that_is_not_on_record_stays_a_condition(policy: str) -> None:
    for known in (RECORDED, None):
        one = cluster(policy.replace("PATTERN", "other.example.net"), known)
        assert allowed(one) == set()
        assert conditional(one, "203.0.113.9")


def test_a_denial_by_name_denies_what_is_on_record_and_lets_the_rest_through() -> None:
    """That is why a denial by name keeps nobody out: the name's next address is not on record."""
    deny = EGRESS_FIREWALL.replace("ACTION", "Deny").replace("OTHERWISE", "Allow")
    assert allowed(cluster(deny.replace("PATTERN", "a.example.com"))) == {"1", "3", "4", "5", "9"}
    assert allowed(cluster(deny.replace("PATTERN", "other.example.net"))) == set()


def test_a_rule_is_on_the_queried_name_and_not_on_the_name_behind_an_alias() -> None:
    assert "5" not in allowed(cluster(CILIUM.replace("KEY", "matchName").replace("PATTERN", "a.example.com")))


def test_names_that_share_an_address_are_allowed_together() -> None:
    shared = names(record("a.example.com", "203.0.113.2"), record("evil.example.org", "203.0.113.2"))
    one = cluster(CILIUM.replace("KEY", "matchName").replace("PATTERN", "a.example.com"), shared)
    assert one.verdict("shop/web", "evil.example.org", 443).allowed


def test_the_input_says_once_what_its_names_mean_and_how_old_that_is() -> None:
    known = names(record("a.example.com", "203.0.113.2", days=3))
    policy = CILIUM.replace("KEY", "matchName").replace("PATTERN", "a.example.com")
    (found,) = [each for each in cluster(policy, known).findings if each.code.code == "RF052"]
    assert found.what == (
        "Rules by name mean what names.jsonl has on record: 1 address of a.example.com, last seen on 2026-11-20, "
        "3 days ago."
    )


def test_what_is_not_on_record_is_named() -> None:
    policy = CILIUM.replace("toFQDNs: [", "toFQDNs: [{matchName: other.example}, ").replace("KEY", "matchName")
    (found,) = [
        each for each in cluster(policy.replace("PATTERN", "a.example.com")).findings if each.code.code == "RF052"
    ]
    assert found.hint == "Not on record, and only said to be possible: other.example."


def test_policies_without_names_are_the_same_objects() -> None:
    plain = CILIUM.replace('toFQDNs: [{KEY: "PATTERN"}]', "toCIDR: [203.0.113.0/24]")
    with_names, without = cluster(plain), cluster(plain, None)
    assert with_names.policies == without.policies
    assert not [each for each in with_names.findings if each.code.code == "RF052"]


def test_a_fix_for_a_recorded_name_lets_the_pod_reach_all_its_addresses() -> None:
    deny = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress]}
"""
    known = names(record("a.example.com", "203.0.113.2"), record("a.example.com", "203.0.113.9"))
    one = cluster(deny, known)
    assert not one.verdict("shop/web", "a.example.com", 443).allowed
    best = one.fix("shop/web", "a.example.com", 443).fixes[0]
    assert "the recorded addresses of a.example.com" in " ".join(patch.title for patch in best.patches)
    opened = best.world.engine
    pod = one.snapshot.pods[0]
    for address in ("203.0.113.2", "203.0.113.9"):
        (end,) = one.endpoints.destination(address).endpoints
        assert opened.verdict(pod, end, Protocol.TCP, 443).allowed
    assert best.world.engine.isolated(Direction.EGRESS, best.world.engine.atom(pod))
