"""Fixes for a destination that was given as a DNS name: by name where the cluster's API has names, else by address."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml

from ringfence.cluster import Cluster
from ringfence.fix.propose import FixAnswer
from ringfence.names import read_names
from ringfence.sources import load_snapshot
from tests.fix.test_candidates import of_kind
from tests.fix.test_cilium import edits

NAMES = """\
{"name":"api.example.com","address":"203.0.113.7","firstSeen":"2026-11-01T08:00:00Z","lastSeen":"2026-11-20T08:00:00Z"}
{"name":"api.example.com","address":"203.0.113.8","firstSeen":"2026-11-01T08:00:00Z","lastSeen":"2026-11-20T08:00:00Z"}
"""
WEB = """\
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIP: 10.0.0.1}
"""
DNS = """\
---
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: coredns, image: coredns, ports: [{name: dns, containerPort: 53, protocol: UDP}]}]}
status: {phase: Running, podIP: 10.0.0.53}
"""


def policy(api: str, kind: str, spec: str, name: str = "p", namespace: str = ", namespace: shop") -> str:
    return f"---\napiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nspec: {spec}\n"


CLOSED = policy("networking.k8s.io/v1", "NetworkPolicy", "{podSelector: {}, policyTypes: [Egress]}")
CILIUM = policy("cilium.io/v2", "CiliumNetworkPolicy", "{endpointSelector: {}, egress: [{toEndpoints: [{}]}]}")
LEARNING = policy(
    "cilium.io/v2",
    "CiliumNetworkPolicy",
    "{endpointSelector: {}, egress: [{toEndpoints: [{}], toPorts: [{ports: [{port: '53', protocol: ANY}], "
    "rules: {dns: [{matchPattern: '**.example.com'}]}}]}]}",
)
CALICO = policy("projectcalico.org/v3", "NetworkPolicy", "{selector: all(), types: [Egress], egress: [{action: Deny}]}")
ENTERPRISE = policy(
    "projectcalico.org/v3",
    "NetworkPolicy",
    "{selector: app == 'other', types: [Egress], egress: [{action: Allow, destination: {domains: [x.example]}}]}",
    name="by-name",
)
CLUSTER_WIDE = policy(
    "policy.networking.k8s.io/v1alpha2",
    "ClusterNetworkPolicy",
    "{tier: Admin, priority: 10, subject: {namespaces: {}}, egress: [{name: closed, action: Deny, "
    "to: [{networks: [0.0.0.0/0]}]}]}",
    namespace="",
)


def ask(tmp_path: Path, policies: str) -> FixAnswer:
    (tmp_path / "names.jsonl").write_text(NAMES)
    names = read_names(str(tmp_path / "names.jsonl"))
    cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO((WEB + DNS + policies).encode())), names=names)
    return cluster.fix("shop/web-0", "api.example.com", 443)


def test_cilium_gets_the_name_and_the_rule_for_dns_that_it_is_learnt_by(tmp_path: Path) -> None:
    answer = ask(tmp_path, CILIUM)
    (patch,) = of_kind(answer, "new-policy").patches
    assert patch.manifest == yaml.safe_load("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: allow-web-0-to-api-example-com, namespace: shop}
        spec:
          endpointSelector: {matchLabels: {app: web}}
          egress:
            - toEndpoints:
                - matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, k8s-app: kube-dns}
              toPorts:
                - ports: [{port: "53", protocol: UDP}]
                  rules:
                    dns:
                      - matchName: api.example.com
                      - matchName: api.example.com.shop.svc.cluster.local
                      - matchName: api.example.com.svc.cluster.local
                      - matchName: api.example.com.cluster.local
            - toFQDNs: [{matchName: api.example.com}]
              toPorts: [{ports: [{port: "443", protocol: TCP}]}]
    """)
    added = of_kind(answer, "add-rule")
    assert [pointer for pointer, _ in edits(added)] == ["/spec/egress/1", "/spec/egress/2"]
    assert added.effects.opens == added.effects.closes == ()
    assert not any("203.0.113" in repr(fix.patches) for fix in answer.fixes)


def test_a_name_that_is_learnt_already_needs_no_rule_for_dns(tmp_path: Path) -> None:
    added = of_kind(ask(tmp_path, LEARNING), "add-rule")
    assert edits(added) == [
        (
            "/spec/egress/1",
            {
                "toFQDNs": [{"matchName": "api.example.com"}],
                "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
            },
        )
    ]


def test_a_network_policy_in_a_cluster_of_cilium_gets_a_policy_by_name_beside_it(tmp_path: Path) -> None:
    other = CILIUM.replace("endpointSelector: {}", "endpointSelector: {matchLabels: {app: x}}").replace(
        "name: p", "name: q"
    )
    best = ask(tmp_path, CLOSED + other).fixes[0]
    assert [patch.target.kind for patch in best.patches] == ["CiliumNetworkPolicy"]


def test_a_network_policy_alone_gets_the_recorded_addresses_and_it_is_said(tmp_path: Path) -> None:
    best = ask(tmp_path, CLOSED).fixes[0]
    ((_, value),) = edits(best)
    assert value == [
        {
            "to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}, {"ipBlock": {"cidr": "203.0.113.8/32"}}],
            "ports": [{"protocol": "TCP", "port": 443}],
        }
    ]
    assert best.notes[-1].startswith("It has 2 recorded addresses of api.example.com, ")


@pytest.mark.parametrize(
    ("policies", "destination", "said"),
    [
        (CALICO, {"nets": ["203.0.113.7/32", "203.0.113.8/32"], "ports": [443]}, True),
        (CALICO + ENTERPRISE, {"domains": ["api.example.com"], "ports": [443]}, False),
    ],
)
def test_calico_gets_domains_only_where_a_policy_shows_that_it_has_them(
    tmp_path: Path, policies: str, destination: dict[str, object], *, said: bool
) -> None:
    best = of_kind(ask(tmp_path, policies), "tier-rule")
    assert edits(best) == [("/spec/egress/0", {"action": "Allow", "protocol": "TCP", "destination": destination})]
    assert any("recorded addresses" in note for note in best.notes) is said


def test_a_cluster_network_policy_accepts_by_name_and_passes_by_address(tmp_path: Path) -> None:
    answer = ask(tmp_path, CLUSTER_WIDE)
    ((_, accept),) = edits(of_kind(answer, "tier-rule"))
    passing = next(rule for fix in answer.fixes for _, rule in edits(fix) if fix.title.startswith("Leave"))
    assert accept == {
        "name": "accept-web-0",
        "action": "Accept",
        "to": [{"domainNames": ["api.example.com"]}],
        "protocols": [{"tcp": {"destinationPort": {"number": 443}}}],
    }
    assert isinstance(passing, dict)
    assert of_kind(answer, "tier-rule").title.startswith("Allow egress to api.example.com on TCP 443, by a rule before")
    assert passing["to"] == [{"networks": ["203.0.113.7/32", "203.0.113.8/32"]}]
