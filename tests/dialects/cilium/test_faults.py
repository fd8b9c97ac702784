"""What is wrong with a policy of Cilium is told at its place, and what Cilium refuses is left out.

The mark ¦ stands where a finding is expected.
"""

from __future__ import annotations

import pytest

from tests.dialects.reading import read

HEAD = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {}
"""


def found(section: str) -> tuple[list[tuple[str, int, int]], bool]:
    """``(code, line, column)`` of what is found in the section below, and whether the policy is left out."""
    policy_set, findings = read(HEAD + section)
    places = [(f.code.code, f.origin.position.line, f.origin.position.column) for f in findings]
    out = "RF115" in [code for code, _, _ in places]
    assert out == (not list(policy_set.policies()))
    return [place for place in places if place[0] != "RF115"], out


def marked(section: str) -> tuple[str, int, int]:
    """The section without its mark, and the line and the column of the mark; of the spec where there is none."""
    before, mark, after = section.partition("\u00a6")
    if not mark:
        return section, 5, 3
    lines = (HEAD + before).split("\n")
    return before + after, len(lines), len(lines[-1]) + 1


@pytest.mark.parametrize(
    ("section", "code"),
    [
        # An entity that isn't one.
        ("  egress:\n  - toEntities: [¦wrold]\n", "RF111"),
        # Two kinds of peers in one rule.
        ("  egress:\n  - ¦toEndpoints: [{}]\n    toCIDR: [10.0.0.0/8]\n", "RF111"),
        # Selectors: an operator, a key, a value, a type.
        ("  egress:\n  - toEndpoints:\n    - matchExpressions: [{key: a, operator: ¦in, values: [b]}]\n", "RF102"),
        ("  egress:\n  - toEndpoints: [{matchLabels: {'k8s:a b': ¦c}}]\n", "RF102"),
        ("  egress:\n  - toEndpoints: [{matchLabels: ¦[a]}]\n", "RF102"),
        # Names: a wildcard in matchName, characters that no name has, neither of the two.
        ("  egress:\n  - toFQDNs: [{matchName: ¦'*.example.com'}]\n", "RF111"),
        ("  egress:\n  - toFQDNs: [{matchPattern: ¦'a b'}]\n", "RF111"),
        ("  egress:\n  - toFQDNs: [¦{}]\n", "RF111"),
        # Ports: a number, none, a protocol.
        ("  egress:\n  - toPorts: [{ports: [{port: ¦80}]}]\n", "RF106"),
        ("  egress:\n  - toPorts: [{ports: [¦{protocol: TCP}]}]\n", "RF106"),
        ("  egress:\n  - toPorts: [{ports: [{port: '80', protocol: ¦TPC}]}]\n", "RF106"),
        ("  egress:\n  - toPorts: [{ports: [{port: '90', endPort: ¦80}]}]\n", "RF106"),
        ("  egress:\n  - toPorts: [{ports: [{port: ¦'70000'}]}]\n", "RF106"),
        # Ranges: no address, an exception outside.
        ("  egress:\n  - toCIDR: [¦10.0.0.0/33]\n", "RF103"),
        ("  egress:\n  - toCIDRSet: [{cidr: 10.0.0.0/8, except: [¦11.0.0.0/16]}]\n", "RF105"),
        ("  egress:\n  - toCIDRSet: [¦{except: [11.0.0.0/16]}]\n", "RF103"),
        # Layer 7: DNS at ingress, requests over UDP or every port, two protocols, a range of ports for DNS.
        ("  ingress:\n  - toPorts: [{ports: [{port: '53'}], rules: ¦{dns: [{matchPattern: '*'}]}}]\n", "RF101"),
        ("  egress:\n  - toPorts: [{ports: [¦{port: '80', protocol: ANY}], rules: {http: [{}]}}]\n", "RF106"),
        ("  egress:\n  - toPorts: [{ports: [¦{port: '0', protocol: TCP}], rules: {http: [{}]}}]\n", "RF106"),
        (
            "  egress:\n  - toPorts: [{ports: [{port: '80', protocol: TCP}], rules: ¦{http: [{}], kafka: [{}]}}]\n",
            "RF101",
        ),
        (
            "  egress:\n  - toPorts: [{ports: [¦{port: '53', endPort: 54}], rules: {dns: [{matchPattern: '*'}]}}]\n",
            "RF106",
        ),
        # ICMP beside ports.
        ("  egress:\n  - toPorts: [{ports: [{port: '80'}]}]\n    icmps: ¦[{fields: [{type: 8}]}]\n", "RF101"),
        # Wrong types.
        ("  egress: ¦{toEntities: [all]}\n", "RF101"),
        ("  egress: [¦all]\n", "RF101"),
        ("  enableDefaultDeny: {egress: ¦'no'}\n", "RF101"),
        ("  nodeSelector: {}\n", "RF101"),
    ],
)
def test_what_cilium_refuses_is_told_and_the_policy_left_out(section: str, code: str) -> None:
    text, line, column = marked(section)
    assert found(text) == ([(code, line, column)], True)


@pytest.mark.parametrize(
    ("section", "code"),
    [
        # A group that isn't given, a Service that isn't.
        ("  egress:\n  - toCIDRSet: [{cidrGroupRef: ¦partners}]\n", "RF111"),
        ("  egress:\n  - toServices: [{k8sService: ¦{serviceName: db}}]\n", "RF111"),
        # No ports at all: the entry matches nothing.
        ("  egress:\n  - toPorts: [¦{ports: []}]\n", "RF106"),
        # Fields that Cilium doesn't have, or no longer; names can't be denied.
        ("  ¦egres: []\n", "RF113"),
        ("  enableDefaultDeny: {¦Egress: false}\n", "RF113"),
        ("  egress:\n  - toRequires: ¦[{}]\n", "RF113"),
        ("  egressDeny:\n  - ¦toFQDNs: [{matchName: a.example}]\n", "RF113"),
        # A label of another source, and a namespace that the policy isn't in.
        ("  egress:\n  - toEndpoints: [{matchLabels: {'container:app': ¦db}}]\n", "RF111"),
        ("  egress:\n  - toEndpoints: [¦{matchLabels: {'reserved:nobody': ''}}]\n", "RF111"),
    ],
)
def test_what_cilium_takes_and_hardly_means_is_told(section: str, code: str) -> None:
    text, line, column = marked(section)
    assert found(text) == ([(code, line, column)], False)


def test_a_subject_of_another_namespace_selects_nothing() -> None:
    text = HEAD.replace("endpointSelector: {}", "endpointSelector: {matchLabels: {io.kubernetes.pod.namespace: other}}")
    policy_set, findings = read(text + "  egress: [{}]\n")
    assert list(policy_set.policies()) == []
    assert [f.code.code for f in findings] == ["RF102"]
    assert "the policy selects no pod" in findings[0].what


def test_a_namespace_under_the_source_k8s_is_replaced_by_the_policy_s_own() -> None:
    selector = "endpointSelector: {matchLabels: {'k8s:io.kubernetes.pod.namespace': other, app: web}}"
    policy_set, findings = read(HEAD.replace("endpointSelector: {}", selector) + "  egress: [{}]\n")
    (policy,) = policy_set.policies()
    assert policy.subject.namespace == "shop"
    assert str(policy.subject.pods) == "app=web"
    assert "Cilium reads the policy's own namespace instead" in findings[0].what
