"""Every part of the intermediate form knows its line."""

from __future__ import annotations

from tests.dialects.reading import read_one

NETWORK_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec:
  podSelector:
    matchLabels: {app: web}
  ingress:
  - from:
    - podSelector: {}
    - ipBlock:
        cidr: 10.0.0.0/8
        except: [10.1.0.0/16, 10.2.0.0/16]
    ports:
    - port: 80
    - port: http
"""

CLUSTER_NETWORK_POLICY = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: p}
spec:
  tier: Admin
  priority: 1
  subject:
    namespaces: {}
  egress:
  - name: block
    action: Deny
    to:
    - networks:
      - 10.0.0.0/8
      - fd00::/8
    - nodes: {}
    protocols:
    - tcp: {destinationPort: {number: 25}}
"""


def test_a_network_policy_and_its_parts_have_lines_and_paths() -> None:
    policy = read_one(NETWORK_POLICY)
    (rule,) = policy.ingress
    assert (policy.origin.position.line, policy.subject.origin.position.line) == (1, 6)
    assert (rule.origin.position.line, rule.origin.path) == (8, "spec.ingress[0]")
    assert [(peer.origin.position.line, peer.origin.path) for peer in rule.peers or ()] == [
        (9, "spec.ingress[0].from[0]"),
        (11, "spec.ingress[0].from[1].ipBlock"),
    ]
    assert [(port.origin.position.line, port.origin.path) for port in rule.ports or ()] == [
        (14, "spec.ingress[0].ports[0]"),
        (15, "spec.ingress[0].ports[1]"),
    ]


def test_an_ip_block_keeps_its_text() -> None:
    (rule,) = read_one(NETWORK_POLICY).ingress
    assert str((rule.peers or ())[1]) == "10.0.0.0/8 except 10.1.0.0/16, 10.2.0.0/16"


def test_every_network_of_a_peer_has_its_own_line() -> None:
    (rule,) = read_one(CLUSTER_NETWORK_POLICY).egress
    assert rule.name == "block"
    assert [(str(peer), peer.origin.position.line) for peer in rule.peers or ()] == [
        ("10.0.0.0/8", 14),
        ("fd00::/8", 15),
        ("nodes all", 16),
    ]
    assert [port.origin.position.line for port in rule.ports or ()] == [18]
