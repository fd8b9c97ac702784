"""Causes of what a tier of Calico denies; what each must say is written from the rule that decides, by hand."""

from __future__ import annotations

import pytest

from tests.fix.test_calico import DENY_ALL, DENY_IN_TIER, END_OF_TIER, ONLY_5432, TIER, cluster, policy

NO_RULES = TIER + policy("{tier: security, selector: all(), types: [Ingress]}")


def first_cause(text: str, source: str, port: int) -> str:
    answer = cluster(text).why(source, "shop/db", port)
    assert not answer.allowed
    return answer.causes[0][0].text


@pytest.mark.parametrize(
    ("text", "source", "words"),
    [
        # A rule for this pod on another port is the nearest.
        (ONLY_5432, "shop/web", ["GlobalNetworkPolicy p, ingress rule 1", "allows TCP 5432", "TCP 80"]),
        # Nothing was meant for it: the tier's end denies.
        (ONLY_5432, "other/api", ["isolated by GlobalNetworkPolicy p in tier default", "no rule allows other/api"]),
        (NO_RULES, "shop/web", ["isolated by GlobalNetworkPolicy p in tier security, whose end denies", "has no rule"]),
        (END_OF_TIER, "shop/web", ["allows UDP any", "TCP 80"]),
        # A rule that denies is named, and why nothing after it helps.
        (DENY_ALL, "shop/web", ["GlobalNetworkPolicy p, ingress rule 1", "denies", "first rule of tier default"]),
        (DENY_IN_TIER, "shop/web", ["denies", "first rule of tier security"]),
    ],
)
def test_what_is_said_of_a_denial(text: str, source: str, words: list[str]) -> None:
    said = first_cause(text, source, 80)
    assert [word for word in words if word not in said] == [], said


def test_a_label_that_a_selector_asks_for_in_vain_is_named() -> None:
    sets = (
        "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\n"
        "metadata: {name: n, labels: {app: web, tier: api}}\nspec: {nets: [192.0.2.0/24]}\n"
    )
    asks = "source: {selector: app == 'web' && tier == 'api'}"
    rule = policy(f"{{selector: app == 'db', ingress: [{{action: Allow, {asks}}}]}}")
    for text in (rule, rule + sets):
        said = first_cause(text, "shop/web", 80)
        assert "`tier=api`" in said
        assert "missing" in said


def test_a_tier_that_passes_at_its_end_is_no_cause() -> None:
    text = TIER.replace("order: 10", "order: 10, defaultAction: Pass") + policy(
        "{tier: security, selector: all(), ingress: [{action: Allow, protocol: UDP}]}"
    )
    assert cluster(text).why("shop/web", "shop/db", 80).allowed


def test_a_network_policy_beside_calicos_that_misses_the_pods_by_a_label_is_named() -> None:
    beside = policy("{selector: all(), types: [Ingress]}")
    slip = (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\n"
        "spec: {podSelector: {matchLabels: {app: db, tier: data}}, ingress: [{ports: [{port: 5432}]}]}\n"
    )
    said = first_cause(beside + slip, "shop/web", 5432)
    assert "NetworkPolicy shop/db, ingress rule 1, would allow it" in said
    assert "`tier=data`" in said
