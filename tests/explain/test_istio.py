"""What ``why`` says of a connection that a mesh refuses: in the words of identities and mutual TLS."""

from __future__ import annotations

import io

import pytest

from ringfence.cluster import Cluster
from ringfence.render import why_text
from ringfence.sources import load_snapshot
from tests.dialects.istio.manifests import CLUSTER, ambient, peer_authentication, policy

WEB_ONLY = policy(
    "{selector: {matchLabels: {app: db}}, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}],"
    " to: [{operation: {ports: ['5432']}}]}]}"
)
STRICT = peer_authentication("{mtls: {mode: STRICT}}", name="default")
NO_TLS = peer_authentication("{mtls: {mode: DISABLE}}", name="default")
DENY = policy("{action: DENY, rules: [{from: [{source: {namespaces: [other]}}]}]}", name="not-other")
NETWORK = (
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: shop}\n"
    "spec: {podSelector: {matchLabels: {app: db}}, ingress: []}\n"
)


def cluster_with(text: str) -> Cluster:
    return Cluster(load_snapshot(["-"], stdin=io.BytesIO((CLUSTER + text).encode())))


@pytest.mark.parametrize(
    ("text", "source", "port", "kind", "words"),
    [
        (
            WEB_ONLY,
            "plain/old",
            5432,
            "mesh-identity",
            (
                "AuthorizationPolicy shop/p, rule 1, allows only principals cluster.local/ns/shop/sa/web; plain/old"
                " isn't in the mesh, and has no identity."
            ),
        ),
        (
            WEB_ONLY,
            "other/api",
            5432,
            "mesh-identity",
            (
                "AuthorizationPolicy shop/p, rule 1, allows only principals cluster.local/ns/shop/sa/web; other/api is"
                " cluster.local/ns/other/sa/robot."
            ),
        ),
        (
            WEB_ONLY,
            "8.8.8.8",
            5432,
            "mesh-identity",
            (
                "AuthorizationPolicy shop/p, rule 1, allows only principals cluster.local/ns/shop/sa/web; 8.8.8.8 is"
                " outside the cluster, and has no identity in the mesh."
            ),
        ),
        (
            WEB_ONLY,
            "shop/web",
            80,
            "port",
            "AuthorizationPolicy shop/p, rule 1, allows TCP 5432, and the connection is to TCP 80.",
        ),
        (
            STRICT,
            "plain/old",
            80,
            "mutual-tls",
            (
                "PeerAuthentication shop/default requires mutual TLS of those who call shop/db; plain/old isn't in the"
                " mesh, and comes without."
            ),
        ),
        (
            DENY,
            "other/api",
            80,
            "mesh-deny",
            (
                "AuthorizationPolicy shop/not-other, rule 1, denies other/api at shop/db: a deny wins over every allow"
                " of the mesh."
            ),
        ),
        (
            WEB_ONLY + NO_TLS,
            "shop/web",
            5432,
            "mesh-identity",
            (
                "AuthorizationPolicy shop/p, rule 1, asks who the caller is, and callers of shop/db come without mutual"
                " TLS."
            ),
        ),
        (
            policy("{rules: [{from: [{source: {ipBlocks: [10.1.0.0/16]}}]}]}"),
            "shop/web",
            80,
            "mesh-identity",
            "AuthorizationPolicy shop/p, rule 1, allows only addresses 10.1.0.0/16; shop/web is none of them.",
        ),
        (
            policy("{}"),
            "shop/web",
            80,
            "no-rule",
            "Ingress to shop/db is isolated by AuthorizationPolicy shop/p, and it has no rule.",
        ),
    ],
)
def test_the_cause_says_who_the_caller_is_to_the_mesh(text: str, source: str, port: int, kind: str, words: str) -> None:
    (causes,) = cluster_with(text).why(source, "shop/db", port).causes
    assert (str(causes[0].kind), causes[0].text) == (kind, words)
    assert causes[0].origin.position.line > 0


def test_what_only_the_network_denies_is_the_network_s() -> None:
    (causes,) = cluster_with(NETWORK + WEB_ONLY).why("plain/old", "shop/db", 5432).causes
    assert "NetworkPolicy shop/n" in causes[0].text


@pytest.mark.parametrize(("text", "source"), [(WEB_ONLY, "plain/old"), (STRICT, "plain/old"), (DENY, "other/api")])
def test_no_change_of_labels_or_of_the_network_is_offered_for_what_the_mesh_refuses(text: str, source: str) -> None:
    fixes = cluster_with(text).fix(source, "shop/db", 5432).fixes
    apis = {patch.target.api_version for fix in fixes for patch in fix.patches}
    assert apis == {"security.istio.io/v1"}


def test_a_rule_by_request_is_left_out_where_ztunnel_guards() -> None:
    spec = "{rules: [{from: [{source: {principals: ['*']}}], to: [{operation: {methods: [GET]}}]}]}"
    own = CLUSTER.replace("app: db, security.istio.io/tlsMode: istio", "app: db") + ambient("shop")
    cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO((own + policy(spec)).encode())))
    (causes,) = cluster.why("shop/web", "shop/db", 80).causes
    assert causes[0].text.endswith("which ztunnel doesn't see at shop/db: it leaves the rule out.")


def test_a_deny_by_request_is_told_the_right_way_round() -> None:
    text = policy("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}")
    answer = cluster_with(text).why("shop/web", "shop/db", 80)
    assert why_text.sentence(answer.judgements[0]).endswith("only if not (HTTP POST).")


def test_stages_are_named_in_words() -> None:
    text = why_text.render(cluster_with(STRICT + DENY + WEB_ONLY).why("shop/web", "shop/db", 5432))
    assert "Mutual TLS" in text
    assert "Mesh denies" in text
    assert "Mesh allows  AuthorizationPolicy shop/p, rule 1 allows it" in text
    assert "istio-" not in text


def test_an_answer_by_the_registry_says_what_it_assumes() -> None:
    limited = (
        "---\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: shop}\n"
        "spec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n"
    )
    answer = cluster_with(limited).why("shop/web", "192.0.2.1", 443)
    assert str(answer.causes[0][0].kind) == "mesh-deny"
    assert "which doesn't list 192.0.2.1" in answer.causes[0][0].text
    assert any("avoids its proxy" in note for note in answer.notes)
    assert not any("avoids its proxy" in note for note in cluster_with("").why("shop/web", "192.0.2.1", 443).notes)
