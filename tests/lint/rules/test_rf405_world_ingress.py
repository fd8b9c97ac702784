"""RF405: a policy lets the whole Internet in."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, service
from tests.lint.rules.exposure import WEB, WORLDS, ingress


@pytest.mark.parametrize("rules", WORLDS)
def test_the_world_that_comes_in_is_told_as_well(rules: str) -> None:
    assert codes(WEB + ingress(rules.replace("to:", "from:")), "RF405") == ["RF405"]


def test_a_webhook_may_be_called_from_anywhere() -> None:
    # The API server's address is in no selector: a rule without from is the usual way.
    hook = (
        service("shop/hook", "app: web", "{port: 443, targetPort: 80}")
        + "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: h}\n"
        "webhooks: [{name: h.example.com, clientConfig: {service: {name: hook, namespace: shop}}}]\n---\n"
    )
    assert codes(WEB + hook + ingress("{ports: [{port: 80}]}"), "RF405") == []
