"""Wrong fields of the admin policy APIs become findings at their place; the rule fails closed where it must."""

from __future__ import annotations

import pytest

from ringfence.model.policy import Action, Rule
from tests.dialects.reading import findings, read, read_one

CNP = """\
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: p}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
"""
ANP = """\
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: p}
spec:
  priority: 1
  subject: {namespaces: {}}

"""

# Every text is line 8 of its policy. A rule with one of these parts fails closed.
PARTS = [
    (CNP, "to: all", "RF101", "to"),
    (CNP, "to: [all]", "RF111", "to[0]"),
    (CNP, "to: [{namespaces: [a]}]", "RF102", "to[0].namespaces"),
    (CNP, "to: [{pods: all}]", "RF101", "to[0].pods"),
    (CNP, "to: [{pods: {podSelector: {matchLabels: {a: $b}}}}]", "RF102", "to[0].pods.podSelector.matchLabels.a"),
    (CNP, "to: [{nodes: {matchLabels: {a: 1}}}]", "RF102", "to[0].nodes.matchLabels.a"),
    (CNP, "to: [{networks: []}]", "RF111", "to[0].networks"),
    (CNP, "to: [{networks: 10.0.0.0/8}]", "RF101", "to[0].networks"),
    (CNP, "to: [{networks: [10.0.0.0/33]}]", "RF103", "to[0].networks[0]"),
    (CNP, "to: [{domainNames: [1]}]", "RF111", "to[0].domainNames[0]"),
    (CNP, "to: [{domainNames: ['a.*.com']}]", "RF111", "to[0].domainNames[0]"),
    (CNP, "to: [{domainNames: example.com}]", "RF101", "to[0].domainNames"),
    (CNP, "to: [{namespaces: {}}], protocols: tcp", "RF101", "protocols"),
    (CNP, "to: [{namespaces: {}}], protocols: [tcp]", "RF106", "protocols[0]"),
    (CNP, "to: [{namespaces: {}}], protocols: [{}]", "RF106", "protocols[0]"),
    (CNP, "to: [{namespaces: {}}], protocols: [{tcp: 80}]", "RF106", "protocols[0].tcp"),
    (CNP, "to: [{namespaces: {}}], protocols: [{tcp: {}}]", "RF106", "protocols[0].tcp"),
    (
        CNP,
        "to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: 80}}]",
        "RF106",
        "protocols[0].tcp.destinationPort",
    ),
    (
        CNP,
        "to: [{namespaces: {}}], protocols: [{udp: {destinationPort: {range: 1}}}]",
        "RF106",
        "protocols[0].udp.destinationPort.range",
    ),
    (
        CNP,
        "to: [{namespaces: {}}], protocols: [{udp: {destinationPort: {range: {start: 1}}}}]",
        "RF106",
        "protocols[0].udp.destinationPort.range",
    ),
    (
        CNP,
        "to: [{namespaces: {}}], protocols: [{udp: {destinationPort: {range: {start: 1, end: 70000}}}}]",
        "RF106",
        "protocols[0].udp.destinationPort.range.end",
    ),
    (
        CNP,
        "to: [{namespaces: {}}], protocols: [{destinationNamedPort: Bad}]",
        "RF106",
        "protocols[0].destinationNamedPort",
    ),
    (ANP, "to: [{namespaces: {}}], ports: [{namedPort: 80}]", "RF106", "ports[0].namedPort"),
    (ANP, "to: [{namespaces: {}}], ports: [{portNumber: 80}]", "RF106", "ports[0].portNumber"),
    (ANP, "to: [{namespaces: {}}], ports: [{portNumber: {protocol: TCP}}]", "RF106", "ports[0].portNumber"),
    (ANP, "to: [{namespaces: {}}], ports: [{portNumber: {port: 0}}]", "RF106", "ports[0].portNumber.port"),
    (
        ANP,
        "to: [{namespaces: {}}], ports: [{portNumber: {protocol: ICMP, port: 1}}]",
        "RF106",
        "ports[0].portNumber.protocol",
    ),
    (ANP, "to: [{namespaces: {}}], ports: [{portRange: {start: 9, end: 1}}]", "RF106", "ports[0].portRange"),
]


@pytest.mark.parametrize(("head", "text", "code", "path"), PARTS)
@pytest.mark.parametrize("accept", [True, False])
def test_a_rule_with_a_bad_part_fails_closed(head: str, text: str, code: str, path: str, accept: bool) -> None:
    allow = "Accept" if head == CNP else "Allow"
    policy = f"{head}  egress: [{{action: {allow if accept else 'Pass'}, {text}}}]\n"
    assert findings(policy) == [(code, 8, f"spec.egress[0].{path}"), ("RF118", 8, "spec.egress[0]")]
    expected = Rule(Action.ALLOW, peers=()) if accept else Rule(Action.DENY)
    assert read_one(policy).egress == (expected,)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("[]", ["RF101", "RF115"]),
        ("{tier: 1, priority: 1, subject: {namespaces: {}}}", ["RF101", "RF115"]),
        ("{priority: 1, subject: {namespaces: {}}}", ["RF101", "RF115"]),
        ("{tier: Admin, priority: 1}", ["RF101", "RF115"]),
        ("{tier: Admin, priority: 1, subject: all}", ["RF101", "RF115"]),
        ("{tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {a: $b}}}}", ["RF102", "RF115"]),
        ("{tier: Admin, subject: {namespaces: {}}}", ["RF101"]),
        ("{tier: Admin, priority: high, subject: {namespaces: {}}}", ["RF101"]),
        ("{tier: Admin, priority: -1, subject: {namespaces: {}}}", ["RF101"]),
        ("{tier: Admin, priority: 1, subject: {namespaces: {}}, egres: []}", ["RF113"]),
        ("{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: {action: Deny}}", ["RF101"]),
        ("{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [Deny]}", ["RF101", "RF118"]),
        (
            "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{name: 1, to: [{nodes: {}}], x: 1}]}",
            ["RF113", "RF101", "RF101"],
        ),
    ],
)
def test_a_bad_field_above_the_rules_is_a_finding(spec: str, expected: list[str]) -> None:
    head = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\n"
    assert [code for code, _, _ in findings(f"{head}spec: {spec}\n")] == expected


def test_a_range_of_one_port_is_refused_by_the_api_and_understood() -> None:
    text = (
        f"{ANP}  egress: [{{action: Deny, to: [{{namespaces: {{}}}}], ports: [{{portRange: {{start: 5, end: 5}}}}]}}]\n"
    )
    assert [code for code, _, _ in findings(text)] == ["RF106"]
    assert [str(port) for port in read_one(text).egress[0].ports or ()] == ["TCP 5"]


def test_a_policy_without_priority_comes_last_in_its_tier() -> None:
    head = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\n"
    text = f"{head}metadata: {{name: a}}\nspec: {{subject: {{namespaces: {{}}}}}}\n---\n"
    text += f"{head}metadata: {{name: b}}\nspec: {{priority: 1000, subject: {{namespaces: {{}}}}}}\n"
    assert [policy.ref.name for policy in read(text)[0].policies()] == ["b", "a"]


def test_more_networks_than_the_api_allows_are_a_finding() -> None:
    networks = ", ".join(f"10.{number}.0.0/16" for number in range(26))
    text = f"{CNP}  egress: [{{action: Deny, to: [{{networks: [{networks}]}}]}}]\n"
    assert [code for code, _, _ in findings(text)] == ["RF110"]
    assert len(read_one(text).egress[0].peers or ()) == 26
