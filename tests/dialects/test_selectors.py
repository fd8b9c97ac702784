"""Selectors are checked as the API server checks them."""

from __future__ import annotations

import pytest

from ringfence.model.labels import AllOf, Operator, Requirement
from tests.dialects.reading import findings, read, read_one

HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\nspec:\n"


def policy(selector: str) -> str:
    return f"{HEAD}  podSelector: {selector}\n"


def test_match_labels_are_sorted_and_expressions_follow_as_written() -> None:
    labels = "matchLabels: {b: '1', a: '2'}"
    expressions = "matchExpressions: [{key: c, operator: Exists}, {key: a, operator: NotIn, values: [x, y]}]"
    selector = f"{{{labels}, {expressions}}}"
    assert read_one(policy(selector)).subject.pods == AllOf(
        (
            Requirement("a", Operator.IN, ("2",)),
            Requirement("b", Operator.IN, ("1",)),
            Requirement("c", Operator.EXISTS),
            Requirement("a", Operator.NOT_IN, ("x", "y")),
        )
    )


def test_a_label_whose_value_is_null_must_be_there_and_empty() -> None:
    assert read_one(policy("{matchLabels: {a: null}}")).subject.pods == AllOf((Requirement("a", Operator.IN, ("",)),))


@pytest.mark.parametrize(
    "selector",
    [
        "{matchLabels: {app.kubernetes.io/name: web, A-b_c.9: ''}}",
        "{matchLabels: {" + "k" * 63 + ": " + "v" * 63 + "}}",
        "{matchLabels: {" + ".".join(["p" * 62] * 4) + "/k: v}}",
        "{matchExpressions: [{key: a, operator: DoesNotExist, values: []}]}",
        "{matchLabels: null, matchExpressions: null}",
    ],
)
def test_a_valid_selector_gives_no_finding(selector: str) -> None:
    assert findings(policy(selector)) == []


@pytest.mark.parametrize(
    "selector",
    [
        "{matchLabels: {app@b: x}}",
        "{matchLabels: {Prefix/name: x}}",
        "{matchLabels: {a/b/c: x}}",
        "{matchLabels: {-a: x}}",
        "{matchLabels: {" + "k" * 64 + ": x}}",
        "{matchLabels: {a: $b}}",
        "{matchLabels: {a: x-}}",
        "{matchLabels: {a: " + "v" * 64 + "}}",
        "{matchLabels: {a: 1}}",
        "{matchLabels: {a: true}}",
        "{matchLabels: [a]}",
        "[a]",
        "{matchExpressions: [{key: a, operator: in, values: [x]}]}",
        "{matchExpressions: [{key: a, operator: Gt, values: ['1']}]}",
        "{matchExpressions: [{key: a, operator: In}]}",
        "{matchExpressions: [{key: a, operator: NotIn, values: []}]}",
        "{matchExpressions: [{key: a, operator: Exists, values: [x]}]}",
        "{matchExpressions: [{operator: Exists}]}",
        "{matchExpressions: [{key: a}]}",
        "{matchExpressions: [{key: a, operator: In, values: [$x]}]}",
        "{matchExpressions: [{key: a, operator: In, values: [1]}]}",
        "{matchExpressions: [null]}",
    ],
)
def test_an_invalid_subject_leaves_the_policy_out(selector: str) -> None:
    found = findings(policy(selector))
    assert [code for code, _, _ in found] == ["RF102", "RF115"]
    assert found[0][1] == 5
    assert found[0][2].startswith("spec.podSelector")
    assert not list(read(policy(selector))[0].policies())


def test_an_invalid_peer_matches_nothing_and_the_others_stand() -> None:
    text = (
        HEAD
        + "  podSelector: {}\n  ingress:\n  - from:\n    - podSelector: {matchLabels: {a: $x}}\n    - podSelector: {}\n"
    )
    (rule,) = read_one(text).ingress
    assert rule.peers is not None
    assert [str(peer) for peer in rule.peers] == ["pods all in namespace a"]
    assert findings(text) == [("RF102", 8, "spec.ingress[0].from[0].podSelector.matchLabels.a")]


def test_an_operator_in_the_wrong_case_names_the_right_one() -> None:
    (finding, _) = read(policy("{matchExpressions: [{key: a, operator: doesnotexist}]}"))[1]
    assert finding.hint == "Did you mean DoesNotExist?"


def test_labels_written_straight_into_a_selector_are_unknown_fields() -> None:
    (finding,) = read(policy("{app: web}"))[1]
    assert (finding.code.code, finding.origin.path) == ("RF113", "spec.podSelector.app")
    assert "selects everything" in finding.why
