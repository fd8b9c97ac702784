"""Who reaches whom in a mesh; each expectation is a sentence of Istio's reference, named beside it.

One cluster for all cases: in namespace shop the pods web and db, in namespace other the pod api, all with a sidecar; in
namespace plain a pod without one.
"""

from __future__ import annotations

import pytest

from ringfence.model.ports import Protocol
from tests.dialects.cluster import World
from tests.dialects.istio.manifests import CLUSTER, EVERYONE, callers, peer_authentication, policy


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        # No ALLOW policy selects: allow. An empty spec allows nothing; a rule without fields allows all.
        ("{selector: {matchLabels: {app: web}}}", EVERYONE),
        ("{}", set()),
        ("{rules: [{}]}", EVERYONE),
        ("{selector: {matchLabels: {app: db}}}", set()),
        # DENY without rules denies nothing.
        ("{action: DENY}", EVERYONE),
        ("{action: DENY, rules: [{}]}", set()),
        # AUDIT decides nothing.
        ("{action: AUDIT, rules: [{}]}", EVERYONE),
        # Identities need mutual TLS: only callers of the mesh have one.
        ("{rules: [{from: [{source: {principals: ['*']}}]}]}", {"web", "api"}),
        ("{rules: [{from: [{source: {principals: [cluster.local/ns/other/sa/robot]}}]}]}", {"api"}),
        ("{rules: [{from: [{source: {principals: ['cluster.local/ns/shop/*']}}]}]}", {"web"}),
        ("{rules: [{from: [{source: {principals: ['*/sa/robot']}}]}]}", {"api"}),
        ("{rules: [{from: [{source: {namespaces: [other]}}]}]}", {"api"}),
        ("{rules: [{from: [{source: {namespaces: ['*']}}]}]}", {"web", "api"}),
        ("{rules: [{from: [{source: {notNamespaces: [other]}}]}]}", {"web", "old", "world"}),
        ("{rules: [{from: [{source: {notPrincipals: [cluster.local/ns/other/sa/robot]}}]}]}", {"web", "old", "world"}),
        ("{rules: [{from: [{source: {serviceAccounts: [web, other/robot]}}]}]}", {"web", "api"}),
        ("{rules: [{from: [{source: {ipBlocks: [10.0.0.0/30]}}]}]}", {"web", "api"}),
        ("{rules: [{from: [{source: {ipBlocks: [8.8.8.8]}}]}]}", {"world"}),
        ("{rules: [{from: [{source: {notIpBlocks: [10.0.0.0/8]}}]}]}", {"world"}),
        # Fields of a source are ANDed, sources are ORed.
        ("{rules: [{from: [{source: {namespaces: [shop, other], ipBlocks: [10.0.0.3]}}]}]}", {"api"}),
        ("{rules: [{from: [{source: {namespaces: [shop]}}, {source: {ipBlocks: [8.8.8.8]}}]}]}", {"web", "world"}),
        # Operations and conditions.
        ("{rules: [{to: [{operation: {ports: ['80']}}]}]}", EVERYONE),
        ("{rules: [{to: [{operation: {ports: ['81']}}]}]}", set()),
        ("{rules: [{to: [{operation: {notPorts: ['80']}}]}]}", set()),
        ("{rules: [{when: [{key: destination.port, values: ['80']}]}]}", EVERYONE),
        ("{rules: [{when: [{key: destination.port, notValues: ['80']}]}]}", set()),
        ("{rules: [{when: [{key: source.namespace, values: [other]}]}]}", {"api"}),
        ("{rules: [{when: [{key: source.ip, notValues: [10.0.0.0/8]}]}]}", {"world"}),
        # "For a DENY rule, missing attributes are treated as matches"; an ALLOW by HTTP is sure of nothing.
        ("{rules: [{to: [{operation: {methods: [GET]}}]}]}", set()),
        ("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}", set()),
        ("{action: CUSTOM, provider: {name: opa}, rules: [{}]}", set()),
        # A policy of a gateway guards no workload.
        ("{targetRefs: [{kind: Gateway, group: gateway.networking.k8s.io, name: g}]}", EVERYONE),
    ],
)
def test_who_may_call_a_workload(spec: str, expected: set[str]) -> None:
    assert callers(policy(spec)) == expected


