"""Risks: what opens to the Internet and between teams, who loses DNS, which namespace loses its isolation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.diff import By, RiskKind, compute_diff
from tests.clusters import pod
from tests.diff.worlds import NAMESPACES, PODS, diff, policy, state

DENY = policy("deny", "shop", "{podSelector: {}, policyTypes: [Ingress, Egress]}")


def shop_egress(rule: str) -> str:
    return DENY + policy("out", "shop", f"{{podSelector: {{matchLabels: {{app: web}}}}, egress: [{rule}]}}").replace(
        "egress:", "policyTypes: [Egress], egress:"
    )


def shop_ingress(rule: str) -> str:
    return DENY + policy("in", "shop", f"{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{rule}]}}")


def block(cidr: str) -> str:
    return f"{{ipBlock: {{cidr: {cidr}}}}}"


def risks(before: str, after: str) -> list[tuple[RiskKind, str]]:
    return [(risk.kind, risk.subject) for risk in diff(before, after).risks]


@pytest.mark.parametrize(
    ("cidr", "public"),
    [
        ("0.0.0.0/0", True),
        ("8.8.8.8/32", True),
        ("192.0.2.0/24", True),
        ("172.0.0.0/8", True),
        ("2000::/3", True),
        ("10.0.0.0/8", False),
        ("172.16.0.0/12", False),
        ("192.168.7.0/24", False),
        ("100.64.0.0/10", False),
        ("169.254.169.254/32", False),
        ("fd00::/8", False),
        ("fe80::/10", False),
    ],
)
def test_public_addresses_are_the_internet(cidr: str, public: bool) -> None:
    outwards = risks(DENY, shop_egress(f"{{to: [{block(cidr)}]}}"))
    inwards = risks(DENY, shop_ingress(f"{{from: [{block(cidr)}]}}"))
    assert ((RiskKind.TO_INTERNET, "shop/Pod/web") in outwards) is public
    assert ((RiskKind.FROM_INTERNET, "shop/Pod/web") in inwards) is public


def test_closing_a_way_to_the_internet_is_no_risk() -> None:
    assert risks(shop_egress(f"{{to: [{block('192.0.2.0/24')}]}}"), DENY) == []


def test_more_ports_to_the_internet_are_a_risk() -> None:
    one, two = (f"{{to: [{block('192.0.2.0/24')}], ports: [{ports}]}}" for ports in ("{port: 443}", "{port: 444}"))
    assert risks(shop_egress(one), shop_egress(two)) == [(RiskKind.TO_INTERNET, "shop/Pod/web")]
    assert diff(shop_egress(one), shop_egress(two)).risks[0].text == "shop/Pod/web may reach the Internet on TCP 444."


DNS = "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]%s}"


def test_who_may_not_ask_dns_any_more_is_named() -> None:
    before, after = shop_egress(DNS % ""), shop_egress(DNS % ", ports: [{port: 53}]")
    (risk,) = diff(before, after).risks
    assert (risk.kind, risk.subject) == (RiskKind.CUTS_DNS, "shop/Pod/web")
    assert risk.text == "shop/Pod/web can't reach the DNS pods any more on UDP 53."
    assert [cause.text for cause in risk.causes] == ["NetworkPolicy shop/out, egress rule 1 is changed"]


def test_other_ports_of_the_dns_pods_are_not_dns() -> None:
    udp = ", ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}%s]"
    assert risks(shop_egress(DNS % udp % ", {port: 9153}"), shop_egress(DNS % udp % "")) == []


def test_a_new_policy_that_denies_egress_cuts_dns_for_all() -> None:
    assert risks("", DENY) == [(RiskKind.CUTS_DNS, "shop/Pod/cart"), (RiskKind.CUTS_DNS, "shop/Pod/web")]


def test_a_workload_that_is_gone_needs_no_dns() -> None:
    gone = state("", tuple(one for one in PODS if one.name != "web"))
    assert compute_diff(state(""), gone).closes
    assert not compute_diff(state(""), gone).risks


def test_dns_pods_that_are_gone_are_missed_by_all() -> None:
    report = compute_diff(state(""), state("", PODS[:3]))
    assert {risk.subject for risk in report.risks} == {"shop/Pod/web", "shop/Pod/cart", "data/Pod/db"}


def test_replicas_that_lose_dns_count() -> None:
    pods = tuple(replace(one, workload=PODS[0].workload) if one.namespace == "shop" else one for one in PODS)
    cut = policy("cut", "shop", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}")
    report = compute_diff(state("", pods), state(cut, pods))
    assert not [change for change in report.changes if change.dst.name == "kube-system/Pod/dns"]
    (risk,) = report.risks
    assert (risk.kind, risk.subject) == (RiskKind.CUTS_DNS, "shop/Pod/web")
    assert "from some replicas" in risk.text


GUARD = policy("guard", "data", "{podSelector: {}, policyTypes: [Ingress]}")


def opened(namespace: str) -> str:
    rule = f"{{from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {namespace}}}}}}}]}}"
    return policy("guard", "data", f"{{podSelector: {{}}, ingress: [{rule}]}}")


def test_a_way_between_two_owners_is_a_risk() -> None:
    report = diff(GUARD, opened("shop"))
    (risk,) = report.risks
    assert (risk.kind, risk.subject, risk.connections) == (RiskKind.CROSSES_TEAMS, "red → blue", 2)


def test_a_namespace_without_owner_crosses_nothing() -> None:
    assert risks(GUARD, opened("kube-system")) == []


def test_the_owner_label_can_be_named() -> None:
    namespaces = {**NAMESPACES, "kube-system": "squad=core", "data": "squad=store"}
    old, new = (state(text, namespaces=namespaces) for text in (GUARD, opened("kube-system")))
    assert not compute_diff(old, new).risks
    assert [risk.subject for risk in compute_diff(old, new, owner_label="squad").risks] == ["core → store"]


def test_a_namespace_that_was_isolated_and_is_not_is_told_with_the_policy() -> None:
    report = diff(GUARD, "")
    (risk,) = [risk for risk in report.risks if risk.kind is RiskKind.UNISOLATED]
    assert risk.text == "Namespace data was isolated for ingress, and data/Pod/db no longer is."
    assert [cause.text for cause in risk.causes] == ["NetworkPolicy data/guard no longer isolates it"]


def test_a_pod_that_no_policy_selects_ends_the_isolation_of_its_namespace() -> None:
    named = policy("guard", "data", "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}")
    report = compute_diff(state(named), state(named, (*PODS, pod("data/new", "app=new"))))
    assert "data ingress" in [risk.subject for risk in report.risks if risk.kind is RiskKind.UNISOLATED]


def test_a_namespace_that_was_never_isolated_loses_nothing() -> None:
    half = policy("half", "shop", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}")
    assert RiskKind.UNISOLATED not in {kind for kind, _ in risks(half, "")}


def test_risks_are_found_by_pod_too() -> None:
    assert {risk.subject for risk in diff("", DENY, By.POD).risks} == {"shop/cart", "shop/web"}


def test_impact_is_counted_for_each_namespace_and_team_at_either_end() -> None:
    report = diff(GUARD, opened("shop"))
    assert [(impact.name, impact.added) for impact in report.namespaces] == [("data", 2), ("shop", 2)]
    assert [(impact.name, impact.added) for impact in report.teams] == [("blue", 2), ("red", 2)]
