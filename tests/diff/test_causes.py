"""What is responsible for a change: the rule, policy or label that differs, with its place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, strategies as st

from ringfence.diff import State, compute_diff
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import Layer, PolicySet
from tests import strategies
from tests.clusters import labels, pod
from tests.diff.worlds import NAMESPACES, PODS, admin, diff, policy, state

FROM_CART = "{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: cart}}}]}"
FROM_WEB = "{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}"


def db(*rules: str, subject: str = "{}", types: str = "[Ingress]") -> str:
    return policy("db", "data", f"{{podSelector: {subject}, policyTypes: {types}, ingress: [{', '.join(rules)}]}}")


def causes(before: State | str, after: State | str, src: str = "shop/Pod/cart", dst: str = "data/Pod/db") -> list[str]:
    """The texts of the causes of one connection."""
    (change,) = [one for one in diff(before, after).changes if (one.src.name, one.dst.name) == (src, dst)]
    return [cause.text for cause in change.causes]


NAME = "NetworkPolicy data/db"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # A rule that comes opens, one that goes closes.
        (db(FROM_WEB), db(FROM_WEB, FROM_CART), [f"{NAME}, ingress rule 2 is new"]),
        (db(FROM_WEB, FROM_CART), db(FROM_WEB), [f"{NAME}, ingress rule 2 is removed"]),
        # A rule that stands at the same place with other peers is changed, not new.
        (db(FROM_WEB), db(FROM_CART), [f"{NAME}, ingress rule 1 is changed"]),
        (db(FROM_CART), db(FROM_WEB), [f"{NAME}, ingress rule 1 is changed"]),
        # A policy that isolates closes, and opens when it goes.
        ("", db(FROM_WEB), [f"{NAME} is new"]),
        (db(FROM_WEB), "", [f"{NAME} is removed"]),
        # A second policy that is new allows more; the first has nothing to do with it.
        (db(), db() + policy("more", "data", f"{{podSelector: {{}}, ingress: [{FROM_CART}]}}"),
         ["NetworkPolicy data/more is new"]),
        # It selects others, or guards another direction, now.
        (db(), db(subject="{matchLabels: {app: other}}"), [f"{NAME} selects other pods"]),
        (db(), db(types="[Egress]"), [f"{NAME} isolates for egress instead of ingress"]),
        # Ordered tiers: the rule that denies now, or denied before.
        ("", admin("guard", "Deny"), ["ClusterNetworkPolicy guard is new"]),
        (admin("guard", "Deny"), admin("guard", "Accept"), ["ClusterNetworkPolicy guard, ingress rule 1 is changed"]),
        (admin("a", "Deny") + admin("b", "Accept", 20), admin("a", "Deny", 30) + admin("b", "Accept", 20),
         ["ClusterNetworkPolicy a has another priority"]),
        # A rule that left it to NetworkPolicy is gone, so that the next one, which was there before, denies.
        (admin("skip", "Pass") + admin("wall", "Deny", 20), admin("wall", "Deny", 20),
         ["ClusterNetworkPolicy skip is removed"]),
    ],
)  # fmt: skip
def test_only_what_differs_is_responsible(before: str, after: str, expected: list[str]) -> None:
    assert causes(before, after) == expected


def test_a_cause_has_its_place_in_the_input_that_has_it() -> None:
    more = db(FROM_WEB) + policy("more", "data", f"{{podSelector: {{}}, ingress: [{FROM_CART}]}}")
    (there,) = diff(db(FROM_WEB), more).changes[0].causes
    assert (str(there.origin), there.in_new) == ("policies.yaml:7", True)
    (back,) = diff(more, db(FROM_WEB)).changes[0].causes
    assert (str(back.origin), back.in_new) == ("policies.yaml:7", False)


def test_an_unchanged_policy_is_shown_where_it_stands_in_the_new_input() -> None:
    # db moves down in the file; what it decides after the change is to be found there.
    other = policy("aaa", "shop", "{podSelector: {}, policyTypes: [Ingress]}")
    first = db(FROM_CART) + policy("open", "data", "{podSelector: {}, ingress: [{}]}")
    report = diff(first, other + db(FROM_CART))
    (change,) = [
        one for one in report.changes if (one.src.name, one.dst.name) == ("kube-system/Pod/dns", "data/Pod/db")
    ]
    (guard,) = change.why[0].after.guards
    assert str(guard.origin) == "policies.yaml:7"


@pytest.mark.parametrize(
    ("pods", "namespaces", "expected"),
    [
        (tuple(replace(one, labels=labels("app=new")) if one.name == "cart" else one for one in PODS), NAMESPACES,
         "shop/Pod/cart has other labels"),
        (PODS, {**NAMESPACES, "shop": "team=green"}, "namespace shop has other labels"),
        (tuple(one for one in PODS if one.name != "cart"), NAMESPACES, "shop/Pod/cart is gone"),
    ],
)  # fmt: skip
def test_pods_and_namespaces_are_responsible_where_no_policy_is(
    pods: tuple[Pod, ...], namespaces: dict[str, str], expected: str
) -> None:
    rule = "{from: [{namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: cart}}}]}"
    assert causes(state(db(rule)), state(db(rule), pods, namespaces)) == [expected]


def test_a_pod_that_is_new_is_the_cause_of_all_that_it_may() -> None:
    report = diff(state(db(FROM_CART)), state(db(FROM_CART), (*PODS, pod("edge/probe", "app=cart"))))
    assert report.changes
    assert {cause.text for change in report.changes for cause in change.causes} == {"edge/Pod/probe is new"}
    assert [end.name for end in report.appeared] == ["edge/Pod/probe"]


def test_what_decided_before_and_after_is_told_for_the_direction_that_turned() -> None:
    report = diff(db(FROM_WEB), db(FROM_WEB, FROM_CART))
    (change,) = report.changes
    assert {why.direction for why in change.why} == {"ingress"}
    for why in change.why:
        assert not why.before.allowed
        assert [str(one.ref) for one in why.before.guards] == ["data/NetworkPolicy/db"]
        assert why.after.allowed
        assert [(str(rule.policy.ref), rule.index) for rule in why.after.rules] == [("data/NetworkPolicy/db", 1)]


@given(strategies.snapshots(), strategies.policy_sets(), strategies.policy_sets(), st.data())
def test_where_one_policy_is_exchanged_it_alone_is_responsible(
    snapshot: Snapshot, policy_set: PolicySet, others: PolicySet, data: st.DataObject
) -> None:
    policies = [(layer, stage, one) for layer in policy_set.layers for stage in layer.stages for one in stage.policies]
    assume(policies)
    assume(len({one.ref for _, _, one in policies}) == len(policies))
    _, stage, gone = data.draw(st.sampled_from(policies))
    instead = [
        replace(one, ref=gone.ref, order=gone.order)
        for layer in others.layers
        for other in layer.stages
        if other.kind is stage.kind
        for one in other.policies
    ]
    assume(instead)
    new = data.draw(st.sampled_from(instead))
    changed = PolicySet(
        tuple(
            Layer(
                layer.name,
                tuple(
                    replace(each, policies=tuple(new if one is gone else one for one in each.policies))
                    for each in layer.stages
                ),
            )
            for layer in policy_set.layers
        )
    )
    report = compute_diff(State(snapshot, policy_set), State(snapshot, changed))
    for change in (*report.changes, *report.replicas):
        assert {cause.policy for cause in change.causes} <= {gone.ref}
