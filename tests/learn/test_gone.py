"""Records are older than the cluster: workloads that are gone, pods that no inventory has, nodes known by name."""

from __future__ import annotations

from typing import Any

from ringfence.flows.edges import Party, PartyKind
from ringfence.learn.rules import State
from tests.learn.worlds import SHOP, body, cluster, edge, learned, of, pod, workload

NODES = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 10.1.0.1}]}\n"
)


def peers(proposal: Any, name: str) -> list[Any]:
    return [peer for rule in body(proposal, name)["spec"].get("ingress", []) for peer in rule["from"]]


def test_a_workload_that_is_gone_is_selected_by_its_recorded_labels() -> None:
    labels = (("app", "old"), ("pod-template-hash", "x"))
    old = Party(PartyKind.WORKLOAD, "shop", "Deployment/old", labels=labels)
    proposal = learned(cluster(*SHOP), edge(old, "shop/cart", 9090))
    assert peers(proposal, "shop/learned-cart") == [{"podSelector": {"matchLabels": {"app": "old"}}}]
    assert [made.ref.name for made in proposal.objects] == ["learned-cart"]


def test_a_job_that_is_gone_gets_a_policy_since_it_comes_again() -> None:
    job = workload("shop/report", kind="CronJob", app="report")
    proposal = learned(cluster(*SHOP), edge(job, "data/db", 5432))
    assert body(proposal, "shop/learned-report")["spec"]["podSelector"] == {"matchLabels": {"app": "report"}}


def test_a_workload_under_a_new_name_is_the_one_with_the_same_labels() -> None:
    old = workload("shop/web-old", kind="Deployment", app="web")
    proposal = learned(cluster(*SHOP), edge(old, "shop/cart", 9090), edge("shop/web", "data/db", 5432))
    each = of(proposal, "shop/web")
    assert str(each.group) == "shop/Pod/web"
    assert [rule.peer for rule in each.egress.rules] == ["data/Pod/db", "shop/Pod/cart"]


def test_a_workload_that_is_gone_without_labels_is_listed_and_opens_nothing() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/gone", "shop/cart", 9090), edge("shop/web", "shop/cart", 9090))
    (left,) = proposal.left_out
    assert left.reason == "the source is gone from the cluster, and no record has its labels"
    assert of(proposal, "shop/cart").ingress.state is State.ISOLATED


def test_a_pod_that_no_inventory_has_is_known_by_its_labels() -> None:
    unknown = Party(PartyKind.UNKNOWN, "shop", labels=(("app", "burst"),))
    proposal = learned(cluster(*SHOP), edge(unknown, "shop/cart", 9090))
    assert peers(proposal, "shop/learned-cart") == [{"podSelector": {"matchLabels": {"app": "burst"}}}]


def test_an_unknown_address_of_the_cluster_leaves_the_direction_open() -> None:
    unknown = Party(PartyKind.UNKNOWN, address="10.0.0.77")
    proposal = learned(cluster(*SHOP), edge(unknown, "shop/cart", 9090), edge("shop/web", "shop/cart", 9090))
    assert of(proposal, "shop/cart").ingress.state is State.OPEN
    assert of(proposal, "shop/web").egress.state is State.ISOLATED


def test_a_node_known_by_its_name_has_the_addresses_of_the_input() -> None:
    named = Party(PartyKind.NODE, workload="Node/n1")
    (rule,) = body(learned(cluster(NODES, *SHOP), edge("shop/web", named, 9100)), "shop/learned-web")["spec"]["egress"]
    assert rule["to"] == [{"ipBlock": {"cidr": "10.1.0.1/32"}}]


def test_a_node_that_may_run_the_pod_is_taken_for_the_kubelet() -> None:
    """Manifests don't tell where pods run."""
    named = Party(PartyKind.NODE, workload="Node/elsewhere")
    proposal = learned(cluster(*SHOP), edge(named, "shop/cart", 9090), edge("shop/web", "shop/cart", 9090))
    assert of(proposal, "shop/cart").ingress.state is State.ISOLATED
    assert [each.reason for each in proposal.left_out] == [
        "a node that may run the pod: taken for the kubelet's probes"
    ]


def test_pods_of_the_host_network_are_named_by_their_nodes_address() -> None:
    agent = pod("agent", ip="10.1.0.1", node="n1", host=True)
    proposal = learned(cluster(NODES, agent, *SHOP), edge("shop/agent", "shop/cart", 9090))
    assert peers(proposal, "shop/learned-cart") == [{"ipBlock": {"cidr": "10.1.0.1/32"}}]


def test_a_selector_leaves_out_workloads_that_are_gone_as_well() -> None:
    """Else the policy of the pod without labels would cut the one that may come back."""
    lone = pod("a").replace("labels: {app: a}", "labels: {}")
    old = workload("shop/old", kind="Deployment", app="old")
    proposal = learned(cluster(lone, pod("b")), edge("shop/b", "shop/a", 80), edge("shop/b", old, 80))
    assert str(of(proposal, "shop/a").group.selector) == "!app"
    assert not proposal.proof.cut


def test_a_node_that_only_records_tell_is_a_node_to_cilium() -> None:
    """Its entities mean nodes, and ranges don't."""
    seen = Party(PartyKind.NODE, address="10.1.0.9")
    proposal = learned(cluster(*SHOP), edge("shop/web", seen, 9100), to="cilium")
    assert body(proposal, "shop/learned-web")["spec"]["egress"][-1]["toEntities"] == ["host", "remote-node"]
    assert not proposal.proof.cut
