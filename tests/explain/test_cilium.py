"""What ``why`` says where Cilium's policies decide."""

from __future__ import annotations

from click.testing import CliRunner

from ringfence.cli.app import main

CLUSTER = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.0.2}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
    - fromEndpoints: [{}]
      toPorts:
        - ports: [{port: "80", protocol: TCP}]
          rules: {http: [{method: GET, path: /api}]}
        - ports: [{port: "81", protocol: TCP}]
  ingressDeny:
    - toPorts: [{ports: [{port: "22", protocol: TCP}]}]
"""


def said(destination: str, *, status: int) -> str:
    answer = CliRunner().invoke(main, ["why", "-", "shop/web", destination], input=CLUSTER)
    assert answer.exit_code == status
    return answer.output


def test_a_deny_is_cilium_s_and_no_policy_undoes_it() -> None:
    text = said("shop/db:22", status=1)
    assert "CiliumNetworkPolicy shop/db, ingressDeny rule 1, denies ingress to shop/db: a deny of Cilium wins" in text
    assert "Cilium denies  CiliumNetworkPolicy shop/db, ingressDeny rule 1 denies it" in text
    assert "A deny of Cilium wins over every allow: no other policy can allow this." in text


def test_a_request_is_the_condition() -> None:
    text = said("shop/db:80", status=1)
    assert "shop/web may reach shop/db on TCP 80: only if HTTP GET /api." in text
    assert "Allowed if HTTP GET /api: CiliumNetworkPolicy shop/db, ingress rule 1" in text


def test_a_rule_is_counted_as_it_stands_though_it_is_read_in_parts() -> None:
    # Its two lists of ports ask for different things, so it is read as two rules.
    text = said("shop/db:82", status=1)
    assert text.count("CiliumNetworkPolicy shop/db, ingress rule 1") >= 2
    assert "ingress rule 2" not in text
    assert "Cilium allows  this policy guards it" in text
    assert "Fix: Allow TCP 82 too in CiliumNetworkPolicy shop/db, ingress rule 1" in text
