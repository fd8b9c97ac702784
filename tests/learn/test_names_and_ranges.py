"""What is outside: names where the API has them, recorded addresses elsewhere, ranges within a budget, requests."""

from __future__ import annotations

from typing import Any

from ringfence.learn import Proposal
from tests.learn.worlds import MONDAY, SHOP, body, cluster, edge, learned, of, outside

API = [outside("192.0.2.7", "api.example.com", "www.example.com"), outside("192.0.2.8", "api.example.com")]


def egress(proposal: Proposal, name: str = "shop/learned-web", kind: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(proposal, name, kind)["spec"]["egress"]
    return found


def calls(*ports: int) -> list[Any]:
    return [edge("shop/web", end, port) for end in API for port in ports]


def test_all_addresses_of_a_name_are_one_rule_with_the_other_names_told() -> None:
    proposal = learned(cluster(*SHOP), *calls(443), to="cilium")
    assert egress(proposal)[-1]["toFQDNs"] == [{"matchName": "api.example.com"}]
    rule = of(proposal, "shop/web").egress.rules[-1]
    assert rule.note == "other names on its addresses: www.example.com"
    assert str(rule.addresses) == "192.0.2.7-192.0.2.8"


def test_cilium_has_the_names_asked_for_through_its_proxy() -> None:
    (ports,) = egress(learned(cluster(*SHOP), *calls(443), to="cilium"))[0]["toPorts"]
    assert ports["rules"] == {"dns": [{"matchPattern": "*"}]}


def test_cilium_without_names_needs_no_proxy() -> None:
    dns = edge("shop/web", "kube-system/coredns", 5353, "UDP")
    (rule,) = egress(learned(cluster(*SHOP), dns, to="cilium"))
    assert "rules" not in rule["toPorts"][0]


def test_calico_enterprise_has_domains_for_each_protocol() -> None:
    edges = [*calls(443, 80), edge("shop/web", API[0], 443, "UDP")]
    rules = [rule for rule in egress(learned(cluster(*SHOP), *edges, to="calico-enterprise")) if "domains" in str(rule)]
    assert rules == [
        {"action": "Allow", "protocol": "TCP", "destination": {"domains": ["api.example.com"], "ports": [80, 443]}},
        {"action": "Allow", "protocol": "UDP", "destination": {"domains": ["api.example.com"], "ports": [443]}},
    ]


def test_gke_has_an_object_for_names_beside_the_one_that_isolates() -> None:
    proposal = learned(cluster(*SHOP), *calls(443), to="gke")
    (rule,) = egress(proposal, kind="FQDNNetworkPolicy")
    assert rule == {"matches": [{"name": "api.example.com"}], "ports": [{"protocol": "TCP", "port": 443}]}
    assert body(proposal, "shop/learned-web", "NetworkPolicy")["spec"]["policyTypes"] == ["Egress"]
    assert "api.example.com" not in str(egress(proposal, kind="NetworkPolicy"))
    assert not proposal.proof.cut


def test_recorded_addresses_carry_their_date() -> None:
    made = body(learned(cluster(*SHOP), *calls(443)), "shop/learned-web")
    assert made["metadata"]["annotations"]["ringfence.dev/addresses"] == "as seen: api.example.com until 2025-11-03"


def test_a_rule_has_no_more_ranges_than_the_budget_and_says_what_that_adds() -> None:
    """.1 and .2 need a /30 and .9 a /32: two ranges, two addresses more than were seen."""
    ends = [outside(f"198.51.100.{number}") for number in (1, 2, 9)]
    proposal = learned(cluster(*SHOP), *(edge("shop/web", end, 443) for end in ends), budget=2)
    (rule,) = of(proposal, "shop/web").egress.rules
    assert egress(proposal)[0]["to"] == [
        {"ipBlock": {"cidr": "198.51.100.0/30"}},
        {"ipBlock": {"cidr": "198.51.100.9/32"}},
    ]
    assert rule.added == 2
    assert proposal.beyond.addresses == 2


def test_no_range_takes_in_a_pod() -> None:
    """web has 10.0.0.1 and cart 10.0.0.2; both neighbours are outside by the records."""
    ends = [outside("10.0.0.0"), outside("10.0.0.4")]
    proposal = learned(cluster(*SHOP), *(edge("shop/web", end, 443) for end in ends), budget=1)
    (rule,) = of(proposal, "shop/web").egress.rules
    assert rule.added == 0
    assert rule.note.startswith("more ranges than the budget")


def test_addresses_on_different_ports_are_different_rules() -> None:
    edges = [edge("shop/web", outside("192.0.2.1"), 443), edge("shop/web", outside("192.0.2.9"), 22)]
    rules = egress(learned(cluster(*SHOP), *edges))
    assert [[entry["port"] for entry in rule["ports"]] for rule in rules] == [[22], [443]]


def test_every_rule_carries_its_evidence() -> None:
    made = edge("shop/web", "shop/cart", 9090, count=7)
    proposal = learned(cluster(*SHOP), made, edge("shop/web", "shop/cart", 9091, count=5))
    (rule,) = of(proposal, "shop/web").egress.rules
    assert [(port, each.connections, each.formats) for (_, port), each in rule.evidence] == [
        (9090, 7, ("hubble",)),
        (9091, 5, ("hubble",)),
    ]
    assert rule.evidence[0][1].first == MONDAY
    made_object = next(made for made in proposal.objects if made.ref.name == "learned-web")
    assert made_object.comments == {("spec", "egress", 0): "shop/Pod/cart: 12 connections, 2025-11-03, hubble."}


def test_a_request_has_what_was_called_outside_and_why() -> None:
    edges = [*calls(443), edge("shop/web", outside("198.51.100.9"), 123, "UDP"), edge("shop/web", "shop/cart", 9090)]
    (request,) = learned(cluster(*SHOP), *edges).requests
    assert request["metadata"] == {"name": "web", "namespace": "shop"}
    assert request["spec"]["selector"] == {"app": "web"}
    assert request["spec"]["egress"] == [
        {"to": "api.example.com", "ports": 443, "reason": "Seen: 20 connections, 2025-11-03, hubble"},
        {"to": "198.51.100.9/32", "ports": "123/UDP", "reason": "Seen: 10 connections, 2025-11-03, hubble"},
    ]
