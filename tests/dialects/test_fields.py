"""Wrong types and unknown fields become findings at their place."""

from __future__ import annotations

import pytest

from tests.dialects.reading import findings, read, read_one

HEAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec:
  podSelector: {}
"""


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("  ingres: []", ("RF113", 6, "spec.ingres")),
        ("  ingress: {from: []}", ("RF101", 6, "spec.ingress")),
        ("  ingress: [[]]", ("RF101", 6, "spec.ingress[0]")),
        (
            "  ingress:\n  - from:\n    - podSelecto: {}\n      podSelector: {}",
            ("RF113", 8, "spec.ingress[0].from[0].podSelecto"),
        ),
        ("  ingress:\n  - from: {podSelector: {}}", ("RF101", 7, "spec.ingress[0].from")),
        ("  ingress:\n  - from: [all]", ("RF111", 7, "spec.ingress[0].from[0]")),
        ("  ingress:\n  - to: [{podSelector: {}}]", ("RF113", 7, "spec.ingress[0].to")),
        ("  ingress:\n  - ports: 80", ("RF101", 7, "spec.ingress[0].ports")),
        ("  ingress:\n  - ports: [80]", ("RF106", 7, "spec.ingress[0].ports[0]")),
        ("  ingress:\n  - ports: [{port: true}]", ("RF106", 7, "spec.ingress[0].ports[0].port")),
        ("  ingress:\n  - ports: [{port: 80.5}]", ("RF106", 7, "spec.ingress[0].ports[0].port")),
        ("  ingress:\n  - ports: [{port: Http}]", ("RF106", 7, "spec.ingress[0].ports[0].port")),
        ("  ingress:\n  - ports: [{port: 80, protocol: 6}]", ("RF106", 7, "spec.ingress[0].ports[0].protocol")),
        ("  ingress:\n  - ports: [{port: 80, endPort: '90'}]", ("RF106", 7, "spec.ingress[0].ports[0].endPort")),
        ("  ingress:\n  - ports: [{prt: 80}]", ("RF113", 7, "spec.ingress[0].ports[0].prt")),
        ("  ingress:\n  - from: [{ipBlock: 10.0.0.0/8}]", ("RF103", 7, "spec.ingress[0].from[0].ipBlock")),
        ("  ingress:\n  - from: [{ipBlock: {}}]", ("RF103", 7, "spec.ingress[0].from[0].ipBlock")),
        ("  ingress:\n  - from: [{ipBlock: {cidr: 10}}]", ("RF103", 7, "spec.ingress[0].from[0].ipBlock.cidr")),
        ("  policyTypes: Ingress", ("RF101", 6, "spec.policyTypes")),
        ("  policyTypes: [Ingress, egress]", ("RF101", 6, "spec.policyTypes[1]")),
    ],
)
def test_a_wrong_field_is_one_finding_at_its_line(spec: str, expected: tuple[str, int, str]) -> None:
    assert findings(HEAD + spec + "\n") == [expected]


@pytest.mark.parametrize("spec", ["[]", "text", "3", "''"])
def test_a_spec_that_is_no_mapping_leaves_the_policy_out(spec: str) -> None:
    text = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: a}}\nspec: {spec}\n"
    assert [code for code, _, _ in findings(text)] == ["RF101", "RF115"]


def test_a_policy_without_a_spec_isolates_the_namespace_for_ingress() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: a}\n"
    assert [code for code, _, _ in findings(text)] == ["RF107"]
    assert {str(direction) for direction in read_one(text).isolates} == {"ingress"}


def test_an_unknown_field_names_the_nearest_known_one() -> None:
    (finding,) = read(HEAD + "  policytypes: [Egress]\n")[1]
    assert finding.hint == "Did you mean policyTypes?"


def test_a_whole_float_is_a_port() -> None:
    (rule,) = read_one(HEAD + "  ingress: [{ports: [{port: 8.0e+3}]}]\n").ingress
    assert str(rule.ports) == str((rule.ports or ())[:1])
    assert str((rule.ports or ())[0]) == "TCP 8000"


def test_null_counts_as_absent() -> None:
    text = HEAD + "  policyTypes: null\n  egress: null\n  ingress: [{from: null, ports: null}]\n"
    policy = read_one(text)
    assert policy.ingress[0].peers is None
    assert policy.ingress[0].ports is None
    assert findings(text) == []
