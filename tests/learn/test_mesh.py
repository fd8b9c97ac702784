"""AuthorizationPolicies of Istio, learned."""

from __future__ import annotations

from typing import Any

from ringfence.learn import Proposal
from ringfence.learn.rules import State
from tests.learn.worlds import cluster, edge, learned, node, outside, pod, workload

IN_MESH = "security.istio.io/tlsMode: istio"
GUARD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard, namespace: data}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress: [{ports: [{port: 5432}]}]
"""


def sidecar(name: str, ip: str, *, namespace: str = "shop", port: int = 0, account: str = "", mesh: bool = True) -> str:
    labels = f"app: {name}, {IN_MESH}" if mesh else f"app: {name}"
    text = pod(name, namespace, labels, ip, port)
    return text.replace("spec: {", f"spec: {{serviceAccountName: {account}, ") if account else text


SHOP = (
    sidecar("web", "10.0.0.1", port=8080, account="web"),
    sidecar("cart", "10.0.0.2", port=9090),
    sidecar("batch", "10.0.0.4"),
    sidecar("db", "10.0.0.3", namespace="data", port=5432, account="db"),
)


def spec(proposal: Proposal, name: str) -> dict[str, Any]:
    (made,) = (made for made in proposal.objects if made.body["metadata"]["name"] == name)
    assert (made.body["apiVersion"], made.body["kind"]) == ("security.istio.io/v1", "AuthorizationPolicy")
    found: dict[str, Any] = made.body["spec"]
    return found


def reasons(proposal: Proposal, name: str) -> tuple[str, ...]:
    (found,) = (each.ingress for each in proposal.workloads if each.group.name == name)
    return found.reasons if found.state is State.OPEN else ()


def test_callers_are_known_by_their_account_at_the_ports_that_were_seen() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", "data/db", 5432), to="istio")
    assert spec(proposal, "learned-db") == {
        "selector": {"matchLabels": {"app": "db"}},
        "action": "ALLOW",
        "rules": [
            {
                "from": [{"source": {"principals": ["cluster.local/ns/shop/sa/web"]}}],
                "to": [{"operation": {"ports": ["5432"]}}],
            }
        ],
    }
    assert not proposal.proof.cut
    assert not proposal.losses


def test_what_else_has_the_account_is_allowed_beyond_and_told() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/cart", "data/db", 5432), to="istio")
    (made,) = proposal.objects
    (comment,) = made.comments.values()
    assert "its service account is also that of shop/Pod/batch" in comment
    beyond = {(each.source.name, each.destination.name) for each in proposal.beyond.pairs}
    assert beyond == {("batch", "db")}


def test_a_caller_that_is_gone_is_known_by_its_namespace() -> None:
    injected = "apiVersion: v1\nkind: Namespace\nmetadata: {name: legacy, labels: {istio-injection: enabled}}\n"
    gone = workload("legacy/old", kind="Deployment", app="old")
    proposal = learned(cluster(*SHOP, injected), edge(gone, "data/db", 5432), to="istio")
    assert spec(proposal, "learned-db")["rules"][0]["from"] == [{"source": {"namespaces": ["legacy"]}}]
    assert not proposal.proof.cut


def test_addresses_outside_are_ranges() -> None:
    proposal = learned(cluster(*SHOP), edge(outside("203.0.113.9"), "shop/web", 8080), to="istio")
    assert spec(proposal, "learned-web")["rules"][0]["from"] == [{"source": {"ipBlocks": ["203.0.113.9/32"]}}]
    assert not proposal.proof.cut


def test_a_caller_outside_the_mesh_has_no_identity_and_leaves_its_server_open() -> None:
    plain = sidecar("plain", "10.0.0.7", mesh=False)
    proposal = learned(cluster(*SHOP, plain), edge("shop/plain", "data/db", 5432), to="istio")
    assert not proposal.objects
    assert reasons(proposal, "db") == ("shop/Pod/plain calls it from outside the mesh, and has no identity",)


def test_a_server_outside_the_mesh_gets_none() -> None:
    plain = sidecar("plain", "10.0.0.7", mesh=False, port=80)
    proposal = learned(cluster(*SHOP, plain), edge("shop/web", "shop/plain", 80), to="istio")
    assert not proposal.objects
    assert "not all in the mesh" in reasons(proposal, "plain")[0]


def test_egress_and_udp_are_not_limited() -> None:
    proposal = learned(cluster(*SHOP), edge("shop/web", "data/db", 5433, "UDP"), to="istio")
    assert not proposal.objects
    (web,) = (each for each in proposal.workloads if each.group.name == "web")
    assert web.egress.reasons == ("AuthorizationPolicy guards servers, not clients",)


def test_what_the_network_allows_already_the_mesh_must_allow_itself() -> None:
    proposal = learned(cluster(*SHOP, policies=GUARD), edge("shop/web", "data/db", 5432), to="istio")
    assert len(spec(proposal, "learned-db")["rules"]) == 1
    assert not proposal.proof.cut


def test_nodes_are_ranges_too() -> None:
    seen = (edge(node("192.168.1.4"), "shop/web", 8080), edge("shop/cart", "shop/web", 8080))
    proposal = learned(cluster(*SHOP), *seen, to="istio")
    sources = [rule["from"][0]["source"] for rule in spec(proposal, "learned-web")["rules"]]
    assert {"ipBlocks": ["192.168.1.4/32"]} in sources
    assert not proposal.proof.cut
