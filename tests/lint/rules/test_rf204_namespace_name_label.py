"""RF204: a namespace is asked for by a label that it lacks."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace, pod, policy

WEB = pod("shop/web-0", "app: web")
MONITORING = namespace("monitoring")


def admitting(labels: str) -> str:
    return policy(
        "shop/p", f"podSelector: {{}}, ingress: [{{from: [{{namespaceSelector: {{matchLabels: {labels}}}}}]}}]"
    )


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + MONITORING + admitting("{name: monitoring}"), "the widely copied label"),
        (WEB + MONITORING + admitting("{purpose: monitoring}"), "another label with the namespace's name"),
        (WEB + admitting("{name: kube-system}"), "every cluster has kube-system, and none sets the label by itself"),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    (finding,) = lint(manifests, "RF204")
    assert "kubernetes.io/metadata.name: " in finding.hint, why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + namespace("monitoring", name="monitoring") + admitting("{name: monitoring}"), "the label is there"),
        (WEB + MONITORING + admitting("{kubernetes.io/metadata.name: monitoring}"), "the label of the API server"),
        (
            WEB + MONITORING + admitting("{kubernetes.io/metadata.name: monitorin}"),
            "its value is another rule's matter",
        ),
        (WEB + MONITORING + admitting("{stage: live}"), "the value names no namespace"),
        (WEB + admitting("{name: elsewhere}"), "nothing is known of that namespace"),
        (
            WEB
            + MONITORING
            + namespace("m2", purpose="monitoring")
            + admitting("{purpose: monitoring, name: monitoring}"),
            "",
        ),
    ],
)
def test_it_does_not_fire_where_the_label_may_be_meant(manifests: str, why: str) -> None:
    if why:
        assert codes(manifests, "RF204") == [], why
    else:  # `name` fires, `purpose`, which a namespace has, doesn't
        (finding,) = lint(manifests, "RF204")
        assert "`name=monitoring`" in finding.what


def test_it_says_where_the_labels_are_not_known() -> None:
    (finding,) = lint(WEB + admitting("{name: kube-system}"), "RF204")
    assert finding.evidence
