"""The situations that Istio's documentation explains its authorization by, in this cluster's names."""

from __future__ import annotations

import pytest

from tests.dialects.cluster import World
from tests.dialects.istio.manifests import CLUSTER, EVERYONE, IN_MESH, callers, mesh_config, policy, possible

WEB = "cluster.local/ns/shop/sa/web"


# istio.io/docs/reference/config/security/authorization-policy: any source, any operation, every condition.
def test_a_request_that_nobody_sees_here_is_a_condition_of_those_who_may_send_it() -> None:
    spec = (
        "{action: ALLOW, rules: [{from: [{source: {principals: [%s]}}, {source: {namespaces: [other]}}],"
        " to: [{operation: {methods: [GET], paths: [/info*]}}, {operation: {methods: [POST], paths: [/data]}}],"
        " when: [{key: 'request.auth.claims[iss]', values: ['https://accounts.google.com']}]}]}"
    )
    assert callers(policy(spec.replace("%s", WEB))) == set()
    assert possible(policy(spec.replace("%s", WEB))) == IN_MESH


# Same page: a DENY of one method is of HTTP; plain TCP has no method and is denied on every port that isn't named.
@pytest.mark.parametrize(
    ("operation", "at_80", "at_8080"),
    [
        ("{methods: [POST]}", set(), set()),
        ("{methods: [POST], ports: ['8080']}", EVERYONE, set()),
        ("{notMethods: [GET], ports: ['8080']}", EVERYONE, set()),
    ],
)
def test_a_deny_by_method_is_sure_only_where_it_names_no_port(
    operation: str, at_80: set[str], at_8080: set[str]
) -> None:
    text = policy("{action: DENY, rules: [{to: [{operation: %s}]}]}".replace("%s", operation))
    assert (callers(text, 80), callers(text, 8080)) == (at_80, at_8080)
    assert possible(text, 8080) == EVERYONE


# Same page: the namespace's, the root namespace's with and without a selector.
@pytest.mark.parametrize(
    ("namespace", "spec", "to_web", "to_db"),
    [
        ("shop", "{}", False, False),
        ("other", "{}", True, True),
        ("shop", "{selector: {matchLabels: {app: db}}}", True, False),
        ("shop", "{selector: {matchLabels: {app: db, version: v1}}}", True, True),
        ("shop", "{selector: {}}", False, False),
        ("istio-system", "{selector: {matchLabels: {app: db}}}", True, False),
        ("istio-system", "{}", False, False),
    ],
)
def test_a_policy_is_for_its_namespace_or_for_all_if_that_is_the_root(
    namespace: str, spec: str, to_web: bool, to_db: bool
) -> None:
    world = World(CLUSTER + policy(spec, namespace=namespace))
    assert world.allowed("other/api", "shop/web", 80) is to_web
    assert world.allowed("other/api", "shop/db", 80) is to_db


# istio.io/docs/concepts/security, "Implicit enablement": CUSTOM, then DENY, then ALLOW.
ALLOW_WEB = policy("{rules: [{from: [{source: {principals: [%s]}}]}]}".replace("%s", WEB), name="allow")
DENY_WEB = policy("{action: DENY, rules: [{from: [{source: {principals: [%s]}}]}]}".replace("%s", WEB), name="deny")
ASK = policy("{action: CUSTOM, provider: {name: opa}, rules: [{to: [{operation: {ports: ['80']}}]}]}", name="ask")


@pytest.mark.parametrize(
    ("text", "sure", "perhaps"),
    [
        (ALLOW_WEB, {"web"}, set()),
        (DENY_WEB, EVERYONE - {"web"}, set()),
        (ALLOW_WEB + DENY_WEB, set(), set()),
        (ASK, set(), EVERYONE),
        # Who the authorizer lets through must still be allowed, and not denied.
        (ASK + ALLOW_WEB, set(), {"web"}),
        (ASK + DENY_WEB, set(), EVERYONE - {"web"}),
    ],
)
def test_custom_comes_before_deny_and_that_before_allow(text: str, sure: set[str], perhaps: set[str]) -> None:
    assert (callers(text), possible(text)) == (sure, perhaps)


def test_an_authorizer_is_asked_only_of_what_its_rules_match() -> None:
    assert callers(ASK, 81) == EVERYONE


# istio.io/docs/tasks/security/authorization/authz-tcp: an HTTP field in an ALLOW rule for TCP leaves the rule out.
def test_an_allow_by_ports_is_exact_and_one_by_method_never_sure() -> None:
    ports = policy("{rules: [{to: [{operation: {ports: ['9000', '9001']}}]}]}")
    assert [callers(ports, port) for port in (9000, 9001, 9002)] == [EVERYONE, EVERYONE, set()]
    method = policy("{rules: [{to: [{operation: {methods: [GET], ports: ['9000']}}]}]}")
    assert (callers(method, 9000), possible(method, 9000), possible(method, 9001)) == (set(), EVERYONE, set())


