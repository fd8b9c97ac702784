"""Fixes for what an ordered tier denies, on small clusters by hand."""

from __future__ import annotations

import pytest

from tests.clusters import pod
from tests.fix.test_candidates import CART, DB, WEB, Case, guard, kinds, of_kind, opens

CNP, ANP = "ClusterNetworkPolicy", "AdminNetworkPolicy"
CACHE = pod("data/cache-0", "app=cache", ip="10.0.0.9")


def tier(name: str, priority: int, action: str = "Deny", *, tier: str = "Admin", older: bool = False) -> str:
    version, kind = ("v1alpha1", ANP) if older else ("v1alpha2", CNP)
    return f"""\
apiVersion: policy.networking.k8s.io/{version}
kind: {kind}
metadata: {{name: {name}}}
spec:
  {"" if older else f"tier: {tier}"}
  priority: {priority}
  subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: data}}}}}}
  ingress: [{{name: shut, action: {action}, from: [{{namespaces: {{}}}}]}}]
"""


def together(*policies: str) -> str:
    return "---\n".join(policies)


@pytest.mark.parametrize("older", [False, True])
def test_a_policy_of_its_own_for_just_the_pods_beats_a_rule_for_all_that_the_tier_guards(older: bool) -> None:
    answer = Case(tier("guard", 5, older=older), WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432")
    best = answer.fixes[0]
    assert kinds(answer)[0] == ["tier-pass"]  # a guard rail is passed rather than overruled
    assert best.effects.opens == best.effects.closes == ()
    assert ["tier-policy"] in kinds(answer)
    (patch,) = best.patches
    assert patch.manifest is not None
    assert patch.target.kind == (ANP if older else CNP)
    assert patch.manifest["spec"]["priority"] == 4
    assert patch.manifest["spec"].get("tier") == (None if older else "Admin")
    # The rule that is put before the one that denies is for the cache, too.
    assert opens(of_kind(answer, "tier-rule")) == [("shop/Pod/web-0", "data/Pod/cache-0", "TCP 5432")]


def test_its_priority_is_the_last_that_is_free_before_the_policy_that_denies() -> None:
    # 4 and 3 are taken in the Admin tier; 2 in the other tier, where it is in nobody's way.
    others = tier("a", 4), tier("b", 3), tier("c", 2, tier="Baseline")
    policies = together(tier("guard", 5), *(text.replace(".name: data", ".name: lab") for text in others))
    answer = Case(policies, WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432")
    (patch,) = of_kind(answer, "tier-policy").patches
    assert patch.manifest is not None
    assert patch.manifest["spec"]["priority"] == 2


def test_without_a_free_priority_there_is_only_the_rule() -> None:
    answer = Case(tier("guard", 0), WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432")
    assert ["tier-policy"] not in kinds(answer)
    assert ["tier-rule"] in kinds(answer)


def test_a_pass_of_its_own_leaves_it_to_network_policy() -> None:
    policies = together(tier("guard", 5), guard("[]"))
    answer = Case(policies, WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432")
    assert ["tier-pass", "add-rule"] in kinds(answer)
    assert any(patch.target.name.startswith("pass-") for fix in answer.fixes for patch in fix.patches)


@pytest.mark.parametrize("older", [False, True])
def test_a_rule_for_dns_names_udp_and_tcp_in_a_tier_too(older: bool) -> None:
    dns = pod("data/dns-0", "app=dns", ip="10.0.0.8")
    answer = Case(tier("guard", 5, older=older), WEB, CART, DB, dns).ask("shop/web-0", "data/dns-0:53/UDP")
    for kind in ("tier-rule", "tier-policy"):
        fix = of_kind(answer, kind)
        patch = fix.patches[0]
        spec = patch.manifest["spec"] if patch.manifest is not None else {"ingress": [patch.edits[0].value]}
        (rule,) = spec["ingress"]
        ports = rule["ports"] if older else rule["protocols"]
        assert len(ports) == 2
        assert ("shop/Pod/web-0", "data/Pod/dns-0", "TCP 53") in opens(fix)
