"""What policy generators are criticised for, each a test of its own."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.flows.edges import Coverage
from ringfence.learn.rules import State
from ringfence.model.flow import Loss, LossKind, Outcome, RecordedRule
from tests.learn.worlds import SHOP, body, cluster, edge, learned, node, of, outside, pod, service, workload

DENY = RecordedRule("no-cart", "shop", "CiliumNetworkPolicy", action="deny")


def spec(proposal: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = body(proposal, name)["spec"]
    return found


def test_no_rule_is_made_of_a_flow_that_a_rule_denied() -> None:
    denied = edge("shop/web", "shop/cart", 9090, outcome=Outcome.DENIED, policies=(DENY,))
    by_reason = edge("shop/web", "data/db", 5432, outcome=Outcome.DENIED, reason="POLICY_DENY")
    for include in (False, True):
        proposal = learned(cluster(*SHOP), denied, by_reason, denied=include)
        assert not proposal.objects
        (left,) = proposal.left_out
        assert left.reason == "denied by a rule: never learned from"
        assert (left.edges, left.connections) == (2, 20)


def test_what_nothing_allowed_is_learned_from_only_when_asked() -> None:
    dropped = edge("shop/web", "shop/cart", 9090, outcome=Outcome.DENIED, reason="POLICY_DENIED")
    assert not learned(cluster(*SHOP), dropped).objects
    assert spec(learned(cluster(*SHOP), dropped, denied=True), "shop/learned-cart")["ingress"] == [
        {"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"protocol": "TCP", "port": 9090}]}
    ]


def test_what_leaves_and_is_only_denied_where_it_arrives_is_held_back() -> None:
    """The record of a drop at ingress may be lost: the one at egress says "allowed"."""
    left = edge("shop/web", "shop/cart", 9090, count=3, egress=True)
    denied = edge("shop/web", "shop/cart", 9090, outcome=Outcome.DENIED, reason="POLICY_DENIED", ingress=True)
    proposal = learned(cluster(*SHOP), left, denied)
    assert not proposal.objects
    assert ("seen to leave, not seen to arrive", 3) in {
        (each.reason.partition(":")[0], each.connections) for each in proposal.left_out
    }
    assert learned(cluster(*SHOP), left, denied, denied=True).objects
    arrived = edge("shop/web", "shop/cart", 9090, count=3, egress=True, ingress=True)
    assert learned(cluster(*SHOP), arrived, denied).objects
    assert learned(cluster(*SHOP), left).objects  # nothing speaks against it


GUARD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: admin}}}]}]
"""


def test_what_left_and_policies_deny_where_it_would_arrive_is_held_back() -> None:
    """No denial is on record, and none that it arrived: its record may be lost, so the policies of today decide."""
    left = edge("shop/web", "shop/cart", 9090, count=3, egress=True)
    guarded = cluster(*SHOP, policies=GUARD)
    proposal = learned(guarded, left)
    assert not proposal.objects
    assert [(each.reason, each.connections) for each in proposal.left_out] == [
        ("seen to leave, not seen to arrive, and the policies there deny it: learned from with --include-denied", 3)
    ]
    assert learned(guarded, left, denied=True).objects
    assert learned(guarded, edge("shop/web", "shop/cart", 9090, egress=True, ingress=True)).objects
    assert learned(guarded, edge("shop/web", "shop/cart", 9090)).objects  # the record has no side


def test_an_arrival_that_is_missing_where_arrivals_are_recorded_lowers_the_confidence() -> None:
    left = edge("shop/web", "shop/cart", 9090, count=30, egress=True)
    came = edge("shop/db", "shop/cart", 9090, count=10, egress=True, ingress=True)
    db = pod("db", labels="app: db")
    placed = cluster(pod("web", port=8080), pod("cart", port=9090, node="node-a"), db)

    def arrived_of(*nodes: str) -> tuple[int, float]:
        proposal = learned(placed, left, came, coverage=Coverage(ingress_nodes=nodes))
        (cart,) = (each for each in proposal.workloads if each.group.name == "cart")
        return cart.confidence.not_arrived, cart.confidence.score

    full = arrived_of("kind/node-b")
    lowered = arrived_of("kind/node-a")
    assert (full[0], lowered[0]) == (0, 30)
    assert lowered[1] == round(full[1] / 4)  # 30 of 40 are in doubt


