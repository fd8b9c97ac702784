"""What ztunnel does with policies: it knows callers, addresses and ports, and never sees a request.

Source: istio.io/docs/ambient/usage/l4-policy and istiod's conversion of policies for ztunnel.
"""

from __future__ import annotations

import pytest

from tests.dialects.cluster import World
from tests.dialects.istio.manifests import EVERYONE, IN_MESH, ambient, callers, pod, policy, possible

AMBIENT = (
    ambient("shop")
    + pod("shop", "web", "10.0.0.1", "web", mesh=False)
    + pod("shop", "db", "10.0.0.2", mesh=False)
    + pod("shop", "kept", "10.0.0.5")
    + pod("other", "api", "10.0.0.3", "robot")
    + pod("plain", "old", "10.0.0.4", mesh=False)
)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("{rules: [{from: [{source: {principals: ['cluster.local/ns/shop/sa/web']}}]}]}", {"web"}),
        ("{rules: [{from: [{source: {namespaces: [other]}}]}]}", {"api"}),
        ("{rules: [{to: [{operation: {ports: ['80']}}]}]}", EVERYONE),
        # A rule that allows by request never matches, even for those it names.
        ("{rules: [{from: [{source: {principals: ['*']}}], to: [{operation: {methods: [GET]}}]}]}", set()),
        ("{rules: [{to: [{operation: {methods: [GET]}}]}, {from: [{source: {principals: ['*']}}]}]}", IN_MESH),
        # It is left out whole, whichever of its parts speaks of the request.
        ("{rules: [{to: [{operation: {methods: [GET]}}, {operation: {ports: ['80']}}]}]}", set()),
        ("{rules: [{when: [{key: 'request.headers[x]', values: [y]}]}]}", set()),
        # One that denies by request denies every request.
        ("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}", set()),
        (
            "{action: DENY, rules: [{from: [{source: {namespaces: [other]}}], to: [{operation: {paths: [/a]}}]}]}",
            EVERYONE - {"api"},
        ),
        ("{action: DENY, rules: [{to: [{operation: {paths: [/a], ports: ['81']}}]}]}", EVERYONE),
        # It asks no external authorizer.
        ("{action: CUSTOM, provider: {name: opa}, rules: [{}]}", EVERYONE),
    ],
)
def test_what_ztunnel_enforces(spec: str, expected: set[str]) -> None:
    assert callers(policy(spec), cluster=AMBIENT) == expected
    assert possible(policy(spec), cluster=AMBIENT) == set()


def test_a_sidecar_beside_it_sees_requests() -> None:
    world = World(AMBIENT + policy("{rules: [{to: [{operation: {methods: [GET]}}]}]}"))
    assert world.verdict("other/api", "shop/kept", 80).conditional
    assert not world.verdict("other/api", "shop/db", 80).conditional


def test_a_pod_may_leave_the_mesh_of_its_namespace() -> None:
    out = pod("shop", "out", "10.0.0.9", mesh=False).replace("app: out", "istio.io/dataplane-mode: none")
    world = World(AMBIENT + out + policy("{}"))
    assert world.allowed("shop/web", "shop/out", 80)
    assert not world.allowed("shop/out", "shop/db", 80)