# istio.io/docs/reference/config/security/authorization-policy, Source: a caller without an identity is none of any.
@pytest.mark.parametrize(
    ("source", "sure"),
    [
        ("{principals: ['*']}", IN_MESH),
        ("{notPrincipals: ['*']}", EVERYONE - IN_MESH),
        ("{namespaces: ['s*']}", {"web"}),
        ("{namespaces: ['*er']}", {"api"}),
        ("{notNamespaces: ['*']}", EVERYONE - IN_MESH),
        ("{principals: [%s], notNamespaces: [other]}".replace("%s", WEB), {"web"}),
        ("{principals: ['*'], notIpBlocks: [10.0.0.3]}", {"web"}),
        ("{serviceAccounts: [web]}", {"web"}),
        ("{serviceAccounts: [shop/robot]}", set()),
        ("{notServiceAccounts: [other/robot]}", EVERYONE - {"api"}),
    ],
)
def test_who_a_source_means(source: str, sure: set[str]) -> None:
    assert callers(policy("{rules: [{from: [{source: %s}]}]}".replace("%s", source))) == sure
    denied = callers(policy("{action: DENY, rules: [{from: [{source: %s}]}]}".replace("%s", source)))
    assert denied == EVERYONE - sure


# istio.io/docs/reference/config/security/conditions.
@pytest.mark.parametrize(
    ("entry", "sure", "perhaps"),
    [
        ("{key: source.ip, values: [10.0.0.0/30]}", IN_MESH, set()),
        ("{key: source.principal, values: ['*/sa/robot']}", {"api"}, set()),
        ("{key: source.principal, notValues: ['*/sa/robot']}", EVERYONE - {"api"}, set()),
        ("{key: source.namespace, values: [shop, other], notValues: [other]}", {"web"}, set()),
        ("{key: destination.ip, values: [10.0.0.2]}", EVERYONE, set()),
        ("{key: destination.ip, values: [10.0.0.1, 10.1.0.0/16]}", set(), set()),
        ("{key: destination.ip, notValues: [10.0.0.2]}", set(), set()),
        ("{key: destination.port, values: ['80', '443']}", EVERYONE, set()),
        ("{key: remote.ip, values: [10.0.0.1]}", set(), EVERYONE),
        ("{key: 'request.headers[User-Agent]', values: ['Mozilla/*']}", set(), EVERYONE),
        ("{key: connection.sni, values: [www.example.com]}", set(), EVERYONE),
        ("{key: 'experimental.envoy.filters.network.mysql_proxy[db.table]', values: ['[update]']}", set(), EVERYONE),
    ],
)
def test_what_a_condition_asks(entry: str, sure: set[str], perhaps: set[str]) -> None:
    text = policy("{rules: [{when: [%s]}]}".replace("%s", entry))
    assert (callers(text), possible(text)) == (sure, perhaps)


# istio.io/docs/tasks/security/authorization/authz-td-migration: cluster.local and aliases stand for the mesh's own.
@pytest.mark.parametrize(
    ("principal", "sure"),
    [
        ("new/ns/shop/sa/web", {"web"}),
        ("old/ns/shop/sa/web", {"web"}),
        ("cluster.local/ns/shop/sa/web", {"web"}),
        ("*/ns/shop/sa/web", {"web"}),
        ("*w/ns/shop/sa/web", {"web"}),
        ("new/ns/shop/*", {"web"}),
        ("new/*", IN_MESH),
        ("ne*", IN_MESH),
        ("cluster.l*", set()),
        ("another/ns/shop/sa/web", set()),
        ("*/sa/web", {"web"}),
    ],
)
def test_trust_domains(principal: str, sure: set[str]) -> None:
    allow = policy("{rules: [{from: [{source: {principals: ['%s']}}]}]}".replace("%s", principal))
    assert callers(allow + mesh_config("{trustDomain: new, trustDomainAliases: [old]}")) == sure


def test_the_root_namespace_is_where_the_mesh_s_configuration_says() -> None:
    nothing = policy("{}", namespace="mesh")
    assert callers(nothing) == EVERYONE
    assert callers(nothing + mesh_config("{rootNamespace: mesh}")) == set()
    assert callers(nothing + mesh_config("{}", namespace="mesh")) == set()
    assert callers(nothing + mesh_config("{}", name="istio-1-25", namespace="mesh")) == set()


def test_a_rule_names_the_pod_s_port_and_not_the_service_s() -> None:
    text = policy("{rules: [{to: [{operation: {ports: ['80']}}]}]}")
    world = World(CLUSTER + text)
    assert world.allowed("shop/web", "shop/db", 80)
    assert not world.allowed("shop/web", "shop/db", 8080)
