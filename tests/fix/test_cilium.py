"""Fixes for what Cilium's policies decide, on small clusters by hand; the engine has verified each."""

from __future__ import annotations

import pytest
import yaml

from ringfence.fix.search import Fix
from tests.clusters import pod
from tests.fix.test_candidates import CART, DB, WEB, Case, kinds, of_kind, opens

CACHE = pod("data/cache-0", "app=cache", ip="10.0.0.9")


def policy(spec: str, *, name: str = "db", namespace: str = "data") -> str:
    return f"""\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


def guard(sections: str) -> str:
    return policy(f"{{endpointSelector: {{matchLabels: {{app: db}}}}, {sections}}}")


def edits(fix: Fix) -> list[tuple[str, object]]:
    return [(edit.pointer, edit.value) for patch in fix.patches for edit in patch.edits]


ON_5432 = [{"ports": [{"port": "5432", "protocol": "TCP"}]}]
FROM_WEB = [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop", "app": "web"}}]


def test_a_rule_is_added_to_the_policy_that_isolates_and_in_its_own_form() -> None:
    answer = Case(guard("ingress: [{fromEndpoints: [{}]}]"), WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432")
    added = of_kind(answer, "add-rule")
    assert edits(added) == [("/spec/ingress/1", {"fromEndpoints": FROM_WEB, "toPorts": ON_5432})]
    assert added.effects.opens == added.effects.closes == ()


def test_a_policy_of_its_own_is_a_cilium_network_policy_with_string_ports() -> None:
    answer = Case(guard("ingress: [{}]"), WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432")
    (patch,) = of_kind(answer, "new-policy").patches
    assert patch.manifest == yaml.safe_load("""
        apiVersion: cilium.io/v2
        kind: CiliumNetworkPolicy
        metadata: {name: allow-web-0-to-db-0, namespace: data}
        spec:
          endpointSelector: {matchLabels: {app: db}}
          ingress:
            - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": shop, app: web}}]
              toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
    """)


def test_a_rule_for_the_port_gets_one_more_peer_of_the_kind_that_it_has() -> None:
    rule = "ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}]"
    answer = Case(guard(rule)).ask("shop/web-0", "data/db-0:5432")
    assert edits(of_kind(answer, "extend-rule")) == [("/spec/ingress/0/fromEndpoints/1", FROM_WEB[0])]


def test_a_rule_for_addresses_gets_no_pods() -> None:
    rule = "ingress: [{fromCIDR: [192.0.2.0/24], toPorts: [{ports: [{port: '5432', protocol: TCP}]}]}]"
    answer = Case(guard(rule)).ask("shop/web-0", "data/db-0:5432")
    assert sorted(kinds(answer)) == [["add-rule"], ["new-policy"]]


def test_a_rule_of_layer_7_is_left_to_its_requests() -> None:
    rule = (
        "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': shop}}], toPorts:"
        " [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]}]"
    )
    answer = Case(guard(rule)).ask("shop/web-0", "data/db-0:5432")
    assert sorted(kinds(answer)) == [["add-rule"], ["new-policy"]]


def test_addresses_outside_are_written_as_ranges() -> None:
    isolated = policy("{endpointSelector: {matchLabels: {app: web}}, egress: [{}]}", name="web", namespace="shop")
    answer = Case(isolated).ask("shop/web-0", "192.0.2.7:443")
    rule = {"toCIDR": ["192.0.2.7/32"], "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}]}
    assert edits(of_kind(answer, "add-rule")) == [("/spec/egress/1", rule)]


def test_a_deny_gives_way_to_nothing_but_its_own_change() -> None:
    denied = guard("ingress: [{fromEntities: [all]}], ingressDeny: [{fromEntities: [cluster]}]")
    answer = Case(denied, WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432")
    assert kinds(answer) == [["remove-rule"]]
    (fix,) = answer.fixes
    assert edits(fix) == [("/spec/ingressDeny/0", None)]
    assert ("shop/Pod/cart-0", "data/Pod/db-0", "all ports") in opens(fix)


def test_one_port_of_several_is_taken_out_of_a_deny() -> None:
    ports = "[{port: '22', protocol: TCP}, {port: '5432', protocol: TCP}]"
    denied = guard(
        f"ingress: [{{fromEntities: [all]}}], ingressDeny: [{{fromEntities: [all], toPorts: [{{ports: {ports}}}]}}]"
    )
    answer = Case(denied).ask("shop/web-0", "data/db-0:5432")
    assert edits(of_kind(answer, "narrow-rule")) == [("/spec/ingressDeny/0/toPorts/0/ports/1", None)]


@pytest.mark.parametrize("isolated", [True, False])
def test_a_deny_is_proposed_as_a_deny_and_isolates_nothing_that_is_not(isolated: bool) -> None:
    section = "ingress: [{fromEntities: [all]}]" if isolated else "egress: [{toEntities: [all]}]"
    answer = Case(guard(section), WEB, CART, DB, CACHE).ask("shop/web-0", "data/db-0:5432", deny=True)
    specs = [patch.manifest["spec"] for fix in answer.fixes for patch in fix.patches if patch.manifest]
    (ingress,) = [spec for spec in specs if "ingressDeny" in spec]
    assert ingress["ingressDeny"] == [{"fromEndpoints": FROM_WEB, "toPorts": ON_5432}]
    assert ingress.get("enableDefaultDeny") == (None if isolated else {"ingress": False})
    assert all(fix.effects.opens == fix.effects.closes == () for fix in answer.fixes)
