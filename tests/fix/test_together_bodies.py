"""One fix for many connections where Cilium or Calico isolates: the new policies are of their API."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from ringfence.fix.propose_all import propose_all
from ringfence.fix.wanted import names
from ringfence.survey import survey
from tests.clusters import pod
from tests.fix.test_propose_all import CART, DB, DNS, KUBE_DNS, WEB, Case, deny
from tests.fix.test_tiers import together as joined

CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: closed, namespace: %s}
spec: {endpointSelector: {}, %s: [{}]}
"""
CALICO = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: closed, namespace: %s}
spec: {selector: all(), types: [%s]}
"""
NODE_AGENT = replace(pod("data/agent-0", "app=agent", ip="10.9.0.1"), host_network=True)


def bodies(text: str) -> list[object]:
    return list(yaml.safe_load_all(text))


def test_cilium_gets_rules_with_its_selectors_strings_of_ports_and_entities() -> None:
    case = Case(CILIUM % ("data", "ingress"), WEB, CART, DB, NODE_AGENT)
    answer = case.fix("shop/web-0 > data/db-0:5432", "data/agent-0 > data/db-0:5432", "shop/cart-0 > data/db-0:5432")
    assert not answer.left
    assert [patch.manifest for patch in answer.patches] == bodies("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: allow-db-0, namespace: data}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress:
            - fromEndpoints:
                - matchLabels: {"k8s:io.kubernetes.pod.namespace": shop}
                  matchExpressions: [{key: app, operator: In, values: [cart, web]}]
              toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
            - fromEntities: [host, remote-node]
              toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
    """)
    assert answer.effects.closes == ()


def test_calico_gets_rules_with_expressions_at_the_end_of_the_tier() -> None:
    case = Case(CALICO % ("data", "Ingress"), WEB, CART, DB)
    answer = case.fix("shop/web-0 > data/db-0:5432", "shop/cart-0 > data/db-0:5432", "8.8.8.8 > data/db-0:443")
    assert not answer.left
    assert [patch.manifest for patch in answer.patches] == bodies("""
        apiVersion: projectcalico.org/v3
        kind: NetworkPolicy
        metadata: {name: allow-db-0, namespace: data}
        spec:
          selector: app == 'db'
          types: [Ingress]
          ingress:
            - action: Allow
              protocol: TCP
              source: {nets: [8.8.8.8/32]}
              destination: {ports: [443]}
            - action: Allow
              protocol: TCP
              source: {namespaceSelector: "projectcalico.org/name == 'shop'", selector: "app in {'cart', 'web'}"}
              destination: {ports: [5432]}
    """)
    assert answer.effects.opens == answer.effects.closes == ()


@pytest.mark.parametrize(
    ("policy", "kind", "pods"),
    [
        (CILIUM % ("shop", "egress"), "CiliumNetworkPolicy", "endpointSelector"),
        (CALICO % ("shop", "Egress"), "NetworkPolicy", "selector"),
    ],
)
def test_names_are_asked_for_by_one_policy_of_the_namespace(policy: str, kind: str, pods: str) -> None:
    case = Case(policy, WEB, CART, DNS, services=[KUBE_DNS])
    found = names(survey(case.snapshot), case.snapshot.pods)
    answer = propose_all(case.world, found)
    assert not answer.left
    (patch,) = answer.patches
    assert patch.manifest is not None
    assert (patch.target.kind, patch.target.name) == (kind, "allow-dns")
    assert patch.manifest["spec"][pods] in ({}, "all()")


def test_each_workload_gets_a_policy_of_the_api_that_isolates_it() -> None:
    case = Case(joined(CILIUM % ("data", "ingress"), deny("shop", "Egress")), WEB, CART, DB)
    answer = case.fix("shop/web-0 > data/db-0:5432")
    assert sorted(patch.target.kind for patch in answer.patches) == ["CiliumNetworkPolicy", "NetworkPolicy"]
    assert not answer.left
