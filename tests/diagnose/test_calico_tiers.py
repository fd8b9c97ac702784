"""Ways out and replicas that differ where tiers of Calico limit, whose end denies as isolation does."""

from __future__ import annotations

import pytest

from ringfence.diagnose import Topic
from tests.diagnose.diagnosing import diagnosed
from tests.diagnose.test_remarks import pod, ways
from tests.survey.manifests import Json, deployment


def calico(selector: str, *egress: Json, tier: str = "default", order: int = 100) -> Json:
    spec: Json = {"tier": tier, "order": order, "selector": selector, "types": ["Egress"], "egress": list(egress)}
    metadata = {"name": f"limit-{order}", "namespace": "shop"}
    return {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


INSIDE: Json = {"action": "Allow", "destination": {"nets": ["10.0.0.0/8"]}}
WORKLOADS = [deployment(name) for name in ("web", "jobs", "db")]


@pytest.mark.parametrize(
    "rules",
    [
        (INSIDE,),  # the tier's end denies the rest
        (INSIDE, {"action": "Deny"}),
        (INSIDE, {"action": "Deny", "destination": {"nets": ["0.0.0.0/0"]}}),
    ],
)
def test_a_workload_that_the_tier_does_not_select_gets_out(rules: tuple[Json, ...]) -> None:
    (what,) = ways(diagnosed(*WORKLOADS, calico("app in {'web', 'jobs'}", *rules)))
    assert what == (
        "NetworkPolicy shop/limit-100 limits egress of namespace shop to the Internet, yet shop/Deployment/db reaches "
        "every public address: no policy selects its pods for egress."
    )


def test_a_policy_that_allows_everything_limits_nothing() -> None:
    assert ways(diagnosed(*WORKLOADS, calico("app in {'web', 'jobs'}", {"action": "Allow"}))) == []


def test_replicas_that_a_tier_tells_apart_are_told() -> None:
    replicas = [pod("web-0", version="1"), pod("web-1", version="2")]
    report = diagnosed(*replicas, calico("app == 'web' && version == '1'", INSIDE))
    (what,) = [each.what for each in report.remarks if each.topic is Topic.VARYING]
    assert "selects 1 of the 2 pods of shop/StatefulSet/web: it asks for `version=1`" in what
