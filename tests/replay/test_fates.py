"""What happens to a recorded connection under proposed policies, case by case."""

from __future__ import annotations

from ringfence.model.flow import HOUR, Outcome
from ringfence.replay import Fate, Standing
from tests.clusters import pod
from tests.replay.worlds import (
    DENY_IN,
    DENY_OUT,
    PODS,
    START,
    WEB_TO_DB,
    at_node,
    edge,
    lines,
    outside,
    policy,
    run,
    workload,
)

GUARD = policy("db", "data", WEB_TO_DB)


def test_a_connection_that_no_rule_allows_is_cut_and_says_whose_how_often_and_when() -> None:
    report = run([edge("shop/cart", "data/db", 5432, connections=7, first=1, last=3)], GUARD)
    (row,) = report.rows
    assert lines([row]) == ["cut shop/Pod/cart → data/Pod/db:5432/TCP"]
    assert (row.source_team, row.destination_team) == ("red", "blue")
    assert (row.passed, row.denied, row.first, row.last) == (7, 0, START + HOUR, START + 3 * HOUR)
    assert row.today is Standing.ALLOWED
    (reason,) = row.reasons
    assert str(reason.direction) == "ingress"
    assert reason.text == "NetworkPolicy data/db isolates the destination, and no rule allows it"
    assert str(reason.origin) == "policies.yaml:2"
    assert report.cuts


def test_a_connection_that_a_rule_allows_is_kept() -> None:
    report = run([edge("shop/web", "data/db", 5432, connections=7)], GUARD)
    assert not report.rows
    assert (report.kept, report.kept_connections) == (1, 7)
    assert not report.cuts


def test_edges_of_one_call_are_counted_together_whatever_their_outcome() -> None:
    report = run(
        [
            edge("shop/cart", "data/db", 5432, connections=7, first=1),
            edge("shop/cart", "data/db", 5432, Outcome.DENIED, connections=2, first=5),
            edge("shop/cart", "data/db", 5432, Outcome.FAILED, connections=1, first=6),
        ],
        GUARD,
    )
    (row,) = report.rows
    assert (row.passed, row.denied, row.other) == (7, 2, 1)
    assert row.last == START + HOUR  # of what passed
    assert (report.edges, report.connections) == (1, 10)


def test_what_was_seen_to_pass_is_cut_though_todays_policies_deny_it_too_and_that_is_said() -> None:
    (row,) = run([edge("shop/cart", "data/db", 5432)], GUARD, GUARD).rows
    assert row.fate is Fate.CUT
    assert row.denied_today


def test_what_was_denied_then_and_passes_today_would_be_cut() -> None:
    (row,) = run([edge("shop/cart", "data/db", 5432, Outcome.DENIED)], GUARD).rows
    assert row.fate is Fate.CUT
    assert (row.passed, row.denied, row.today) == (0, 1, Standing.ALLOWED)


def test_what_was_denied_and_would_pass_is_opened() -> None:
    report = run([edge("shop/cart", "data/db", 5432, Outcome.DENIED, connections=4, last=2)], "", GUARD)
    (row,) = report.rows
    assert row.fate is Fate.OPENED
    assert (row.denied, row.last) == (4, START + 2 * HOUR)
    assert not report.cuts


def test_what_was_denied_and_stays_denied_is_counted_only() -> None:
    report = run([edge("shop/cart", "data/db", 5432, Outcome.REJECTED, connections=3)], GUARD, GUARD)
    assert not report.rows
    assert (report.denied, report.denied_connections) == (1, 3)


def test_audited_traffic_passed() -> None:
    (row,) = run([edge("shop/cart", "data/db", 5432, Outcome.AUDITED)], GUARD, None).rows
    assert (row.fate, row.passed, row.today) == (Fate.CUT, 1, None)


def test_both_directions_are_blamed_where_both_deny() -> None:
    (row,) = run([edge("shop/cart", "data/db", 5432)], GUARD + policy("out", "shop", DENY_OUT)).rows
    assert [str(reason.direction) for reason in row.reasons] == ["egress", "ingress"]


def test_replicas_with_other_labels_are_judged_each_and_the_worst_is_told() -> None:
    replicas = (pod("shop/web", "app=web", ip="10.0.0.1"), pod("shop/web-old", "app=old", ip="10.0.0.9"))
    both = tuple(
        type(each)(**{**{name: getattr(each, name) for name in each.__slots__}, "workload": replicas[0].workload})
        for each in replicas
    )
    (row,) = run([edge("shop/web", "data/db", 5432)], GUARD, pods=(*both, *PODS[1:])).rows
    assert (row.fate, row.failing, row.pairs) == (Fate.CUT, 1, 2)


def test_an_address_outside_is_judged_by_its_range() -> None:
    rule = "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}], policyTypes: [Egress]}"
    report = run(
        [edge("shop/web", outside("203.0.113.7"), 443), edge("shop/web", outside("198.51.100.7", "api.test"), 443)],
        policy("out", "shop", rule),
    )
    assert lines(report.rows) == ["cut shop/Pod/web → api.test (198.51.100.7):443/TCP"]


