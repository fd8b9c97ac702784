"""Whatever stands in a policy, reading it ends in findings, never in an exception."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, strategies as st

from ringfence.dialects import read_policies
from ringfence.model.finding import Severity
from ringfence.model.objects import Snapshot
from ringfence.model.policy import Action, Rule
from tests import strategies
from tests.clusters import snapshot_with

words = st.sampled_from(
    ("from", "to", "ports", "port", "podSelector", "matchLabels", "key", "operator", "values", "cidr", "except", "x")
)
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 70000), st.floats(allow_nan=True), st.text(max_size=5), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a body."""
    found = [path] if path else []
    if isinstance(value, dict):
        items = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, list) else []
    for key, item in items:
        found += places(item, (*path, key))
    return found


@given(strategies.policy_bodies().filter(bool), st.data())
def test_a_policy_with_a_part_replaced_by_junk_is_read(bodies: list[strategies.Body], data: st.DataObject) -> None:
    body = copy.deepcopy(data.draw(st.sampled_from(bodies)))
    path = data.draw(st.sampled_from(places(body["spec"], ("spec",))))
    target: Any = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = data.draw(junk)
    policy_set, findings = read_policies(snapshot_with(Snapshot(), [body]))
    assert all(finding.what.endswith(".") for finding in findings)
    left_out = any(finding.code.code == "RF115" for finding in findings)
    assert left_out == (not list(policy_set.policies()))
    if left_out:
        assert any(finding.severity is Severity.ERROR and finding.code.code != "RF115" for finding in findings)


@given(st.sampled_from(("NetworkPolicy", "ClusterNetworkPolicy", "AdminNetworkPolicy")), st.data())
def test_a_rule_with_a_junk_peer_never_opens_more(kind: str, data: st.DataObject) -> None:
    drawn = strategies.network_policy_bodies(0) if kind == "NetworkPolicy" else strategies.tiered_bodies(kind, 0)
    body = data.draw(drawn)
    if kind == "NetworkPolicy":
        body["spec"].setdefault("podSelector", {})
    rule: dict[str, Any] = {"from": [{"unheardOf": data.draw(junk.filter(lambda value: value is not None))}]}
    if kind != "NetworkPolicy":
        rule["action"] = data.draw(st.sampled_from(("Deny", "Pass", "Accept" if kind.startswith("C") else "Allow")))
    body["spec"]["ingress"] = [rule]
    body["spec"].pop("policyTypes", None)
    policy_set, _ = read_policies(snapshot_with(Snapshot(), [body]))
    (policy,) = policy_set.policies()
    (read,) = policy.ingress
    if rule.get("action") in {"Deny", "Pass"}:
        assert read == Rule(Action.DENY)
    else:
        assert read.action is Action.ALLOW
        assert read.peers == ()
