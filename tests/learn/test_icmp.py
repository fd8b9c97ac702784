"""Echo requests: learned where the API has rules for ICMP, and left out with the reason elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.learn.evidence import ANSWERS, NO_ICMP
from ringfence.render import learn_json
from ringfence.render.learn import text
from tests.learn.worlds import SHOP, body, cluster, edge, learned, outside

PING = edge("shop/web", "data/db", 8, "ICMP")
CALL = edge("shop/web", "data/db", 5432)


def rules(to: str, direction: str, name: str) -> list[Any]:
    proposal = learned(cluster(*SHOP), PING, CALL, to=to)
    assert not proposal.proof.cut
    found: list[Any] = body(proposal, name)["spec"][direction]
    return found


def test_cilium_has_a_rule_of_its_own_for_the_type() -> None:
    # Cilium documentation, "Layer 4 policies", Limit ICMP/ICMPv6 types.
    expected = [{"fields": [{"family": "IPv4", "type": 8}]}]
    assert [rule["icmps"] for rule in rules("cilium", "ingress", "data/learned-db") if "icmps" in rule] == [expected]
    assert [rule["icmps"] for rule in rules("cilium", "egress", "shop/learned-web") if "icmps" in rule] == [expected]


def test_calico_has_the_type_in_a_rule() -> None:
    # Calico reference, NetworkPolicy, ICMP.
    (rule,) = (rule for rule in rules("calico", "ingress", "data/learned-db") if rule.get("protocol") == "ICMP")
    assert (rule["action"], rule["icmp"]) == ("Allow", {"type": 8})


def test_the_second_family_and_an_address_outside() -> None:
    ping = edge("shop/web", outside("2001:db8::7"), 128, "ICMPv6")
    proposal = learned(cluster(*SHOP), ping, to="cilium")
    (rule,) = (rule for rule in body(proposal, "shop/learned-web")["spec"]["egress"] if "icmps" in rule)
    assert rule["icmps"] == [{"fields": [{"family": "IPv6", "type": 128}]}]
    assert not proposal.proof.cut


def test_it_is_told_by_its_type() -> None:
    proposal = learned(cluster(*SHOP), PING, to="calico")
    workloads = json.loads(learn_json.document(proposal, ()))["workloads"]
    (db,) = (each for each in workloads if each["workload"] == "data/Pod/db")
    assert db["ingress"]["rules"][0]["ports"] == [{"protocol": "ICMP", "port": 8}]
    assert any("ICMP type 8" in line for line in text(proposal))


@pytest.mark.parametrize("to", ["networkpolicy", "cnp", "gke", "istio", "calico-enterprise"])
def test_elsewhere_it_is_left_out_with_the_reason(to: str) -> None:
    proposal = learned(cluster(*SHOP), PING, CALL, to=to)
    assert [(each.reason, each.connections) for each in proposal.left_out] == [(NO_ICMP, 10)]


def test_answers_and_errors_begin_nothing() -> None:
    proposal = learned(cluster(*SHOP), edge("data/db", "shop/web", 3, "ICMP"), to="cilium")
    assert [(each.reason, each.connections) for each in proposal.left_out] == [(ANSWERS, 10)]
    assert not proposal.objects
