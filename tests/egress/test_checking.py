"""What stands in the way of a request is told, and what it breaks open: DNS first."""

from __future__ import annotations

import datetime as dt

import pytest

from ringfence.egress import Choice
from ringfence.egress.checking import Answer
from ringfence.egress.meaning import Means
from ringfence.egress.problems import BadRequestError
from ringfence.engine.difference import PairChange
from ringfence.generate.flows import closed, opened
from ringfence.generate.manifest import text_of
from ringfence.model.addresses import AddressSet
from ringfence.model.errors import QueryError
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from tests.egress.worlds import BASE, CLOSED, RECORDS, REQUEST, cluster, names, proposal

GUARDED = """\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db-only-from-data, namespace: data}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {}}]}]
"""

NO_DNS = """\
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: no-dns}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {name: deny, action: Deny, to: [{namespaces: {}}], protocols: [{udp: {destinationPort: {number: 5353}}}]}
"""


def test_the_circle_is_told_and_broken_by_dns_alone() -> None:
    answer = proposal(Choice.CILIUM, BASE + CLOSED)
    (note,) = [note for note in answer.checked.notes if "DNS circle" in note]
    assert "shop/Pod/web may not ask for names" in note
    assert "UDP 5353 and TCP 5353" in note
    assert {line.text: line.answer for line in answer.checked.judged}["DNS (Service kube-system/kube-dns)"] in (
        Answer.CONDITIONAL,
        Answer.ALLOWED,
    )
    # Certain or not, DNS is all that is opened in kube-system.
    to_dns = [flow for flow in opened(answer.checked.changes) if flow.destination == "kube-system"]
    assert all(str(flow.ports) in ("TCP 5353 UDP 5353", "TCP 5353,UDP 5353") for flow in to_dns)


def test_where_names_can_be_asked_for_there_is_no_circle() -> None:
    assert not [note for note in proposal(Choice.CILIUM).checked.notes if "circle" in note]


def test_the_other_side_may_still_deny() -> None:
    answer = proposal(Choice.NETWORK_POLICY, BASE + GUARDED, recorded=names(*RECORDS))
    (line,) = [line for line in answer.checked.judged if line.text == "service:data/db"]
    assert (line.answer, line.why) == (Answer.DENIED, "ingress of data/db: data/NetworkPolicy/db-only-from-data")
    assert not answer.fine


def test_a_policy_that_comes_first_may_still_cut_dns() -> None:
    answer = proposal(Choice.NETWORK_POLICY, BASE + NO_DNS, recorded=names(*RECORDS))
    assert (answer.checked.judged[0].answer, answer.checked.judged[0].why) == (
        Answer.DENIED,
        "egress of shop/web: ClusterNetworkPolicy/no-dns",
    )


def test_what_it_closes_and_opens_is_told() -> None:
    answer = proposal(Choice.NETWORK_POLICY, recorded=names(*RECORDS))
    assert not opened(answer.checked.changes)
    assert {flow.destination for flow in closed(answer.checked.changes)} == {
        "data", "kube-system", "outside the cluster", "shop",
    }  # fmt: skip


def test_what_nobody_asked_for_is_refused() -> None:
    answer = proposal(Choice.NETWORK_POLICY, BASE + CLOSED, recorded=names(*RECORDS))
    (web,) = answer.plans[0].pods
    means = Means(answer.plans, None)
    port = PortSet.of(PortSet.point(Protocol.TCP, 443))
    means.refuse_strays(PairChange((web,), AddressSet.cidr("203.0.113.7/32"), NO_PORTS, port))
    with pytest.raises(QueryError, match="which nobody asked for"):
        means.refuse_strays(PairChange((web,), AddressSet.cidr("203.0.113.0/24"), NO_PORTS, port))


def test_a_name_that_is_not_on_record_means_no_pod() -> None:
    answer = proposal(Choice.CILIUM, BASE + CLOSED)
    (web,) = answer.plans[0].pods
    job = next(pod for pod in cluster().snapshot.pods if pod.name == "job")
    port = PortSet.of(PortSet.point(Protocol.TCP, 443))
    means = Means(answer.plans, None)
    means.refuse_strays(PairChange((web,), AddressSet.cidr("8.8.8.8/32"), NO_PORTS, port))
    with pytest.raises(QueryError, match="shop/job, which nobody asked for"):
        means.refuse_strays(PairChange((web,), (job,), NO_PORTS, port))


def test_what_was_made_for_the_request_before_is_replaced() -> None:
    first = proposal(Choice.NETWORK_POLICY, recorded=names(("api.pay.example", "203.0.113.99")))
    before = f"{BASE}---\n{text_of(first.manifests)}"
    second = proposal(Choice.NETWORK_POLICY, before, recorded=names(*RECORDS))
    assert [each.ref for each in second.manifests] == [each.ref for each in first.manifests]
    assert [(flow.destination, str(flow.ports)) for flow in closed(second.checked.changes)] == [
        ("203.0.113.99", "TCP 443")
    ]
    assert [flow.destination for flow in opened(second.checked.changes)] == ["203.0.113.7, 203.0.113.8"]


def test_another_policy_of_the_name_is_not_replaced() -> None:
    taken = CLOSED.replace("default-deny", "egress-pay")
    (manifest,) = proposal(Choice.NETWORK_POLICY, BASE + taken, recorded=names(*RECORDS)).manifests
    assert manifest.ref.name == "egress-pay-2"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("app: web", "app: wbe", "Did you mean web?"),
        ("tier: front", "tier: frnt", "Did you mean front?"),
        ("service:data/db", "service:data/bd", "Did you mean data/db?"),
        ("to: service:data/db", "to: service:data/db\n    ports: 443", "It has TCP 5432"),
    ],
)
def test_what_the_cluster_does_not_have_is_a_mistake(old: str, new: str, said: str) -> None:
    with pytest.raises(BadRequestError, match=said.replace("?", r"\?")):
        proposal(Choice.CILIUM, request=REQUEST.replace(old, new))


def test_a_request_without_pods_is_not_verified() -> None:
    answer = proposal(Choice.CILIUM, request=REQUEST.replace("  app: web\n  tier: front\n", "  selector: {app: new}\n"))
    assert {line.answer for line in answer.checked.judged} == {Answer.NOT_JUDGED}
    assert any("no pods of shop with app=new" in note for note in answer.notes)


def test_a_request_past_its_last_day_is_left_out() -> None:
    late = dt.date(2027, 4, 1)
    answer = proposal(Choice.CILIUM, today=late)
    assert (answer.manifests, [each.name for each in answer.expired], answer.fine) == ((), ["pay"], False)
    asked = proposal(Choice.CILIUM, today=late, take_expired=True)
    assert asked.manifests
    assert asked.fine
    assert proposal(Choice.CILIUM, today=dt.date(2027, 3, 31)).fine
