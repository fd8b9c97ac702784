"""RF504: two policies say the same."""

from __future__ import annotations

from tests.lint.linting import codes, lint
from tests.lint.rules.redundancy import FROM_WEB, PODS, api


def test_policies_that_say_the_same_in_another_order_are_equal() -> None:
    one = api(f"{FROM_WEB}, {{ports: [{{port: 1}}]}}")
    two = api(f"{{ports: [{{port: 1}}]}}, {FROM_WEB}", "again")
    (finding,) = lint(PODS + one + two, "RF5")
    assert finding.code.code == "RF504"


def test_policies_that_select_no_pod_are_told_as_that() -> None:
    twins = api(FROM_WEB, "a", "{matchLabels: {app: x}}") + api(FROM_WEB, "b", "{matchLabels: {app: x}}")
    assert codes(PODS + twins, "RF5") == []


def calico(name: str, order: int, rules: str) -> str:
    return (
        "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{order: {order}, selector: app == 'api', types: [Ingress], ingress: [{rules}]}}\n"
    )


DENY, ALLOW = "{action: Deny, source: {selector: app == 'web'}}", "{action: Allow}"


def test_in_a_tier_the_later_of_two_that_say_the_same_is_told_as_a_whole() -> None:
    """Its rules are never reached, each of which RF503 would tell."""
    twins = calico("first", 10, f"{DENY}, {ALLOW}") + calico("second", 20, f"{DENY}, {ALLOW}")
    (finding,) = lint(PODS + twins, "RF5")
    assert finding.code.code == "RF504"
    assert finding.what.startswith("shop/NetworkPolicy/second and shop/NetworkPolicy/first select the same pods")


def test_in_a_tier_the_order_of_rules_counts() -> None:
    other = calico("first", 10, f"{DENY}, {ALLOW}") + calico("second", 20, f"{ALLOW}, {DENY}")
    assert "RF504" not in codes(PODS + other, "RF5")


def cilium(name: str, sections: str) -> str:
    return (
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{endpointSelector: {{matchLabels: {{app: api}}}}, {sections}}}\n"
    )


def test_a_policy_of_cilium_that_denies_too_is_not_the_same_as_one_that_only_allows() -> None:
    allow = "ingress: [{fromEndpoints: [{}]}]"
    deny = "ingressDeny: [{fromEndpoints: [{matchLabels: {app: web}}]}]"
    found = codes(PODS + cilium("a", allow) + cilium("b", f"{allow}, {deny}"), "RF5")
    assert "RF504" not in found
    assert codes(PODS + cilium("a", allow) + cilium("b", allow), "RF5") == ["RF504"]
