"""What people read: what is cut, what the API can't say, what is left open."""

from __future__ import annotations

import click

from ringfence.learn import Proposal
from ringfence.render import learn as rendering
from tests.learn.worlds import SHOP, cluster, edge, learned, outside

DENY = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: no-cart}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
"""


def text(proposal: Proposal, *, every: bool = False) -> str:
    return click.unstyle("\n".join(rendering.text(proposal, every=every)))


def test_a_cut_names_the_policy_and_whether_it_is_cut_today() -> None:
    said = text(learned(cluster(*SHOP, policies=DENY), edge("shop/web", "shop/cart", 9090)))
    assert "CUT: 1 of 1 kind of connections that were seen:" in said
    assert "ingress denied by ClusterNetworkPolicy/no-cart; it is cut already" in said


def test_what_the_api_can_not_say_is_told_once_for_all_policies() -> None:
    edges = edge("shop/web", "shop/cart", 9090), edge("shop/cart", "data/db", 5432)
    said = text(learned(cluster(*SHOP), *edges, to="cnp"))
    assert said.count("What comes from outside the cluster, or from nodes, is left out.") == 1


def test_a_direction_that_is_left_open_says_why() -> None:
    said = text(learned(cluster(*SHOP), edge("shop/web", outside(""), 443)))
    assert "1 direction left open, since isolating would cut what no rule can name:" in said
    assert "shop/Pod/web egress: unknown has no address on record" in said


def test_ranges_beyond_what_was_seen_are_listed() -> None:
    """Sixty-four addresses, four apart, in one /24: 256 less 64."""
    ends = [outside(f"203.0.113.{number * 4}") for number in range(64)]
    proposal = learned(cluster(*SHOP), *(edge("shop/web", end, 443) for end in ends), budget=1)
    assert "beyond what was seen: 0 pairs of workloads" in text(proposal)
    assert "shop/Pod/web to 192 addresses (" in text(proposal)


def test_no_evidence_is_said() -> None:
    assert "no evidence: the flows have no edge" in text(learned(cluster(*SHOP)))
