"""RF409: another team's pods get in, and no rule names that team."""

from __future__ import annotations

import pytest

from ringfence.lint.context import Settings
from tests.lint.linting import codes, lint, namespace, pod, policy

TEAMS = namespace("red", team="red") + namespace("blue", team="blue") + pod("red/a", "app: a") + pod("blue/b", "app: b")


def guarded(rules: str) -> str:
    return policy("red/in", f"podSelector: {{}}, ingress: [{rules}]") + policy("blue/in", "podSelector: {}")


def test_pods_that_nothing_isolates_are_left_to_the_rule_about_that() -> None:
    assert codes(TEAMS, "RF409") == []
    assert codes(TEAMS, "RF401") == ["RF401", "RF401"]


def test_a_rule_for_everyone_opens_the_namespace_to_other_teams() -> None:
    (finding,) = lint(TEAMS + guarded("{from: [{namespaceSelector: {}}]}"), "RF409")
    assert "has a rule for everyone, which opens namespace red of team red to team blue" in finding.what


@pytest.mark.parametrize(
    "rules",
    [
        "{from: [{podSelector: {}}]}",
        "{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}",
        "{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}]}",
        "",
    ],
)
def test_a_rule_that_names_who_may_come_is_meant(rules: str) -> None:
    assert codes(TEAMS + guarded(rules), "RF409") == []


def test_a_team_that_may_not_go_out_does_not_come_in() -> None:
    sealed = policy("blue/out", "podSelector: {}, policyTypes: [Egress]")
    assert codes(TEAMS + guarded("{}") + sealed, "RF409") == []


def test_the_owner_label_can_be_another() -> None:
    squads = TEAMS.replace("team:", "squad:") + guarded("{from: [{namespaceSelector: {}}]}")
    assert codes(squads, "RF409") == []
    assert codes(squads, "RF409", settings=Settings(owner_label="squad")) == ["RF409"]
