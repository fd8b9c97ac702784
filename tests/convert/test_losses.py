"""What a dialect can't say is a loss at its rule; each kind of loss once, in the policy that has it."""

from __future__ import annotations

import pytest

from tests.convert.converting import converted, lines

CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {}
"""
CALICO = """\
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  selector: all()
"""
TIER = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: p}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {team: red}}}
"""
PLAIN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
"""


@pytest.mark.parametrize(
    ("policy", "to", "cni", "what"),
    [
        # Names are in no dialect of addresses.
        (CILIUM + "  egress:\n    - toFQDNs: [{matchName: a.example.com}]\n", "networkpolicy", "auto", "The name"),
        # Layer 7 is written as peers and ports.
        (
            CILIUM
            + "  ingress:\n    - toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]\n",
            "networkpolicy",
            "auto",
            "The rule allows its ports whatever else holds.",
        ),
        # The node of each pod is an entity, and no selector.
        (CILIUM + "  ingress:\n    - fromEntities: [host]\n", "networkpolicy", "auto", "Nodes that the rule means"),
        # NetworkPolicy selects no service accounts.
        (
            CALICO + "  ingress:\n    - {action: Allow, source: {serviceAccounts: {names: [web]}}}\n",
            "networkpolicy",
            "auto",
            "Pods that the rule selects are left out.",
        ),
        # A part of a label's value can be asked for in Calico's language only.
        (
            CALICO + "  ingress:\n    - {action: Allow, source: {selector: app starts with 'w'}}\n",
            "cilium",
            "auto",
            "Pods that the rule selects are left out.",
        ),
        # Where ranges mean pods, Cilium's mean fewer.
        (
            PLAIN + "  ingress:\n    - from: [{ipBlock: {cidr: 10.0.0.0/8}}]\n",
            "cilium",
            "generic",
            "Pods that the rule means by address are left out.",
        ),
        # Where ranges mean no pods, those of NetworkPolicy mean more.
        (
            CILIUM + "  ingress:\n    - fromCIDR: [10.0.0.0/8]\n",
            "networkpolicy",
            "generic",
            "The rule's ranges also mean pods in them.",
        ),
        # A deny of a port by name, before an allow by number.
        (
            TIER
            + "  ingress:\n    - action: Deny\n      from: [{namespaces: {}}]\n"
            + "      protocols: [{destinationNamedPort: http}]\n",
            "networkpolicy",
            "auto",
            "The deny rule is left out.",
        ),
        # What is logged is logged nowhere else.
        (CALICO + "  ingress:\n    - {action: Log}\n", "networkpolicy", "auto", "The log rule is left out."),
        # An allow that does not isolate.
        (
            CILIUM + "  enableDefaultDeny: {ingress: false}\n  ingress:\n    - fromEndpoints: [{}]\n",
            "calico",
            "auto",
            "The rule is left out.",
        ),
        # Ingress of ClusterNetworkPolicy is from pods.
        (
            PLAIN + "  ingress:\n    - from: [{ipBlock: {cidr: 192.0.2.0/24}}]\n",
            "cnp",
            "auto",
            "What comes from outside the cluster, or from nodes, is left out.",
        ),
    ],
)
def test_a_loss_is_told_at_its_rule(policy: str, to: str, cni: str, what: str) -> None:
    answer = converted(policy, to, cni=cni)
    found = [loss for loss in answer.losses if loss.what.startswith(what)]
    assert found, answer.losses
    rule = lines(policy, "gress:\n    -") + 1
    assert rule in [loss.origin.position.line for loss in found]
    assert not answer.equal


def test_a_subject_by_namespace_labels_is_for_the_namespaces_of_today() -> None:
    """And the proof finds what a new namespace of the same team could do."""
    policy = TIER + "  egress:\n    - {action: Deny, to: [{networks: [169.254.169.254/32]}]}\n"
    answer = converted(policy, "networkpolicy")
    (loss,) = answer.losses
    assert "for none that is made later" in loss.what
    assert [body["metadata"]["namespace"] for body in answer.objects] == ["shop"]
    assert answer.proof.differences
    for difference in answer.proof.differences:
        assert difference.future
        assert all(source.startswith("new-") for source in difference.sources)
        assert difference.destinations == ("169.254.169.254-169.254.169.254",)
