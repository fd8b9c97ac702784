"""Every rule that has a part in a change is named, however its ports and replicas lie."""

from __future__ import annotations

from dataclasses import replace

from ringfence.model.objects import WorkloadRef
from tests.clusters import pod
from tests.diff.worlds import PODS, diff, policy, state

FROM = "from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: cart}}}]"
NAME = "NetworkPolicy data/db"


def db(*ports: str) -> str:
    """A policy with a rule for cart for each text of ports."""
    rules = ", ".join(f"{{{FROM}, ports: [{each}]}}" for each in ports)
    return policy("db", "data", f"{{podSelector: {{}}, policyTypes: [Ingress], ingress: [{rules}]}}")


def causes(before: str, after: str) -> list[str]:
    (change,) = diff(before, after).changes
    return [cause.text for cause in change.causes]


def test_two_rules_whose_ports_touch_are_both_named() -> None:
    # Together one interval, 5000-6000; the second begins in the middle of it.
    after = db("{port: 5000, endPort: 5500}", "{port: 5501, endPort: 6000}")
    assert causes(db(), after) == [f"{NAME}, ingress rule 1 is new", f"{NAME}, ingress rule 2 is new"]


def test_each_of_many_rules_is_named() -> None:
    rules = [f"{{port: {number}}}" for number in range(1000, 1020, 2)]
    assert causes(db(), db(*rules)) == [f"{NAME}, ingress rule {number} is new" for number in range(1, 11)]


def test_a_rule_for_a_named_port_in_the_middle_of_a_range_is_named() -> None:
    # 5432 is what `sql` is on the database. Where both rules allow a port, both are responsible.
    after = db("{port: 5000, endPort: 5431}", "{port: sql}", "{port: 5433, endPort: 6000}")
    assert causes(db(), after) == [f"{NAME}, ingress rule {number} is new" for number in (1, 2, 3)]


def test_what_decided_is_told_once_for_ports_that_are_decided_alike() -> None:
    (change,) = diff(db(), db("{port: 1}, {port: 3}, {port: 5}, {port: 7}, {port: 9}, {port: 11}")).changes
    assert [(str(why.protocol), why.port) for why in change.why] == [("TCP", 1)]


def test_each_kind_of_replica_has_its_cause() -> None:
    # One replica is opened by a policy for `half: a`, the other by one for `half: b`; no replica is of both.
    api = WorkloadRef("data", "Deployment", "api")
    replicas = tuple(
        replace(pod(f"data/api-{half}", f"app=api half={half}", ip=f"10.0.1.{10 + number}"), workload=api)
        for number, half in enumerate("ab")
    )
    closed = policy("closed", "data", "{podSelector: {}, policyTypes: [Ingress]}")
    opened = "".join(
        policy(f"half-{half}", "data", f"{{podSelector: {{matchLabels: {{half: {half}}}}}, ingress: [{{{FROM}}}]}}")
        for half in "ab"
    )
    report = diff(state(closed, (*PODS, *replicas)), state(closed + opened, (*PODS, *replicas)))
    (change,) = report.changes
    assert (change.src.name, change.dst.name) == ("shop/Pod/cart", "data/Deployment/api")
    assert [cause.text for cause in change.causes] == [
        "NetworkPolicy data/half-a is new",
        "NetworkPolicy data/half-b is new",
    ]