def test_a_node_may_always_probe_its_own_pods_and_that_is_counted() -> None:
    report = run([edge(at_node("192.168.0.1"), "shop/web", 8080)], policy("in", "shop", DENY_IN))
    assert not report.rows
    assert report.own_node == 1


def test_a_node_that_runs_no_pod_of_the_workload_is_judged_like_any_address() -> None:
    report = run([edge(at_node("192.168.0.2"), "shop/web", 8080)], policy("in", "shop", DENY_IN))
    assert lines(report.of(Fate.CUT)) == ["cut 192.168.0.2 → shop/Pod/web:8080/TCP"]
    assert not report.own_node


def test_a_workload_that_is_gone_is_judged_by_its_recorded_labels() -> None:
    report = run([edge(workload("shop/report", "app=report", kind="Job"), "data/db", 5432)], GUARD)
    assert lines(report.rows) == ["cut shop/Job/report → data/Pod/db:5432/TCP"]
    assert report.by_labels == 1
    allowed = run([edge(workload("shop/old-web", "app=web", kind="Deployment"), "data/db", 5432)], GUARD)
    assert (allowed.kept, allowed.rows) == (1, ())


def test_one_workload_in_two_shapes_is_judged_in_both() -> None:
    one, other = (workload("shop/gone", f"app={app}", kind="Deployment") for app in ("web", "else"))
    report = run([edge(one, "data/db", 5432), edge(other, "data/db", 5432)], GUARD)
    assert (report.kept, len(report.rows)) == (1, 1)


def test_what_cannot_be_judged_says_why_and_is_never_dropped() -> None:
    report = run(
        [
            edge(workload("shop/gone"), "data/db", 5432, connections=3),
            edge("shop/web", "data/db", None),
            edge("shop/web", "data/db", 8, protocol="132"),
            edge("shop/web", outside("", "pub"), 443),
        ],
        GUARD,
    )
    assert sorted((each.why, each.edges, each.connections) for each in report.unjudged) == [
        ("no record tells the port", 1, 1),
        ("shop/Pod/gone is gone from the cluster, and no record has its labels", 1, 3),
        ("the log doesn't tell the address outside the cluster", 1, 1),
        ("the protocol has no ports, and few policies speak of it", 1, 1),
    ]
    assert report.edges == 4


def test_a_rule_by_name_that_no_record_resolves_leaves_it_open() -> None:
    cilium = """---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: out, namespace: shop}
spec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: api.test}]}]}
"""
    calls = [edge("shop/web", outside("198.51.100.7"), 443)]
    (row,) = run(calls, cilium).rows
    assert row.fate is Fate.UNSURE
    assert row.reasons[0].text == (
        "CiliumNetworkPolicy shop/out, egress rule 1 allows it if the address belongs to name api.test"
    )
    assert not run(calls, cilium, cilium).rows  # it depends on the same today


def test_what_happens_most_comes_first() -> None:
    report = run(
        [
            edge("shop/cart", "data/db", 5432, connections=1),
            edge("shop/cart", "data/db", 5433, connections=9),
            edge("kube-system/dns", "data/db", 5432, Outcome.DENIED, connections=90),
        ],
        GUARD,
    )
    assert [(row.port, row.connections) for row in report.rows] == [(5432, 90), (5433, 9), (5432, 1)]


def test_the_change_that_cuts_comes_before_what_was_there_already() -> None:
    isolating = policy("closed", "data", DENY_IN)
    moved = GUARD.replace("port: 5432", "port: 5433")
    (row,) = run([edge("shop/web", "data/db", 5432)], isolating + moved, isolating + GUARD).rows
    assert [reason.text for reason in row.reasons] == [
        "NetworkPolicy data/db, ingress rule 1 allowed it, and is changed",
        "NetworkPolicy data/db isolates the destination, and no rule allows it",
        "NetworkPolicy data/closed isolates the destination, and no rule allows it",
    ]
    (row,) = run([edge("shop/web", "data/db", 5432)], isolating, isolating + GUARD).rows
    assert [reason.text for reason in row.reasons] == [
        "NetworkPolicy data/db, ingress rule 1 allowed it, and is removed",
        "NetworkPolicy data/closed isolates the destination, and no rule allows it",
    ]


def test_icmp_is_judged_by_its_type() -> None:
    echo = """---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: echo, namespace: data}
spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{}], icmps: [{fields: [{family: IPv4, type: EchoRequest}]}]},
  {fromEntities: [cluster], icmps: [{fields: [{family: IPv4, type: 8}]}]}]}
"""
    pings = [edge("shop/web", "data/db", kind, protocol="ICMP") for kind in (8, 13)]
    report = run(pings, echo)
    assert lines(report.rows) == ["cut shop/Pod/web → data/Pod/db:13/ICMP"]
    assert report.kept == 1
    assert not report.unjudged
