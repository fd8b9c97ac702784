"""What every cluster needs whatever was seen: DNS, the API server, its webhooks, clients of what faces the outside."""

from __future__ import annotations

from typing import Any

from ringfence.learn import Proposal
from ringfence.learn.rules import Purpose, State
from tests.learn.worlds import SHOP, body, cluster, edge, learned, node, of, outside, pod, service

NODE = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 10.1.0.1}]}\n"
)
API = """\
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [10.1.0.1]}]
ports: [{name: https, port: 6443, protocol: TCP}]
"""
WEBHOOK = """\
apiVersion: v1
kind: Service
metadata: {name: guard, namespace: shop}
spec: {selector: {app: guard}, ports: [{port: 443, targetPort: 8443}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: guard}
webhooks: [{name: guard.example.com, clientConfig: {service: {name: guard, namespace: shop}}}]
"""


def backend(namespace: str, name: str, port: int) -> str:
    metadata = f"metadata: {{name: {name}, namespace: {namespace}}}"
    spec = f"spec: {{selector: {{app: {name}}}, ports: [{{port: {port}}}]}}"
    return f"apiVersion: v1\nkind: Service\n{metadata}\n{spec}\n"


def purposes(proposal: Proposal, name: str) -> list[Purpose]:
    each = of(proposal, name)
    return [rule.purpose for side in (each.egress, each.ingress) for rule in side.rules]


