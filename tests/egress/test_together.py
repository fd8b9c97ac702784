"""Several requests at once, and clusters that are a little different."""

from __future__ import annotations

import pytest
import yaml

from ringfence.egress import Choice
from ringfence.egress.checking import Answer
from ringfence.egress.problems import BadRequestError
from ringfence.model.errors import QueryError
from tests.egress.worlds import BASE, CLOSED, RECORDS, REQUEST, applied, may, names, proposal
from tests.generate.worlds import NODE_LOCAL

SECOND = REQUEST.replace("name: pay,", "name: mail,").replace("api.pay.example", "mail.example")
BOTH = f"{REQUEST}---\n{SECOND}"
OTHER_PODS = f"{REQUEST}---\n{SECOND.replace('tier: front', 'tier: back')}"
RECORDED = names(*RECORDS, ("mail.example", "198.51.100.25"))


@pytest.mark.parametrize("choice", [each for each in Choice if each not in (Choice.GKE, Choice.ISTIO)])
def test_two_requests_for_the_same_pods_add_up(choice: Choice) -> None:
    answer = proposal(choice, BASE + CLOSED, request=BOTH, recorded=RECORDED)
    after = applied(answer, BASE + CLOSED, RECORDED)
    assert may(after, "shop/web", "203.0.113.7", 443) == "yes"
    assert may(after, "shop/web", "198.51.100.25", 443) == "yes"
    assert may(after, "shop/web", "198.51.100.26", 443) == "no"
    assert len({each.ref for each in answer.manifests}) == len(answer.manifests)


@pytest.mark.parametrize("choice", list(Choice))
def test_each_request_is_for_its_own_pods(choice: Choice) -> None:
    answer = proposal(choice, BASE + CLOSED, request=OTHER_PODS, recorded=RECORDED)
    after = applied(answer, BASE + CLOSED, RECORDED)
    if choice is not Choice.GKE:
        assert may(after, "shop/job", "198.51.100.25", 443) == "yes"
    assert may(after, "shop/job", "203.0.113.7", 443) == "no"
    assert may(after, "shop/web", "198.51.100.25", 443) == "no"


def test_no_two_policies_of_a_tier_have_one_priority() -> None:
    manifests = proposal(Choice.CLUSTER_NETWORK_POLICY, request=BOTH).manifests
    places = [(each.body["spec"]["tier"], each.body["spec"]["priority"]) for each in manifests]
    assert len(set(places)) == len(places) == 4


def test_a_pod_takes_one_sidecar() -> None:
    with pytest.raises(QueryError, match="one Sidecar"):
        proposal(Choice.ISTIO, request=BOTH)


@pytest.mark.parametrize("choice", [each for each in Choice if each is not Choice.CILIUM])
def test_the_cache_on_the_node_may_be_asked(choice: Choice) -> None:
    manifests = f"{BASE}{CLOSED}---\n{NODE_LOCAL}"
    answer = proposal(choice, manifests, recorded=names(*RECORDS))
    dns = {line.text: line.answer for line in answer.checked.judged if line.text.startswith("DNS")}
    assert dns == {
        "DNS (NodeLocal DNSCache)": Answer.ALLOWED,
        "DNS (Service kube-system/kube-dns)": Answer.ALLOWED,
    }


def test_in_cilium_the_cache_on_the_node_may_be_asked_for_the_names() -> None:
    answer = proposal(Choice.CILIUM, f"{BASE}{CLOSED}---\n{NODE_LOCAL}", recorded=names(*RECORDS))
    dns = {line.text: line.answer for line in answer.checked.judged if line.text.startswith("DNS")}
    assert set(dns.values()) == {Answer.CONDITIONAL}
    assert len(dns) == 2


def test_the_address_of_a_service_is_no_destination() -> None:
    """It is translated before policy is judged, so that a rule for it would allow nothing."""
    with pytest.raises(BadRequestError, match="Write to: service:data/db"):
        proposal(Choice.CILIUM, request=REQUEST.replace("192.0.2.0/24", "10.96.0.20"))


def test_a_range_that_takes_in_pods_is_told() -> None:
    answer = proposal(Choice.NETWORK_POLICY, request=REQUEST.replace("192.0.2.0/24", "10.0.0.0/16"), recorded=RECORDED)
    assert any("10.0.0.0/16 takes in 4 pods" in note for note in answer.notes)


def test_the_mesh_takes_tcp_and_says_who_decides_the_rest() -> None:
    answer = proposal(Choice.ISTIO, request=REQUEST.replace("[8000-8010, 9000/UDP]", "[8000, 9000/UDP]"))
    entries = [each for each in answer.manifests if each.body["kind"] == "ServiceEntry"]
    assert [[port["number"] for port in each.body["spec"]["ports"]] for each in entries] == [[443], [8000]]
    assert "Only TCP goes through the mesh" in entries[1].text()
    udp = proposal(Choice.ISTIO, request=REQUEST.replace("[8000-8010, 9000/UDP]", "9000/UDP"))
    assert sum(each.body["kind"] == "ServiceEntry" for each in udp.manifests) == 1


@pytest.mark.parametrize("choice", list(Choice))
def test_hostile_words_of_a_request_stay_words(choice: Choice) -> None:
    """What people write becomes comments and annotations, and must not become fields."""
    words = 'x"\\n}}{{ .Values }}: # - \\u2028 [a] \\t'
    request = REQUEST.replace("owner: payments", f'owner: "{words}"\n  reason: "a\\nkind: Secret"'.replace('x"', "x'"))
    manifests = proposal(choice, request=request, recorded=RECORDED).manifests
    for manifest in manifests:
        assert yaml.safe_load(manifest.text()) == yaml.safe_load(yaml.safe_dump(_plain(manifest.body)))


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
