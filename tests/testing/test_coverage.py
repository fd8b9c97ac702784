"""Mutation coverage agrees with judging every test again for every mutant, from scratch."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, strategies as st

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.errors import QueryError
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PolicySet
from ringfence.testing import planning, reading
from ringfence.testing.coverage import coverage
from ringfence.testing.coverage_report import CoverageReport, PlaceCoverage, Status
from ringfence.testing.init import initial_suite
from ringfence.testing.judging import Bench
from ringfence.testing.mutants import Mutant
from ringfence.testing.plan import Plan
from tests import strategies
from tests.clusters import cluster, pod, raw_objects

HEAD = "apiVersion: ringfence.dev/v1\nkind: PolicyTest\nmetadata: {name: t}\ntests:\n"


def planned(tests: str, snapshot: Snapshot) -> Plan:
    return planning.plan(reading.read(raw_objects(HEAD + tests)), snapshot)


def failing(plan: Plan, snapshot: Snapshot, policy_set: PolicySet) -> set[str]:
    bench = Bench(plan, Engine.build(snapshot, policy_set))
    return {case.case.name for case in plan.cases if not bench.passes(case)}


def with_mutant(policy_set: PolicySet, mutant: Mutant) -> PolicySet:
    """The policies with the mutant in place, put together by hand."""
    layers = []
    for layer in policy_set.layers:
        stages = []
        for stage in layer.stages:
            members = [mutant.replacement if policy is mutant.policy else policy for policy in stage.policies]
            stages.append(replace(stage, policies=tuple(policy for policy in members if policy is not None)))
        layers.append(replace(layer, stages=tuple(stages)))
    return PolicySet(tuple(layers))


@given(strategies.snapshots(), strategies.policy_sets(uncertain=True), st.data())
def test_a_mutant_is_noticed_where_a_test_fails_with_it(
    snapshot: Snapshot, policy_set: PolicySet, data: st.DataObject
) -> None:
    engine = Engine.build(snapshot, policy_set)
    try:
        text = initial_suite(snapshot, engine)
    except QueryError:
        assume(False)
    plan = planning.plan(reading.read(raw_objects(text)), snapshot)
    chosen = data.draw(st.sets(st.sampled_from(range(len(plan.cases))), max_size=4))
    plan = replace(plan, cases=tuple(plan.cases[number] for number in sorted(chosen)))
    report = coverage(plan, engine)
    assert set(report.failing) == failing(plan, snapshot, policy_set)
    for place in report.places:
        for noticed in place.noticed[:3]:
            assert noticed.case in failing(plan, snapshot, with_mutant(policy_set, noticed.mutant))
        unnoticed = [*(each.mutant for each in place.survivors[:3]), *(each.mutant for each in place.equivalent[:3])]
        for mutant in unnoticed:
            assert failing(plan, snapshot, with_mutant(policy_set, mutant)) <= set(report.failing), mutant.text
        for survivor in place.survivors[:2]:
            proposed = planned(survivor.test, snapshot)
            assert not failing(proposed, snapshot, policy_set), survivor.test
            assert failing(proposed, snapshot, with_mutant(policy_set, survivor.mutant)), survivor.test


POLICIES = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: a}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: 5432}]
    - from: [{podSelector: {matchLabels: {app: job}}}]
      ports: [{port: 5432}]
    - from: [{podSelector: {matchLabels: {app: gone}}}]
      ports: [{port: 5432}]
"""

PODS = (
    pod("a/web", "app=web", ip="10.0.0.1"),
    pod("a/db", "app=db", ip="10.0.0.2", ports="pg:5432"),
    pod("a/job", "app=job", ip="10.0.0.3"),
)

WEB = "- {name: web, from: a/web, to: a/db, ports: 5432, expect: allowed}\n"
REST = "- {name: rest, to: a/db, only: [{from: [a/web, a/job], ports: 5432}]}\n"
JOB = "- {name: job, from: a/job, to: a/db, ports: 5432, expect: allowed}\n"


def report_of(tests: str) -> CoverageReport:
    snapshot = cluster(PODS, POLICIES)
    policy_set, _ = read_policies(snapshot, cni="generic")
    return coverage(planned(tests, snapshot), Engine.build(snapshot, policy_set))


def rule(report: CoverageReport, index: int) -> PlaceCoverage:
    (found,) = (place for place in report.rules if place.place.index == index)
    return found


def test_a_rule_that_no_test_depends_on_is_untested_and_gets_a_test() -> None:
    web = WEB + "- {name: nobody else, from: a/job, to: a/db, ports: 1-5431, expect: denied}\n"
    second = rule(report_of(web), 1)
    assert second.status is Status.PARTLY
    (left_out,) = (each for each in second.survivors if each.mutant.text == "the rule left out")
    assert left_out.test.splitlines() == [
        "- name: a/Pod/job reaches a/Pod/db on 5432",
        "  from: a/Pod/job",
        "  to: a/Pod/db",
        "  ports: 5432",
        "  expect: allowed",
    ]
    assert rule(report_of(WEB), 1).status is Status.UNTESTED


def test_a_rule_that_matches_nobody_is_without_effect() -> None:
    third = rule(report_of(WEB + JOB + REST), 2)
    (left_out,) = (each for each in third.equivalent if each.mutant.text == "the rule left out")
    assert left_out.same.text == "the rule matches no pod, no address or no port"


def test_tests_of_all_that_is_allowed_and_nothing_else_notice_every_mutant_of_a_rule() -> None:
    report = report_of(WEB + JOB + REST)
    assert report.failing == ()
    assert [place.survivors for place in report.rules] == [(), (), ()]
    assert rule(report, 0).status is Status.TESTED


def test_a_policy_for_more_pods_is_noticed_by_tests_of_those_pods_only() -> None:
    report = report_of(WEB + JOB + REST)
    (whole,) = (place for place in report.places if place.place.index is None)
    (wider,) = whole.survivors
    assert wider.mutant.text == "app=db left out of the pods it is for"
    assert "expect: allowed" in wider.test


def test_a_test_that_fails_today_notices_nothing() -> None:
    report = report_of("- {name: wrong, from: a/web, to: a/db, ports: 1, expect: allowed}\n")
    assert report.failing == ("wrong",)
    assert (report.noticed, report.percent) == (0, 0.0)