def test_a_deny_wins_over_an_allow() -> None:
    allow = policy("{rules: [{}]}", name="allow")
    deny = policy("{action: DENY, rules: [{from: [{source: {namespaces: [other]}}]}]}", name="deny")
    assert callers(allow + deny) == {"web", "old", "world"}


def test_a_policy_of_the_root_namespace_is_for_the_whole_mesh() -> None:
    assert callers(policy("{}", namespace="istio-system")) == set()


def test_a_workload_without_a_sidecar_is_not_guarded() -> None:
    world = World(CLUSTER + policy("{}", namespace="plain"))
    assert world.allowed("shop/web", "plain/old", 80)


def test_a_client_s_policy_doesn_t_limit_what_it_calls() -> None:
    world = World(CLUSTER + policy("{selector: {matchLabels: {app: web}}}"))
    assert world.allowed("shop/web", "shop/db", 80)
    assert not world.allowed("shop/db", "shop/web", 80)


def test_only_tcp_goes_through_the_mesh() -> None:
    assert callers(policy("{}"), 53, Protocol.UDP) == EVERYONE
    assert callers(policy("{action: DENY, rules: [{}]}"), 53, Protocol.UDP) == EVERYONE


def test_a_dry_run_is_not_enforced() -> None:
    assert callers(policy("{}", annotations='{istio.io/dry-run: "true"}')) == EVERYONE


def test_what_depends_on_a_request_is_conditional() -> None:
    spec = "{rules: [{to: [{operation: {methods: [GET], paths: [/api*]}}]}]}"
    verdict = World(CLUSTER + policy(spec)).verdict("shop/web", "shop/db", 80)
    assert (verdict.allowed, verdict.conditional) == (False, True)
    conditions = verdict.ingress.conditional[0].rule.conditions
    assert [condition.text for condition in conditions] == ["HTTP GET", "HTTP path /api*"]


STRICT, PERMISSIVE, DISABLE = (f"{{mtls: {{mode: {mode}}}}}" for mode in ("STRICT", "PERMISSIVE", "DISABLE"))
FOR_DB = "{selector: {matchLabels: {app: db}}, mtls: {mode: %s}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (peer_authentication(STRICT), {"web", "api"}),
        (peer_authentication(PERMISSIVE), EVERYONE),
        (peer_authentication(STRICT, namespace="istio-system"), {"web", "api"}),
        # The workload's own comes before the namespace's, and that before the mesh's.
        (peer_authentication(STRICT, namespace="istio-system") + peer_authentication(PERMISSIVE), EVERYONE),
        (peer_authentication(STRICT) + peer_authentication(FOR_DB % "PERMISSIVE", name="db"), EVERYONE),
        (peer_authentication(PERMISSIVE) + peer_authentication(FOR_DB % "STRICT", name="db"), {"web", "api"}),
        (peer_authentication(STRICT) + peer_authentication(FOR_DB % "UNSET", name="db"), {"web", "api"}),
        # Ports have their own mode.
        (
            peer_authentication(
                "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}, portLevelMtls: {80: {mode: DISABLE}}}"
            ),
            EVERYONE,
        ),
        (
            peer_authentication(
                "{selector: {matchLabels: {app: db}}, mtls: {mode: STRICT}, portLevelMtls: {81: {mode: DISABLE}}}"
            ),
            {"web", "api"},
        ),
    ],
)
def test_who_must_come_with_mutual_tls(text: str, expected: set[str]) -> None:
    assert callers(text) == expected


def test_without_mutual_tls_nobody_has_an_identity() -> None:
    allow = policy("{rules: [{from: [{source: {principals: ['*']}}]}]}")
    assert callers(allow + peer_authentication(DISABLE)) == set()
    assert callers(allow + peer_authentication(DISABLE) + peer_authentication(FOR_DB % "STRICT", name="db")) == {
        "web",
        "api",
    }


def test_the_mesh_and_the_network_must_both_allow() -> None:
    network = (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: shop}\n"
        "spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}\n"
    )
    both = policy("{rules: [{from: [{source: {namespaces: [other, shop]}}]}]}")
    assert callers(network) == {"web"}
    assert callers(both) == {"web", "api"}
    assert callers(network + both) == {"web"}
    assert callers(network + policy("{rules: [{from: [{source: {namespaces: [other]}}]}]}")) == set()
