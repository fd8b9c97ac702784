"""Policies that are written otherwise and mean the same differ in nothing.

Each rewriting is right by the API's text: rules, peers and ports are alternatives (NetworkPolicySpec, "a union"),
policies that select a pod add up, and a label in ``matchLabels`` is an ``In`` of one value (LabelSelector).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ringfence.dialects import read_policies
from ringfence.diff import By, State, compute_diff
from ringfence.model.objects import Snapshot
from tests import strategies
from tests.clusters import snapshot_with

Body = dict[str, Any]
SIDES = {"ingress": "from", "egress": "to"}


def other_order(bodies: list[Body]) -> list[Body]:
    """Policies, rules, peers and ports the other way round."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(each) for each in reversed(value)] if isinstance(value, list) else value

    return [turned(body) for body in reversed(bodies)]


def other_names(bodies: list[Body]) -> list[Body]:
    """Every policy under another name."""
    return [{**body, "metadata": {**body["metadata"], "name": f"new-{body['metadata']['name']}"}} for body in bodies]


def one_policy_a_rule(bodies: list[Body]) -> list[Body]:
    """Each policy in parts: one that only isolates, and one for each rule."""
    return [part for body in bodies for part in _parts(body)]


def _parts(body: Body) -> Iterator[Body]:
    spec = body["spec"]
    rules = [(direction, rule) for direction in SIDES for rule in spec.get(direction, ())]
    bare = {key: value for key, value in spec.items() if key not in SIDES}
    for number, extra in enumerate([{}, *({direction: [rule]} for direction, rule in rules)]):
        name = f"{body['metadata']['name']}-{number}"
        yield {**body, "metadata": {**body["metadata"], "name": name}, "spec": {**bare, **extra}}


def one_rule_an_entry(bodies: list[Body]) -> list[Body]:
    """Each rule as several, one for each pair of a peer and a port."""
    return _with_rules(bodies, lambda rule, side: list(_entries(rule, side)))


def _entries(rule: Body, side: str) -> Iterator[Body]:
    for peer in rule.get(side) or [None]:
        for port in rule.get("ports") or [None]:
            yield {**({side: [peer]} if peer is not None else {}), **({"ports": [port]} if port is not None else {})}


def every_rule_twice(bodies: list[Body]) -> list[Body]:
    """Each rule a second time, in a policy of the same subject."""
    return [*bodies, *other_names(bodies)]


def _with_rules(bodies: list[Body], rewritten: Callable[[Body, str], list[Body]]) -> list[Body]:
    found = deepcopy(bodies)
    for body in found:
        for direction, side in SIDES.items():
            if direction in body["spec"]:
                body["spec"][direction] = [new for rule in body["spec"][direction] for new in rewritten(rule, side)]
    return found


def labels_as_expressions(bodies: list[Body]) -> list[Body]:
    """``matchLabels`` as ``matchExpressions``."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "matchLabels" not in value:
            return {key: changed(each) for key, each in value.items()}
        asked = [{"key": key, "operator": "In", "values": [only]} for key, only in value["matchLabels"].items()]
        return {"matchExpressions": [*value.get("matchExpressions", ()), *asked]}

    return [changed(body) for body in bodies]


REWRITINGS = (
    other_order,
    other_names,
    one_policy_a_rule,
    one_rule_an_entry,
    every_rule_twice,
    labels_as_expressions,
)


@st.composite
def explicit_bodies(draw: st.DrawFn) -> list[Body]:
    """NetworkPolicies that say which directions they are for, so that their parts can say the same."""
    bodies = [draw(strategies.network_policy_bodies(number)) for number in range(draw(st.integers(1, 3)))]
    for body in bodies:
        types = st.lists(st.sampled_from(("Ingress", "Egress")), min_size=1, max_size=2, unique=True)
        body["spec"] = {"podSelector": {}, **body["spec"], "policyTypes": draw(types)}
    return bodies


def state(snapshot: Snapshot, bodies: list[Body]) -> State:
    whole = snapshot_with(snapshot, bodies)
    return State(whole, read_policies(whole)[0])


@pytest.mark.parametrize("rewriting", REWRITINGS)
@given(strategies.snapshots(most_pods=4), explicit_bodies(), st.sampled_from(By))
def test_a_refactoring_is_an_empty_difference(
    rewriting: Callable[[list[Body]], list[Body]], snapshot: Snapshot, bodies: list[Body], by: By
) -> None:
    report = compute_diff(state(snapshot, bodies), state(snapshot, rewriting(bodies)), by)
    assert not report.differs, report.changes


def test_what_is_called_a_refactoring_and_is_none_differs() -> None:
    # Two peers of one rule are alternatives; put together in one peer both are asked for. The rewriting of the other
    # tests must not be so.
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "np", "namespace": "a"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}]},
    }
    assert one_policy_a_rule([body])[0]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert one_rule_an_entry([body]) == [body]
