"""Incident 6: alerts and the dashboard ask for metrics that exist, by labels that they have."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.docs.paths import DOCS
from tests.incidents.states import INCIDENTS

OBSERVABILITY = INCIDENTS / "06-invisible-denies" / "observability"
RUNBOOK = DOCS / "runbooks" / "denied-connections.md"

METRICS = {
    # "Monitoring & Metrics" in the Cilium documentation: Documentation/observability/metrics.rst
    "cilium_drop_count_total": {"reason", "direction"},
    "cilium_policy": set(),
    "cilium_policy_change_total": {"outcome"},
    "cilium_policy_implementation_delay_bucket": {"source", "le"},
    "cilium_bpf_map_pressure": {"map_name"},
    "hubble_drop_total": {"reason", "protocol"},
    "hubble_dns_responses_total": {"rcode", "qtypes", "ips_returned"},
    "hubble_lost_events_total": {"source"},
    # pkg/hubble/metrics/policy/handler.go in cilium/cilium
    "hubble_policy_verdicts_total": {"direction", "match"},
    # README of aws/aws-network-policy-agent
    "network_policy_drop_count_total": {"direction"},
    # "Metrics" in the documentation of netobserv
    "netobserv_namespace_network_policy_events_total": {"type", "namespace", "name", "action", "direction"},
}
"""The metrics that the documentation of each project has, with their labels."""

NAME = re.compile(r"\b(?:cilium|hubble|netobserv|network_policy|goldmane|coredns)_[a-z0-9_]+")
SELECTOR = re.compile(r"(\b[a-z_]+)\{([^}]*)\}")
GROUPING = re.compile(r"by \(([^)]*)\)")


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    dashboard = json.loads((OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8"))
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules()), *panels, *(note["expr"] for note in dashboard["annotations"]["list"])]


@pytest.mark.parametrize("expression", expressions())
def test_every_metric_exists_with_the_labels_that_are_asked_for(expression: str) -> None:
    without_values = re.sub(r'"[^"]*"', '""', expression)
    names = set(NAME.findall(without_values))
    assert names
    assert names <= set(METRICS)
    for name, selector in SELECTOR.findall(without_values):
        labels = {re.split(r"[=!]", part)[0].strip() for part in selector.split(",")}
        assert labels <= METRICS[name], name
    known = set().union(*(METRICS[name] for name in names))
    for grouping in GROUPING.findall(without_values):
        assert {label.strip() for label in grouping.split(",")} <= known


def test_every_alert_leads_to_a_part_of_the_runbook() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in RUNBOOK.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert page == "docs/runbooks/denied-connections.md"
        assert anchor in headings, anchor
        assert rule["for"]
        assert rule["annotations"]["summary"].endswith(".")


def test_the_runbook_lists_every_metric_that_is_used() -> None:
    page = RUNBOOK.read_text(encoding="utf-8")
    used = {name for expression in expressions() for name in NAME.findall(re.sub(r'"[^"]*"', '""', expression))}
    assert all(f"`{name.removesuffix('_bucket')}`" in page for name in used)
