"""A rule that the input can't judge lets no test pass: neither that a connection is allowed, nor that it is denied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.policy import Condition, Layer, PolicySet
from ringfence.testing import planning, running
from ringfence.testing.report import Result
from tests.testing.suites import policy, suites, world

HTTP = policy(
    "http",
    "data",
    "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}}], "
    "ports: [{port: 5432}]}]}",
)


def conditional(policy_set: PolicySet) -> PolicySet:
    """The policies with a condition of layer 7 on every rule of ingress."""
    layers = []
    for layer in policy_set.layers:
        stages = [
            replace(
                stage,
                policies=tuple(
                    replace(
                        each,
                        ingress=tuple(replace(rule, conditions=(Condition("HTTP GET /"),)) for rule in each.ingress),
                    )
                    for each in stage.policies
                ),
            )
            for stage in layer.stages
        ]
        layers.append(Layer(layer.name, tuple(stages)))
    return PolicySet(tuple(layers))


def judge(test: str) -> Result:
    snapshot = world(HTTP)
    policy_set, _ = read_policies(snapshot)
    plan = planning.plan(suites(f"- {{name: t, {test}}}"), snapshot)
    return running.run(plan, Engine.build(snapshot, conditional(policy_set))).results[0]


@pytest.mark.parametrize(
    "expect", ["expect: allowed", "expect: denied", "exists: to, expect: denied", "exists: from, expect: allowed"]
)
def test_neither_promise_holds_of_what_depends_on_a_condition(expect: str) -> None:
    result = judge(f"from: shop/web, to: data/db, ports: 5432, {expect}")
    assert result.failure is not None
    assert result.failure.uncertain
    assert result.failure.why is not None
    assert result.failure.why.judgements[0].conditional


@pytest.mark.parametrize(
    "test",
    [
        "from: shop/web, to: data/db, ports: 80, expect: denied",
        "from: 192.0.2.1, to: data/db, expect: denied",
        "from: shop/web, to: data/db, expect: denied, except: {ports: 5432}",
        "from: shop/web, to: data/db, ports: [80, 5432], expect: denied, exists: ports",
        "from: shop/web, to: data/cache, expect: allowed",
    ],
)
def test_what_no_condition_touches_is_certain(test: str) -> None:
    assert judge(test).passed


def test_a_connection_that_is_surely_wrong_comes_before_one_that_may_be() -> None:
    """To cache all is open, to db it depends."""
    failure = judge("from: shop/web, to: {namespace: data}, ports: 5432, expect: denied").failure
    assert failure is not None
    assert not failure.uncertain
    assert [(str(each.destination), each.uncertain) for each in failure.examples] == [
        ("data/cache", False),
        ("data/db", True),
        ("data/db2", True),
    ]
