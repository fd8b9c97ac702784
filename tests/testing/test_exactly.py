"""``exactly``: each of the list is allowed, and nothing else is."""

from __future__ import annotations

import pytest

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.testing import planning, reading
from ringfence.testing.judging import Bench
from ringfence.testing.problems import BadSuiteError
from tests.clusters import cluster, pod, raw_objects

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: a}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: 5432}]
"""
PODS = (pod("a/web", "app=web"), pod("a/db", "app=db"), pod("a/job", "app=job"))
HEAD = "apiVersion: ringfence.dev/v1\nkind: PolicyTest\nmetadata: {name: t}\ntests:\n"


def failing(test: str) -> list[str]:
    snapshot = cluster(PODS, POLICY)
    policy_set, _ = read_policies(snapshot, cni="generic")
    plan = planning.plan(reading.read(raw_objects(HEAD + test)), snapshot)
    bench = Bench(plan, Engine.build(snapshot, policy_set))
    return [case.case.name for case in plan.cases if not bench.passes(case)]


@pytest.mark.parametrize(
    ("listed", "failed"),
    [
        ("{from: a/web, ports: 5432}", []),
        # One more than is allowed: the promise that it is allowed fails, at its own line.
        ("{from: [a/web, a/job], ports: 5432}", ["db (1)"]),
        # One port less than is allowed: something else is allowed, too.
        ("{from: a/web, ports: 5433}", ["db", "db (1)"]),
    ],
)
def test_a_list_is_all_that_is_allowed_and_all_of_it_is(listed: str, failed: list[str]) -> None:
    assert failing(f"- {{name: db, to: a/db, exactly: [{listed}]}}") == failed


def test_an_entry_takes_the_ends_of_its_test_that_it_does_not_name() -> None:
    assert failing("- {name: db, from: a/web, to: a/db, exactly: {ports: 5432}}") == []


@pytest.mark.parametrize("other", ["expect: allowed", "only: {ports: 1}", "except: {ports: 1}", "exists: to"])
def test_exactly_stands_beside_no_other_expectation(other: str) -> None:
    with pytest.raises(BadSuiteError):
        failing(f"- {{name: db, to: a/db, exactly: {{ports: 5432}}, {other}}}")
