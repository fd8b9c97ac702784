"""Each policy API: what was printed is read back, and allows what was asked for and nothing else."""

from __future__ import annotations

import itertools

import pytest

from ringfence.cluster import Cluster
from ringfence.egress import Choice
from ringfence.egress.checking import Answer
from ringfence.model.errors import QueryError
from ringfence.model.names import Names
from ringfence.model.ports import Protocol
from tests.egress.worlds import BASE, CLOSED, MESH, RECORDS, applied, may, names, proposal, with_sidecars

JUDGED = (Choice.CILIUM, Choice.CALICO, Choice.CALICO_ENTERPRISE, Choice.CLUSTER_NETWORK_POLICY, Choice.NETWORK_POLICY)
BY_NAME = (Choice.CILIUM, Choice.CALICO_ENTERPRISE, Choice.CLUSTER_NETWORK_POLICY)

ENDS = (
    "shop/web", "shop/job", "data/db", "kube-system/dns-0",
    "203.0.113.7", "203.0.113.8", "203.0.113.9", "192.0.2.0", "192.0.2.255", "192.0.3.0", "8.8.8.8",
)  # fmt: skip
PORTS = (
    (Protocol.TCP, 443), (Protocol.TCP, 444), (Protocol.TCP, 7999), (Protocol.TCP, 8000), (Protocol.TCP, 8010),
    (Protocol.TCP, 8011), (Protocol.UDP, 9000), (Protocol.TCP, 9000), (Protocol.TCP, 5432), (Protocol.TCP, 15432),
    (Protocol.UDP, 53), (Protocol.TCP, 53), (Protocol.UDP, 5353), (Protocol.TCP, 5353), (Protocol.SCTP, 443),
)  # fmt: skip
"""The edges of everything that was asked for."""

MEANT = {
    *(("203.0.113.7", Protocol.TCP, 443), ("203.0.113.8", Protocol.TCP, 443)),
    *(
        (address, protocol, port)
        for address in ("192.0.2.0", "192.0.2.255")
        for protocol, port in ((Protocol.TCP, 8000), (Protocol.TCP, 8010), (Protocol.UDP, 9000))
    ),
    # The Service's port 5432 is the pod's 15432, and the DNS Service's 53 the pods' 5353.
    ("data/db", Protocol.TCP, 15432),
    ("kube-system/dns-0", Protocol.UDP, 5353),
    ("kube-system/dns-0", Protocol.TCP, 5353),
}


def allowed_from(asked: Cluster, source: str) -> set[tuple[str, Protocol, int]]:
    others = [name for name in ENDS if name != source]
    return {
        (name, protocol, port)
        for name, (protocol, port) in itertools.product(others, PORTS)
        if may(asked, source, name, port, protocol) != "no"
    }


@pytest.mark.parametrize("before", [BASE, BASE + CLOSED], ids=["open", "closed"])
@pytest.mark.parametrize("choice", JUDGED)
def test_with_records_what_was_asked_for_is_allowed_and_nothing_else(choice: Choice, before: str) -> None:
    recorded = names(*RECORDS)
    answer = proposal(choice, before, recorded=recorded)
    after = applied(answer, before, recorded)
    assert not [finding for finding in after.findings if finding.severity.name == "ERROR"]
    assert allowed_from(after, "shop/web") == MEANT
    assert answer.fine
    # The other tier of the same app is not selected, and keeps what it had.
    everything = {(name, *port) for name in ENDS if name != "shop/job" for port in PORTS}
    if before == BASE:
        assert allowed_from(after, "shop/job") == everything
    else:
        assert allowed_from(after, "shop/job") == set()


@pytest.mark.parametrize("choice", BY_NAME)
def test_without_records_a_name_is_allowed_if_dns_says_so(choice: Choice) -> None:
    answer = proposal(choice, BASE + CLOSED)
    after = applied(answer, BASE + CLOSED)
    assert may(after, "shop/web", "203.0.113.7", 443) == "if"
    assert may(after, "shop/web", "203.0.113.7", 444) == "no"
    verdicts = {line.text: line.answer for line in answer.checked.judged}
    assert verdicts["api.pay.example"] is Answer.CONDITIONAL
    assert verdicts["192.0.2.0/24"] is Answer.ALLOWED
    assert answer.fine


def test_cilium_lets_pods_ask_for_the_names_of_the_request_only() -> None:
    """The search list of a pod comes first, so those spellings must be answered, too."""
    (manifest,) = proposal(Choice.CILIUM).manifests
    (rules,) = [ports["rules"]["dns"] for ports in manifest.body["spec"]["egress"][0]["toPorts"]]
    asked = {value for rule in rules for value in rule.values()}
    assert {"api.pay.example", "api.pay.example.shop.svc.cluster.local", "db.data.svc.cluster.local"} <= asked
    assert "*" not in asked


