"""Incident 3: the policy looks right, yet the frontend can't reach the backend."""

from __future__ import annotations

import pytest

from tests.incidents.states import change
from tests.incidents.verdicts import check

INCIDENT = "03-looks-right"
OPENED = {"shop/Deployment/frontend > shop/Deployment/backend TCP 8080"}


def test_the_own_egress_rule_asks_a_label_that_the_backend_lacks() -> None:
    check(
        f"{INCIDENT}/egress-peer",
        """
        shop/Deployment/frontend > service:shop/backend TCP 80: broken no, fixed yes, fixed-labels yes
        # No policy selects the debug pod, so its egress is free; nothing guards the backend.
        shop/debug > service:shop/backend TCP 80: broken yes, fixed yes, fixed-labels yes
        shop/Deployment/frontend > service:kube-system/kube-dns UDP 53: broken yes, fixed yes, fixed-labels yes
        # The new label doesn't take the backend away from where it is needed.
        shop/Deployment/backend > service:shop/postgres TCP 5432: broken yes, fixed yes, fixed-labels yes
        """,
    )


def test_a_policy_that_selects_nothing_leaves_the_default_deny_alone() -> None:
    check(
        f"{INCIDENT}/ingress-subject",
        """
        shop/Deployment/frontend > service:shop/backend TCP 80: broken no, fixed yes, fixed-labels yes
        # The debug pod was given the labels that the policy asks for.
        shop/Deployment/frontend > shop/backend-debug TCP 8080: broken yes, fixed yes, fixed-labels yes
        ingress-nginx/Deployment/ingress-nginx-controller > shop/Deployment/backend TCP 8080: broken no, fixed no
        """,
    )


def test_the_rule_asks_a_label_that_the_frontend_lacks() -> None:
    check(
        f"{INCIDENT}/ingress-peer",
        """
        shop/Deployment/frontend > service:shop/backend TCP 80: broken no, fixed yes
        shop/frontend-debug > service:shop/backend TCP 80: broken yes, fixed yes
        shop/StatefulSet/postgres > service:shop/backend TCP 80: broken no, fixed no
        """,
    )


def test_the_rule_asks_a_label_that_the_namespace_lacks() -> None:
    check(
        f"{INCIDENT}/namespace-label",
        """
        web/Deployment/frontend > service:api/backend TCP 80: broken no, fixed yes, fixed-labels yes
        # The debug pod runs in a namespace that has both labels: it should never have been let in.
        tools/debug > service:api/backend TCP 80: broken yes, fixed no, fixed-labels yes
        kube-system/Deployment/coredns > service:api/backend TCP 80: broken no, fixed no, fixed-labels no
        """,
    )


@pytest.mark.parametrize("fix", ["fixed", "fixed-labels"])
@pytest.mark.parametrize("variant", ["egress-peer", "ingress-subject"])
def test_selector_and_template_label_open_the_same(variant: str, fix: str) -> None:
    assert change(f"{INCIDENT}/{variant}", "broken", fix) == (OPENED, set())


def test_a_relaxed_peer_opens_only_the_frontend() -> None:
    assert change(f"{INCIDENT}/ingress-peer", "broken", "fixed") == (OPENED, set())


def test_labelling_the_namespace_opens_what_naming_it_opens_but_keeps_the_debug_pod() -> None:
    opened = {"web/Deployment/frontend > api/Deployment/backend TCP 8080"}
    assert change(f"{INCIDENT}/namespace-label", "broken", "fixed-labels") == (opened, set())
    closed = {"tools/Pod/debug > api/Deployment/backend TCP 8080"}
    assert change(f"{INCIDENT}/namespace-label", "broken", "fixed") == (opened, closed)
