"""RF309: the collector of metrics can't reach pods that have metrics."""

from __future__ import annotations

from tests.lint.linting import codes, pod, policy


def test_metrics_that_nobody_can_collect_are_told() -> None:
    web = pod("shop/web", "app: web", ports="{name: metrics, containerPort: 9090}")
    collector = pod("mon/p", "app.kubernetes.io/name: prometheus")
    closed = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress]")
    assert codes(web + collector + closed, "RF309") == ["RF309"]
    assert codes(web + collector, "RF309") == []
    assert codes(web + closed, "RF309") == []
