"""Fixes for what a mesh refuses, on a small cluster by hand; the engine has verified each.

In the cluster web (account web) and db are in shop, api (account robot) in other, and old in plain has no sidecar.
"""

from __future__ import annotations

import io

import pytest
import yaml

from ringfence.cluster import Cluster
from ringfence.fix.propose import FixAnswer
from ringfence.sources import load_snapshot
from tests.dialects.istio.manifests import CLUSTER, peer_authentication, pod, policy
from tests.fix.test_candidates import kinds, of_kind, opens
from tests.fix.test_cilium import edits

WEB = "cluster.local/ns/shop/sa/web"
API = "cluster.local/ns/other/sa/robot"
DB = "selector: {matchLabels: {app: db}}"
ON_80 = "to: [{operation: {ports: ['80']}}]"
BY_WEB = f"from: [{{source: {{principals: [{WEB}]}}}}]"
NETWORK = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
"""


def ask(text: str, source: str, port: int = 80, *, more: str = "", deny: bool = False) -> FixAnswer:
    cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO((CLUSTER + more + text).encode())))
    return cluster.fix(source, "shop/db", port, deny=deny)


def test_a_caller_is_added_to_the_principals_of_the_rule_that_allows_the_port() -> None:
    answer = ask(policy(f"{{{DB}, rules: [{{{BY_WEB}, {ON_80}}}]}}"), "other/api")
    best = answer.fixes[0]
    assert edits(best) == [("/spec/rules/0/from/0/source/principals/1", API)]
    assert best.effects.opens == best.effects.closes == ()
    assert best.notes == (f"A mesh knows callers by service account: every pod that runs as {API} is let in.",)


def test_a_caller_becomes_a_source_of_its_own_where_the_one_that_is_there_says_more() -> None:
    narrow = f"from: [{{source: {{principals: [{WEB}], ipBlocks: [10.0.0.0/8]}}}}]"
    answer = ask(policy(f"{{{DB}, rules: [{{{narrow}, {ON_80}}}]}}"), "other/api")
    assert edits(of_kind(answer, "extend-rule")) == [("/spec/rules/0/from/1", {"source": {"principals": [API]}})]


def test_the_namespace_is_added_where_the_rule_lists_namespaces_and_lets_its_other_pods_in() -> None:
    more = pod("other", "cron", "10.0.0.9", "cron")
    rules = f"rules: [{{from: [{{source: {{namespaces: [shop]}}}}], {ON_80}}}]"
    answer = ask(policy(f"{{{DB}, {rules}}}"), "other/api", more=more)
    wide = next(fix for fix in answer.fixes if edits(fix) == [("/spec/rules/0/from/0/source/namespaces/1", "other")])
    assert opens(wide) == [("other/Pod/cron", "shop/Pod/db", "TCP 80")]
    # By its own identity nobody else comes in, so that is the better fix.
    assert edits(answer.fixes[0]) == [("/spec/rules/0/from/1", {"source": {"principals": [API]}})]


def test_a_port_is_added_to_the_rule_that_allows_the_caller() -> None:
    answer = ask(policy(f"{{{DB}, rules: [{{{BY_WEB}, {ON_80}}}]}}"), "shop/web", 8080)
    best = answer.fixes[0]
    assert edits(best) == [("/spec/rules/0/to/0/operation/ports/1", "8080")]
    assert best.effects.opens == ()


def test_a_rule_is_added_to_the_policy_that_allows_or_stands_in_a_new_one() -> None:
    answer = ask(policy(f"{{{DB}, rules: [{{{BY_WEB}, {ON_80}}}]}}"), "other/api", 8080)
    rule = {"from": [{"source": {"principals": [API]}}], "to": [{"operation": {"ports": ["8080"]}}]}
    added = of_kind(answer, "add-rule")
    assert edits(added) == [("/spec/rules/1", rule)]
    assert added.effects.opens == ()
    (new,) = of_kind(answer, "new-policy").patches
    assert new.manifest == yaml.safe_load(f"""
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {{name: allow-api-to-db, namespace: shop}}
        spec:
          selector: {{matchLabels: {{app: db}}}}
          action: ALLOW
          rules:
            - from: [{{source: {{principals: [{API}]}}}}]
              to: [{{operation: {{ports: ["8080"]}}}}]
    """)


def test_a_policy_that_allows_nothing_gets_its_first_rule() -> None:
    answer = ask(policy("{}"), "shop/web")
    rule = {"from": [{"source": {"principals": [WEB]}}], "to": [{"operation": {"ports": ["80"]}}]}
    assert edits(of_kind(answer, "add-rule")) == [("/spec/rules", [rule])]


def test_an_address_outside_is_named_by_its_range() -> None:
    answer = ask(policy("{}"), "8.8.8.8")
    rule = {"from": [{"source": {"ipBlocks": ["8.8.8.8/32"]}}], "to": [{"operation": {"ports": ["80"]}}]}
    assert edits(of_kind(answer, "add-rule")) == [("/spec/rules", [rule])]


def test_a_caller_without_an_identity_is_let_in_with_all_others_and_it_is_said() -> None:
    answer = ask(policy(f"{{{DB}, rules: [{{{BY_WEB}, {ON_80}}}]}}"), "plain/old")
    added = of_kind(answer, "add-rule")
    assert edits(added) == [("/spec/rules/1", {"to": [{"operation": {"ports": ["80"]}}]})]
    assert ("other/Pod/api", "shop/Pod/db", "TCP 80") in opens(added)
    assert added.notes[0].startswith(
        "plain/old isn't in the mesh and has no identity, so the rule is for every caller."
    )


def test_the_policy_of_the_caller_is_never_touched() -> None:
    own = policy("{selector: {matchLabels: {app: web}}, rules: []}", name="own")
    answer = ask(policy(f"{{{DB}}}") + own, "shop/web")
    targets = {(patch.target.namespace, patch.target.name) for fix in answer.fixes for patch in fix.patches}
    assert targets == {("shop", "p"), ("shop", "allow-web-to-db")}


DENIES = [
    # The caller is one of several: it is taken out of the list.
    (
        f"from: [{{source: {{principals: [{WEB}, {API}]}}}}]",
        [("/spec/rules/0/from/0/source/principals", [WEB])],
    ),
    # The port is one of several: it is taken out of the list.
    ("to: [{operation: {ports: ['80', '81']}}]", [("/spec/rules/0/to/0/operation/ports", ["81"])]),
    # The whole namespace is denied: the caller is excepted.
    (
        "from: [{source: {namespaces: [other]}}]",
        [("/spec/rules/0", {"from": [{"source": {"namespaces": ["other"], "notPrincipals": [API]}}]})],
    ),
]


@pytest.mark.parametrize(("rule", "expected"), DENIES)
def test_a_deny_leaves_out_what_is_wanted(rule: str, expected: list[tuple[str, object]]) -> None:
    answer = ask(policy(f"{{action: DENY, rules: [{{{rule}}}]}}"), "other/api")
    assert expected in [edits(fix) for fix in answer.fixes]
    assert answer.fixes


def test_a_deny_on_every_port_stays_on_all_but_the_one_that_is_wanted() -> None:
    answer = ask(
        policy(f"{{{DB}, action: DENY, rules: [{{from: [{{source: {{namespaces: [other]}}}}]}}]}}"), "other/api"
    )
    best = answer.fixes[0]
    assert edits(best) == [
        ("/spec/rules/0", {"from": [{"source": {"namespaces": ["other"], "notPrincipals": [API]}}]}),
        (
            "/spec/rules/1",
            {"from": [{"source": {"namespaces": ["other"]}}], "to": [{"operation": {"notPorts": ["80"]}}]},
        ),
    ]
    assert best.effects.opens == best.effects.closes == ()


def test_a_deny_of_one_rule_goes_with_its_policy() -> None:
    answer = ask(policy("{action: DENY, rules: [{from: [{source: {namespaces: [other]}}]}]}"), "other/api")
    (patch,) = of_kind(answer, "remove-rule").patches
    assert patch.delete


def test_strict_mutual_tls_is_lifted_at_one_port_of_the_workload() -> None:
    answer = ask(peer_authentication("{mtls: {mode: STRICT}}", name="default"), "plain/old")
    (new,) = answer.fixes[0].patches
    assert new.manifest == yaml.safe_load("""
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: plaintext-old-to-db, namespace: shop}
        spec:
          selector: {matchLabels: {app: db}}
          portLevelMtls: {"80": {mode: PERMISSIVE}}
    """)
    # Every other caller without a sidecar gets in at that port, too: here the addresses outside.
    assert {(effect.source.split()[0], str(effect.ports)) for effect in answer.fixes[0].effects.opens} == {
        ("outside", "TCP 80")
    }


def test_the_workloads_own_setting_of_mutual_tls_is_edited_and_keeps_its_other_ports() -> None:
    own = peer_authentication(f"{{{DB}, mtls: {{mode: STRICT}}, portLevelMtls: {{'81': {{mode: DISABLE}}}}}}")
    answer = ask(own, "plain/old")
    assert edits(of_kind(answer, "extend-rule")) == [
        ("/spec/portLevelMtls", {"81": {"mode": "DISABLE"}, "80": {"mode": "PERMISSIVE"}})
    ]


def test_both_layers_are_changed_where_both_deny() -> None:
    answer = ask(NETWORK + policy(f"{{{DB}, rules: [{{{BY_WEB}, {ON_80}}}]}}"), "other/api")
    apis = {tuple(patch.target.kind for patch in fix.patches) for fix in answer.fixes}
    assert ("NetworkPolicy", "AuthorizationPolicy") in apis
    assert all({"NetworkPolicy", "AuthorizationPolicy"} == set(kinds) for kinds in apis)


def test_mutual_tls_and_a_missing_rule_are_fixed_together() -> None:
    strict = peer_authentication("{mtls: {mode: STRICT}}", name="default")
    answer = ask(strict + policy(f"{{{DB}, rules: [{{{BY_WEB}, {ON_80}}}]}}"), "plain/old")
    assert ["new-policy", "add-rule"] in kinds(answer)


def test_what_an_external_authorizer_decides_has_no_fix_and_it_is_said() -> None:
    custom = policy("{action: CUSTOM, provider: {name: opa}, rules: [{}]}")
    answer = ask(custom, "shop/web")
    assert answer.fixes == ()
    assert answer.obstacle.startswith("It depends on what the input can't show")


def test_a_connection_is_closed_by_a_deny_of_the_mesh() -> None:
    answer = ask(policy(f"{{{DB}, rules: [{{}}]}}"), "other/api", deny=True)
    manifests = [patch.manifest for fix in answer.fixes for patch in fix.patches if patch.manifest is not None]
    (deny,) = [body for body in manifests if body["kind"] == "AuthorizationPolicy"]
    assert deny["spec"] == {
        "selector": {"matchLabels": {"app": "db"}},
        "action": "DENY",
        "rules": [{"from": [{"source": {"principals": [API]}}], "to": [{"operation": {"ports": ["80"]}}]}],
    }
    assert all(
        patch.target.kind != "AuthorizationPolicy" or patch.manifest for f in answer.fixes for patch in f.patches
    )
