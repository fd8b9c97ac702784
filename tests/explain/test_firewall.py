"""What a firewall beside the policies denies is blamed on it, and not on the policy that allows."""

from __future__ import annotations

from tests.dialects.cluster import World
from tests.dialects.others.test_egress_firewall import CLUSTER, DENY_ALL, POLICY, firewall


def test_only_the_firewall_is_the_cause_where_the_policy_allows() -> None:
    cluster = World(CLUSTER + POLICY + firewall(DENY_ALL)).cluster
    ((cause,),) = cluster.why("shop/web", "9.9.9.9", 443).causes
    assert cause.text.startswith("EgressFirewall shop/default, egress rule 1, denies egress from shop/web: ")
    assert cause.text.endswith("it stands beside the policies, and none can change it.")
