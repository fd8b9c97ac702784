"""Lint on policies of Calico: RF315, RF412, RF606, and RF503 across the policies of a tier."""

from __future__ import annotations

import pytest

from tests.lint.linting import lint, namespace, pod

PODS = namespace("shop") + pod("shop/web-0", "app: web") + pod("shop/db-0", "app: db")
TIER = "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: platform}\nspec: {order: 100}\n---\n"
PASSING = TIER.replace("order: 100", "order: 100, defaultAction: Pass")
LATER = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
    "spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}\n---\n"
)
METRICS = "{action: Allow, protocol: TCP, destination: {ports: [9090]}}"
SHUT = LATER.replace(", ingress: [{ports: [{port: 80}]}]", "")


def policy(spec: str, name: str = "p", kind: str = "GlobalNetworkPolicy") -> str:
    where = "" if "Global" in kind else ", namespace: shop"
    return f"apiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: {name}{where}}}\nspec: {spec}\n---\n"


def early(*rules: str, selector: str = "all()", types: str = "Ingress") -> str:
    """A policy of the early tier."""
    side = types.lower()
    return policy(f"{{tier: platform, selector: {selector}, types: [{types}], {side}: [{', '.join(rules)}]}}")


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        (TIER + early(METRICS) + LATER, True),
        (TIER + early(METRICS) + policy("{selector: app == 'web', ingress: [{action: Allow}]}", "late"), True),
        # Whatever comes is decided, be it by passing it on or by a deny that is written out.
        (TIER + early(METRICS, "{action: Pass}") + LATER, False),
        (TIER + early(METRICS, "{action: Deny}") + LATER, False),
        (PASSING + early(METRICS) + LATER, False),
        # Nobody after it would allow anything, or not to these pods, or not in this direction.
        (TIER + early(METRICS), False),
        (TIER + early(METRICS) + SHUT, False),
        (TIER + early(METRICS, selector="app == 'db'") + LATER, False),
        (TIER + early(METRICS, types="Egress") + LATER, False),
        # A tier after the other is none that cuts it off.
        (TIER.replace("100", "2000000") + early(METRICS) + LATER, False),
    ],
)
def test_a_tier_that_denies_at_its_end_what_later_policies_allow(text: str, fires: bool) -> None:
    found = lint(PODS + text, "RF315")
    assert bool(found) is fires
    if fires:
        assert "The end of tier platform denies the ingress of shop/web-0" in found[0].what


STAGED = policy("{selector: app == 'web', ingress: [{action: Deny}]}", kind="StagedNetworkPolicy")


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        (STAGED, True),
        (STAGED.replace("app == 'web'", "app == 'none'"), False),
        (STAGED + LATER, False),
        (STAGED + policy("{selector: app == 'web', types: [Egress]}", "out"), True),
        (STAGED.replace("spec: {", "spec: {stagedAction: Ignore, "), False),
        (policy("{selector: app == 'web', ingress: [{action: Deny}]}", kind="NetworkPolicy"), False),
    ],
)
def test_pods_that_only_a_staged_policy_guards(text: str, fires: bool) -> None:
    found = lint(PODS + text, "RF412")
    assert bool(found) is fires
    if fires:
        assert "shop/StagedNetworkPolicy/p" in found[0].what
        assert "ingress of shop/web-0" in found[0].what


ALLOW, DENY = "ingress: [{action: Allow, protocol: TCP}]", "ingress: [{action: Deny, protocol: TCP}]"
OUT = "egress: [{action: Deny, protocol: TCP}]"


@pytest.mark.parametrize(
    ("first", "second", "fires"),
    [
        (f"{{order: 1, selector: all(), {ALLOW}}}", f"{{order: 1, selector: app == 'web', {DENY}}}", True),
        (f"{{selector: all(), {ALLOW}}}", f"{{selector: app == 'web', {DENY}}}", True),
        (f"{{order: 1, selector: all(), {ALLOW}}}", f"{{order: 2, selector: app == 'web', {DENY}}}", False),
        (f"{{order: 1, selector: all(), {ALLOW}}}", f"{{order: 1, selector: all(), {ALLOW}}}", False),
        (f"{{order: 1, selector: app == 'db', {ALLOW}}}", f"{{order: 1, selector: app == 'web', {DENY}}}", False),
        (
            f"{{order: 1, selector: all(), {ALLOW}}}",
            f"{{order: 1, selector: all(), {OUT}}}",
            False,
        ),
        (f"{{order: 1, selector: all(), {ALLOW}}}", f"{{tier: platform, order: 1, selector: all(), {DENY}}}", False),
    ],
)
def test_policies_of_one_order_that_disagree(first: str, second: str, fires: bool) -> None:
    found = lint(PODS + TIER + policy(first, "a") + policy(second, "b"), "RF606")
    assert bool(found) is fires
    if fires:
        assert "a is judged first because of its name" in found[0].what


def test_a_policy_after_one_that_always_decides_is_shadowed() -> None:
    text = policy("{order: 1, selector: all(), ingress: [{action: Allow}]}", "all") + policy(
        "{order: 2, selector: app == 'web', ingress: [{action: Deny, source: {selector: app == 'db'}}]}", "late"
    )
    (finding,) = lint(PODS + text, "RF503")
    assert "of GlobalNetworkPolicy/late is never reached: rule 1 of GlobalNetworkPolicy/all" in finding.what