def test_an_audited_flow_is_learned_from() -> None:
    """It passes today, and enforcing the policy would cut it."""
    assert learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090, outcome=Outcome.AUDITED)).objects


def test_a_reply_becomes_no_rule_for_an_ephemeral_port() -> None:
    call = edge("shop/web", "shop/cart", 9090)
    reply = edge("shop/cart", "shop/web", 43_210, guessed=True)
    proposal = learned(cluster(*SHOP), call, reply)
    assert of(proposal, "shop/cart").egress.state is State.UNSEEN
    assert of(proposal, "shop/web").ingress.state is State.UNSEEN
    (left,) = proposal.left_out
    assert left.reason.startswith("doubtful: an ephemeral port")
    assert left.connections == 10


def test_an_ephemeral_port_that_a_pod_declares_is_a_service() -> None:
    shop = (pod("web"), pod("grpc", port=50_051))
    assert of(learned(cluster(*shop), edge("shop/web", "shop/grpc", 50_051)), "shop/grpc").ingress.rules


def test_the_port_is_the_pods_and_not_the_services() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n"
        "spec: {clusterIP: 10.96.0.20, selector: {app: cart}, ports: [{port: 80, targetPort: 9090}]}\n"
    )
    proposal = learned(cluster(*SHOP, text), edge("shop/web", service("shop/cart"), 80))
    (rule,) = spec(proposal, "shop/learned-cart")["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 9090}]
    assert {"protocol": "TCP", "port": 9090} in spec(proposal, "shop/learned-web")["egress"][-1]["ports"]


def test_a_services_port_on_a_pod_that_does_not_have_it_is_the_targets() -> None:
    """Seen before the address was translated, and told with the pod's name."""
    proposal = learned(cluster(*SHOP), edge("shop/web", "kube-system/coredns", 53, "UDP"))
    ports = [{"protocol": "UDP", "port": 5353}, {"protocol": "TCP", "port": 5353}]
    assert [rule["ports"] for rule in spec(proposal, "shop/learned-web")["egress"]] == [ports]


def test_a_selector_has_no_label_that_a_rollout_changes() -> None:
    labels = "app: web, pod-template-hash: 6d8f9, controller-revision-hash: x1, version: v2"
    proposal = learned(cluster(pod("web", labels=labels), pod("cart")), edge("shop/web", "shop/cart", 9090))
    assert spec(proposal, "shop/learned-web")["podSelector"] == {"matchLabels": {"app": "web"}}


def test_a_selector_has_no_label_that_some_pod_lacks() -> None:
    both = [
        pod(f"web-{number}", labels=labels, owner="ReplicaSet/web")
        for number, labels in enumerate(("app: web, canary: yes-sir", "app: web"))
    ]
    proposal = learned(cluster(*both, pod("cart")), edge(workload("shop/web", kind="ReplicaSet"), "shop/cart", 9090))
    assert spec(proposal, "shop/learned-web")["podSelector"] == {"matchLabels": {"app": "web"}}


def test_no_peer_is_dropped_in_silence() -> None:
    """What no rule can name is told, and the direction is left open rather than cut."""
    unknown = outside("")
    proposal = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090), edge("shop/web", unknown, 443))
    side = of(proposal, "shop/web").egress
    assert side.state is State.OPEN
    assert side.reasons == ("unknown has no address on record",)
    assert [each.reason for each in proposal.left_out] == ["the destination has no address on record"]


def test_a_selector_that_also_means_pods_with_unnameable_callers_isolates_nobody() -> None:
    """``a`` has no label to be told by, so its policy would be for ``b`` as well, and cut who calls that."""
    shop = [pod(name, labels=f"other-{name}: x, more-{name}: y") for name in ("b", "c", "d", "e")]
    lone = pod("a").replace("labels: {app: a}", "labels: {}")
    edges = edge("shop/b", "shop/a", 80), edge(outside(""), "shop/b", 80)
    proposal = learned(cluster(lone, *shop), *edges)
    side = of(proposal, "shop/a").ingress
    assert [str(each) for each in of(proposal, "shop/a").group.also]
    assert side.state is State.OPEN
    assert side.reasons == ("its selector also means shop/Pod/b: unknown has no address on record",)


