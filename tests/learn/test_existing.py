"""What the cluster's policies already say is not said again."""

from __future__ import annotations

import pytest
import yaml

from ringfence.learn import Proposal
from ringfence.learn.rules import State
from tests.learn.worlds import SHOP, body, cluster, edge, learned, of, outside, workload

GUARD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 9090}]
"""


def text(proposal: Proposal) -> str:
    return "---\n".join(yaml.safe_dump(made.body) for made in proposal.objects)


def test_what_a_policy_allows_needs_no_rule() -> None:
    proposal = learned(cluster(*SHOP, policies=GUARD), edge("shop/web", "shop/cart", 9090))
    side = of(proposal, "shop/cart").ingress
    assert (side.state, side.rules, side.known) == (State.GUARDED, (), 1)
    assert [made.ref.name for made in proposal.objects] == ["learned-web"]


def test_what_a_policy_does_not_allow_is_added_to_it_and_nothing_else() -> None:
    """Seen before the policy was applied."""
    edges = edge("shop/web", "shop/cart", 9090), edge("data/db", "shop/cart", 9090)
    proposal = learned(cluster(*SHOP, policies=GUARD), *edges)
    (rule,) = body(proposal, "shop/learned-cart")["spec"]["ingress"]
    assert rule["from"][0]["podSelector"] == {"matchLabels": {"app": "db"}}
    assert not proposal.proof.cut


def test_a_policy_that_isolates_some_of_the_pods_only_is_not_enough() -> None:
    """The one without the label is not isolated, so the workload needs all of its rules."""
    from tests.learn.worlds import pod

    pods = [pod(f"c-{n}", labels=f"app: cart{more}", owner="ReplicaSet/cart") for n, more in ((1, ""), (2, ", x: y"))]
    guard = GUARD.replace("{app: cart}", "{x: y}")
    call = edge("shop/web", workload("shop/cart", kind="ReplicaSet"), 9090)
    proposal = learned(cluster(pod("web"), *pods, policies=guard), call)
    assert of(proposal, "shop/cart").ingress.state is State.ISOLATED


@pytest.mark.parametrize("dialect", ["networkpolicy", "cilium", "calico", "calico-enterprise", "cnp", "gke"])
def test_learning_again_gives_the_same_bytes(dialect: str) -> None:
    edges = (
        edge("shop/web", "shop/cart", 9090),
        edge("shop/cart", "data/db", 5432),
        edge("shop/cart", outside("192.0.2.7", "api.example.com"), 443),
    )
    first = learned(cluster(*SHOP), *edges, to=dialect)
    second = learned(cluster(*SHOP, policies=text(first)), *edges, to=dialect)
    assert text(second) == text(first)
    assert not second.obsolete


def test_what_the_flows_no_longer_have_is_gone_from_the_policy() -> None:
    first = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090), edge("shop/web", outside("192.0.2.7"), 443))
    second = learned(cluster(*SHOP, policies=text(first)), edge("shop/web", "shop/cart", 9090))
    assert len(body(second, "shop/learned-web")["spec"]["egress"]) == 1


def test_the_policy_of_a_workload_without_flows_stays() -> None:
    first = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090))
    second = learned(cluster(*SHOP, policies=text(first)), edge("data/db", outside("192.0.2.7"), 443))
    assert not second.replaced
    assert [made.ref.name for made in second.objects] == ["learned-db"]


def test_a_learned_policy_keeps_the_name_that_it_was_given() -> None:
    first = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090))
    renamed = text(first).replace("learned-web", "web-egress")
    second = learned(cluster(*SHOP, policies=renamed), edge("shop/web", "shop/cart", 9090))
    assert sorted(made.ref.name for made in second.objects) == ["learned-cart", "web-egress"]


def test_a_policy_learned_in_another_api_is_told_to_be_deleted() -> None:
    first = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090))
    second = learned(cluster(*SHOP, policies=text(first)), edge("shop/web", "shop/cart", 9090), to="cilium")
    assert [str(ref) for ref in second.obsolete] == [
        "shop/NetworkPolicy/learned-cart",
        "shop/NetworkPolicy/learned-web",
    ]


def test_a_name_that_is_taken_gets_a_number() -> None:
    taken = GUARD.replace("name: cart, ", "name: learned-web, ")
    proposal = learned(cluster(*SHOP, policies=taken), edge("shop/web", outside("192.0.2.7"), 443))
    assert [made.ref.name for made in proposal.objects] == ["learned-web-2"]