def egress(proposal: Proposal, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(proposal, name)["spec"]["egress"]
    return found


def test_the_observed_question_is_the_evidence_of_the_dns_rule_and_tcp_comes_with_it() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", "kube-system/coredns", 5353, "UDP", count=7))
    (rule,) = of(proposal, "shop/web").egress.rules
    assert rule.purpose is Purpose.DNS
    assert [str(protocol) for protocol, _ in rule.ports] == ["UDP", "TCP"]
    assert rule.total is not None
    assert rule.total.connections == 7


def test_calls_to_plain_addresses_alone_need_no_dns() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", outside("192.0.2.7"), 443))
    assert purposes(proposal, "shop/web") == [Purpose.OBSERVED]


def test_who_calls_pods_behind_a_service_asks_for_its_name() -> None:
    text = backend("shop", "cart", 80)
    proposal = learned(cluster(*SHOP, text), edge("shop/web", "shop/cart", 9090))
    assert purposes(proposal, "shop/web") == [Purpose.DNS, Purpose.OBSERVED]


def test_a_url_in_the_manifest_is_a_name_to_ask_for() -> None:
    web = pod("web").replace("name: c}", "name: c, env: [{name: U, value: 'https://api.example.com'}]}")
    proposal = learned(cluster(web, *SHOP[1:]), edge("shop/web", outside("192.0.2.7"), 443))
    assert purposes(proposal, "shop/web") == [Purpose.DNS, Purpose.OBSERVED]


def test_the_dns_servers_are_asked_by_everyone() -> None:
    """Only web was seen asking; nobody else may be cut from names for that."""
    proposal = learned(cluster(*SHOP), edge("shop/web", "kube-system/coredns", 5353, "UDP"))
    (rule,) = body(proposal, "kube-system/learned-coredns")["spec"]["ingress"]
    assert "from" not in rule


def test_without_dns_pods_in_the_input_their_usual_labels_are_assumed_and_it_is_said() -> None:
    proposal = learned(cluster(pod("web")), edge("shop/web", outside("192.0.2.7", "api.example.com"), 443))
    selector = {"matchLabels": {"k8s-app": "kube-dns"}}
    assert egress(proposal, "shop/learned-web")[0]["to"][0]["podSelector"] == selector
    assert any("was not verified" in note for note in proposal.notes)


def test_a_webhook_is_called_by_the_api_server_although_nobody_saw_it() -> None:
    proposal = learned(cluster(NODE, API, WEBHOOK, pod("guard"), *SHOP), edge("shop/web", "shop/guard", 8080))
    rules = body(proposal, "shop/learned-guard")["spec"]["ingress"]
    assert {"from": [{"ipBlock": {"cidr": "10.1.0.1/32"}}], "ports": [{"protocol": "TCP", "port": 8443}]} in rules


def test_a_webhook_is_open_on_its_port_where_the_api_server_is_not_in_the_input() -> None:
    proposal = learned(cluster(WEBHOOK, pod("guard"), *SHOP), edge("shop/web", "shop/guard", 8080))
    assert {"ports": [{"protocol": "TCP", "port": 8443}]} in body(proposal, "shop/learned-guard")["spec"]["ingress"]


def test_the_api_servers_cluster_address_becomes_where_it_listens() -> None:
    call = edge("shop/web", service("default/kubernetes", "10.96.0.1"), 443)
    rule = egress(learned(cluster(NODE, API, *SHOP), call), "shop/learned-web")[-1]
    assert rule == {"to": [{"ipBlock": {"cidr": "10.1.0.1/32"}}], "ports": [{"protocol": "TCP", "port": 6443}]}


def test_cilium_means_nodes_by_entities_since_its_ranges_mean_none() -> None:
    call = edge("shop/web", node("10.1.0.1"), 6443)
    proposal = learned(cluster(NODE, *SHOP), call, to="cilium")
    assert egress(proposal, "shop/learned-web")[-1]["toEntities"] == ["host", "remote-node"]
    assert not proposal.proof.cut


def test_an_ingress_controller_serves_whoever_comes() -> None:
    nginx = pod("nginx", labels="app.kubernetes.io/name: ingress-nginx")
    proposal = learned(cluster(nginx, *SHOP), edge(outside("198.51.100.4"), "shop/nginx", 443))
    (rule,) = body(proposal, "shop/learned-nginx")["spec"]["ingress"]
    assert rule["from"] == [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
    assert purposes(proposal, "shop/nginx") == [Purpose.PUBLIC]


def test_the_traffic_of_another_node_needs_a_rule() -> None:
    """NodePort traffic comes by the address of the node that took it."""
    web = pod("web", port=8080, ip="10.0.0.1", node="n2")
    edges = (edge(node("10.1.0.1"), "shop/web", 8080), edge("shop/cart", "shop/web", 8080))
    rules = body(learned(cluster(NODE, web, *SHOP[1:]), *edges), "shop/learned-web")["spec"]["ingress"]
    assert [each["from"] for each in rules] == [
        [{"podSelector": {"matchLabels": {"app": "cart"}}}],
        [{"ipBlock": {"cidr": "10.1.0.1/32"}}],
    ]


def test_traffic_of_nodes_alone_isolates_nothing() -> None:
    web = pod("web", port=8080, ip="10.0.0.1", node="n2")
    proposal = learned(cluster(NODE, web), edge(node("10.1.0.1"), "shop/web", 8080))
    assert of(proposal, "shop/web").ingress.state is State.UNSEEN


def test_a_need_that_manifests_show_and_nobody_saw_is_told_when_it_would_be_cut() -> None:
    text = backend("data", "db", 5432)
    web = pod("web").replace("name: c}", "name: c, env: [{name: DB, value: 'postgres://db.data:5432/x'}]}")
    proposal = learned(cluster(web, text, *SHOP[1:]), edge("shop/web", "shop/cart", 9090))
    (need,) = proposal.proof.needs
    assert need.target == "service:data/db"
    assert "db.data" in need.text


def test_nodelocal_dnscache_is_asked_at_its_address() -> None:
    cache = pod("node-local-dns", namespace="kube-system", labels="k8s-app: node-local-dns", ip="10.1.0.1", host=True)
    proposal = learned(cluster(cache, *SHOP), edge("shop/web", outside("192.0.2.7", "api.example.com"), 443))
    targets = [rule["to"] for rule in egress(proposal, "shop/learned-web")]
    assert [{"ipBlock": {"cidr": "169.254.20.10/32"}}] in targets
    assert purposes(proposal, "shop/web") == [Purpose.DNS, Purpose.DNS, Purpose.OBSERVED]