def test_calico_logs_after_every_networkpolicy_what_the_tier_then_denies() -> None:
    answer = proposal(Choice.CALICO, recorded=names(*RECORDS))
    allows, log = answer.manifests
    assert [rule["action"] for rule in log.body["spec"]["egress"]] == ["Log"]
    assert log.body["spec"]["order"] > 1000 > allows.body["spec"]["order"]


@pytest.mark.parametrize("choice", [Choice.CALICO, Choice.NETWORK_POLICY])
@pytest.mark.parametrize("recorded", [None, names(("other.example", "203.0.113.8"))], ids=["none", "another"])
def test_where_there_are_no_names_addresses_must_be_on_record(choice: Choice, recorded: Names | None) -> None:
    with pytest.raises(QueryError, match=r"api\.pay\.example.*ringfence dns record api\.pay\.example"):
        proposal(choice, recorded=recorded)


def test_recorded_addresses_carry_their_names_and_date() -> None:
    (manifest,) = proposal(Choice.NETWORK_POLICY, recorded=names(*RECORDS)).manifests
    notes = manifest.body["metadata"]["annotations"]
    assert notes["ringfence.dev/names"] == "api.pay.example=203.0.113.7,203.0.113.8"
    assert notes["ringfence.dev/names-recorded"] == "2026-11-20"
    assert "Addresses as recorded until 2026-11-20." in manifest.text()


def test_gke_isolates_by_networkpolicy_and_allows_names_beside_it() -> None:
    policy, by_name = proposal(Choice.GKE, BASE + CLOSED).manifests
    assert policy.body["kind"] == "NetworkPolicy"
    assert by_name.body["kind"] == "FQDNNetworkPolicy"
    assert by_name.body["spec"] == {
        "podSelector": {"matchLabels": {"app": "web", "tier": "front"}},
        "egress": [{"matches": [{"name": "api.pay.example"}], "ports": [{"protocol": "TCP", "port": 443}]}],
    }


def test_the_mesh_sends_names_through_the_egress_gateway_and_the_network_lets_nothing_past_it() -> None:
    recorded = names(*RECORDS)
    answer = proposal(Choice.ISTIO, BASE + CLOSED + MESH, recorded=recorded)
    kinds = [manifest.body["kind"] for manifest in answer.manifests]
    assert kinds == ["ServiceEntry", "ServiceEntry", "Sidecar", "Gateway", "VirtualService", "NetworkPolicy"]
    after = applied(answer, BASE + CLOSED + MESH, recorded)
    rows = {
        "203.0.113.7": "no",
        "istio-system/egress": "yes",
    }
    assert {name: may(after, "shop/web", name, 443 if name[0] == "2" else 8443) for name in rows} == rows
    assert may(after, "shop/web", "istio-system/istiod", 15012) == "yes"
    assert may(after, "istio-system/egress", "203.0.113.7", 443) == "yes"
    verdicts = {line.text: line.answer for line in answer.checked.judged}
    assert verdicts["api.pay.example, from the egress gateway"] is Answer.ALLOWED
    assert answer.fine


def test_what_the_sidecar_refuses_is_judged_where_pods_have_one() -> None:
    """REGISTRY_ONLY: what no ServiceEntry and no Service of the hosts lists is refused, whatever the network allows."""
    recorded = names(*RECORDS)
    for manifests in (with_sidecars(BASE), with_sidecars(BASE + CLOSED + MESH)):
        answer = proposal(Choice.ISTIO, manifests, recorded=recorded)
        assert {line.answer for line in answer.checked.judged} == {Answer.ALLOWED}, answer.checked.judged
        after = applied(answer, manifests, recorded)
        assert may(after, "shop/web", "203.0.113.9", 443) == "no"
        assert may(after, "shop/web", "data/db", 5432) == "no"


def test_without_a_gateway_the_mesh_takes_recorded_addresses_at_the_network() -> None:
    recorded = names(*RECORDS)
    answer = proposal(Choice.ISTIO, BASE + CLOSED, recorded=recorded)
    after = applied(answer, BASE + CLOSED, recorded)
    assert allowed_from(after, "shop/web") == MEANT
    assert answer.fine


def test_the_mesh_alone_opens_no_network() -> None:
    """ServiceEntry and Sidecar only narrow: what the network denies stays denied, and is told."""
    answer = proposal(Choice.ISTIO, BASE + CLOSED)
    (line,) = [line for line in answer.checked.judged if line.text == "api.pay.example"]
    assert line.answer is Answer.DENIED
    assert "default-deny" in line.why
    assert not answer.fine


def test_port_ranges_are_refused_where_an_api_has_none() -> None:
    request = """\
apiVersion: ringfence.dev/v1
kind: EgressRequest
metadata: {name: wide, namespace: shop}
spec: {app: web, egress: [{to: a.example, ports: 1000-2000}]}
"""
    with pytest.raises(QueryError, match="no port ranges"):
        proposal(Choice.GKE, request=request)