def test_dns_is_kept_although_nobody_saw_it() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", outside("192.0.2.7", "api.example.com"), 443))
    assert spec(proposal, "shop/learned-web")["egress"][0] == {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": [{"protocol": "UDP", "port": 5353}, {"protocol": "TCP", "port": 5353}],
    }


def test_a_single_ipv6_address_is_a_range_of_128_bits() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", outside("2001:db8::1"), 443))
    (rule,) = spec(proposal, "shop/learned-web")["egress"]
    assert rule["to"] == [{"ipBlock": {"cidr": "2001:db8::1/128"}}]


@pytest.mark.parametrize(
    ("dialect", "peer"),
    [
        ("cilium", {"toFQDNs": [{"matchName": "api.example.com"}]}),
        ("cnp", {"to": [{"domainNames": ["api.example.com"]}]}),
        ("networkpolicy", {"to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}]}),
    ],
)
def test_an_external_name_is_a_name_or_its_addresses_and_never_the_world(dialect: str, peer: dict[str, Any]) -> None:
    call = edge("shop/web", outside("192.0.2.7", "api.example.com"), 443)
    proposal = learned(cluster(*SHOP), call, to=dialect)
    name = "/shop.learned-web" if dialect == "cnp" else "shop/learned-web"
    rule = spec(proposal, name)["egress"][-1]
    assert peer.items() <= rule.items()


def test_only_the_direction_that_was_seen_is_isolated() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090))
    assert spec(proposal, "shop/learned-web")["policyTypes"] == ["Egress"]
    assert spec(proposal, "shop/learned-cart")["policyTypes"] == ["Ingress"]


def test_names_and_order_are_the_same_each_time() -> None:
    edges = [edge("shop/web", "shop/cart", 9090), edge("shop/cart", "data/db", 5432)]
    one, other = learned(cluster(*SHOP), *edges), learned(cluster(*reversed(SHOP)), *reversed(edges))
    assert [made.body for made in one.objects] == [made.body for made in other.objects]
    assert [str(made.ref) for made in one.objects] == [
        "data/NetworkPolicy/learned-db",
        "shop/NetworkPolicy/learned-cart",
        "shop/NetworkPolicy/learned-web",
    ]


def test_coverage_and_lost_evidence_are_told() -> None:
    hours = tuple(range(490_000, 490_024))
    lost = Loss(LossKind.LOST_EVENTS, "100 events lost on n1", 100)
    coverage = Coverage(490_000 * 3600, 490_024 * 3600 - 1, hours, ("hubble",), records=900, losses=(lost,))
    window = learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090), coverage=coverage).window
    assert (window.hours, window.span, window.lost) == (24, 24, 100)
    assert window.losses == (lost,)


def test_what_is_allowed_beyond_the_flows_is_counted_and_listed() -> None:
    ends = [outside(f"192.0.2.{number}") for number in (0, 1, 3)]
    proposal = learned(cluster(*SHOP), *(edge("shop/web", end, 443) for end in ends), budget=1)
    (extra,) = proposal.beyond.ranges
    assert str(extra.addresses) == "192.0.2.2-192.0.2.2"
    assert str(extra.ports) == "TCP 443"
    assert proposal.beyond.addresses == 1


def test_the_result_is_checked_against_the_flows_it_came_from() -> None:
    """A policy of the cluster denies what was seen before it came: no allow beside it helps, and that is said."""
    deny = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: no-cart}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
"""
    proposal = learned(
        cluster(*SHOP, policies=deny), edge("shop/web", "shop/cart", 9090), edge("shop/cart", "data/db", 5432)
    )
    (cut,) = proposal.proof.cut
    assert str(cut.connection) == "shop/Pod/web → shop/Pod/cart TCP 9090"
    assert cut.why == "ingress denied by ClusterNetworkPolicy/no-cart"
    assert cut.before
    assert not proposal.keeps_everything


def test_a_probe_of_the_node_is_no_evidence_and_needs_no_rule() -> None:
    status = "status: {addresses: [{type: InternalIP, address: 10.1.0.1}]}"
    nodes = f"apiVersion: v1\nkind: Node\nmetadata: {{name: n1}}\n{status}\n"
    web = pod("web", port=8080, ip="10.0.0.1", node="n1")
    proposal = learned(cluster(nodes, web, pod("cart", ip="10.0.0.2")), edge(node("10.1.0.1"), "shop/web", 8080))
    assert not proposal.objects
    assert of(proposal, "shop/web").probes == 10
