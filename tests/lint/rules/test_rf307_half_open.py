"""RF307: a rule allows what the other end denies."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy

PAIR = pod("shop/web", "app: web") + pod("shop/api", "app: api", ports="{containerPort: 80, name: http}")
OUT = policy(
    "shop/out",
    "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], "
    "egress: [{to: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 80}]}]",
)


def into(ports: str, app: str = "web") -> str:
    return policy(
        "shop/in",
        "podSelector: {matchLabels: {app: api}}, "
        f"ingress: [{{from: [{{podSelector: {{matchLabels: {{app: {app}}}}}}}], ports: [{ports}]}}]",
    )


def test_egress_without_ingress_is_half_a_connection() -> None:
    (finding,) = lint(PAIR + OUT + into("{port: 81}", "job"), "RF307")
    assert finding.what == (
        "shop/NetworkPolicy/in denies for ingress all that egress rule 1 of shop/NetworkPolicy/out to shop/api allows."
    )
    assert str(finding.subject) == "shop/NetworkPolicy/in"


def test_ingress_without_egress_is_half_a_connection() -> None:
    sealed = policy("shop/out", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]")
    (finding,) = lint(PAIR + sealed + into("{port: 80}"), "RF307")
    assert finding.what == (
        "shop/NetworkPolicy/out denies for egress all that "
        "ingress rule 1 of shop/NetworkPolicy/in from shop/web allows."
    )


def let_in(number: int, client: str = "web") -> str:
    """A policy of a server of its own that lets a client in."""
    peer = f"{{podSelector: {{matchLabels: {{app: {client}}}}}}}"
    spec = f"podSelector: {{matchLabels: {{app: api-{number}}}}}, ingress: [{{from: [{peer}], ports: [{{port: 80}}]}}]"
    return pod(f"shop/api-{number}", f"app: api-{number}") + policy(f"shop/in-{number}", spec)


def test_all_rules_that_one_policy_makes_useless_are_one_finding() -> None:
    sealed = policy("shop/deny", "podSelector: {}, policyTypes: [Egress]")
    (finding,) = lint(PAIR + sealed + "".join(map(let_in, range(12))), "RF307")
    assert finding.what.startswith("shop/NetworkPolicy/deny denies for egress all that 12 rules allow, ingress rule 1 ")
    assert finding.what.endswith(" and 9 more.")
    assert len(finding.evidence) == 11
    assert finding.evidence[0].startswith("ingress rule 1 of shop/NetworkPolicy/in-0 from shop/web: ")
    assert finding.evidence[-1] == "and 2 more"


def test_rules_that_two_policies_make_useless_are_two_findings() -> None:
    web = policy("shop/web", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]")
    job = policy("shop/job", "podSelector: {matchLabels: {app: job}}, policyTypes: [Egress]")
    manifests = PAIR + pod("shop/job", "app: job") + web + job + let_in(1) + let_in(2) + let_in(3, "job")
    two, one = sorted(lint(manifests, "RF307"), key=lambda finding: -len(finding.evidence))
    assert (str(two.subject), len(two.evidence)) == ("shop/NetworkPolicy/web", 2)
    assert (str(one.subject), len(one.evidence)) == ("shop/NetworkPolicy/job", 1)


@pytest.mark.parametrize(
    "policies",
    [
        OUT,
        OUT + into("{port: 80}"),
        OUT + into("{port: http}"),
        into("{port: 80}"),
        # Something gets through: port 80 of the two.
        OUT.replace("[{port: 80}]", "[{port: 80}, {port: 81}]") + into("{port: 80}"),
        # For a whole namespace.
        OUT.replace("{matchLabels: {app: api}}", "{}") + policy("shop/in", "podSelector: {matchLabels: {app: api}}"),
    ],
)
def test_what_gets_through_or_names_nobody_is_left_alone(policies: str) -> None:
    assert codes(PAIR + policies, "RF307") == []


def copies(*spaces: str, annotations: str = "") -> str:
    """The same default deny of egress in some namespaces, each with pods of which one may be called by the other."""
    return "".join(
        PAIR.replace("namespace: shop", f"namespace: {space}")
        + policy(f"{space}/deny", "podSelector: {}, policyTypes: [Egress]", annotations=annotations)
        + let_in(1).replace("namespace: shop", f"namespace: {space}")
        for space in spaces
    )


def test_a_policy_that_was_copied_into_namespaces_is_one_finding() -> None:
    (finding,) = lint(copies("red", "green", "blue"), "RF307")
    assert finding.what == (
        "NetworkPolicy deny, alike in 3 namespaces (red, green and blue), denies for egress all that 3 rules allow."
    )
    assert [text.partition(",")[0] for text in finding.evidence] == ["red", "green", "blue"]


def test_policies_of_one_name_that_differ_are_findings_of_their_own() -> None:
    other = copies("red").replace("{}, policyTypes", "{matchLabels: {app: web}}, policyTypes")
    assert len(lint(copies("blue") + other, "RF307")) == 2


def test_a_copy_with_a_note_to_the_linter_stands_for_itself() -> None:
    noted = copies("red", annotations='ringfence.dev/ignore: "RF307: not yet"')
    (finding,) = lint(copies("green", "blue") + noted, "RF307", "RF062")
    assert "alike in 2 namespaces" in finding.what
