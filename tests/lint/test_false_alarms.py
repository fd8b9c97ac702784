"""No rule cries wolf: what fires on the valid cases of the external corpora and on the examples, and why it is right.

Every pair of a case and a code must be in the table, and every line of the table must be needed. Notes about the input
(RF010 to RF013) are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from ringfence.dialects import read_policies
from ringfence.lint.context import LintContext
from ringfence.lint.registry import RULES, LintRule
from ringfence.lint.run import run
from ringfence.model.finding import Severity
from ringfence.sources import load_snapshot
from tests.corpora.places import ROOT as CORPORA, manifests, needs_corpora

EXAMPLES = Path(__file__).parents[2] / "examples"

SUITES = (
    "cyclonus",
    "k8s-e2e-netpol",
    "netpol-analyzer-anp-parsed",
    "netpol-analyzer-connlist",
    "netpol-analyzer-diff/dirs",
    "npa-conformance-anp-v1alpha1",
    "npa-conformance-cnp-v1alpha2",
    "policy-assistant",
)

BLOCKS = ("RF0", "RF1", "RF2", "RF4", "RF5", "RF6")

RIGHT: dict[tuple[str, str], str] = {
    # -- corpora of enforcement tests: the case itself is about the thing
    ("k8s-e2e-netpol/22-1-*", "RF203"): "the next step of the test gives the pod the label that the rule asks for",
    ("k8s-e2e-netpol/24-1-*", "RF201"): "the next step of the test gives a pod the label that the policy asks for",
    ("k8s-e2e-netpol/3[46]-*", "RF208"): "the test allows a pod by its address on purpose",
    ("cyclonus/*-ipblock*", "RF208"): "the test allows three pods by a /24 on purpose",
    ("cyclonus/*-pods-by-label-nil-ns-*", "RF209"): "all of x, or the pods c of x: the second entry adds nothing",
    ("cyclonus/199-*", "RF202"): "another step of the test gives a pod the label that the rule asks for",
    ("npa-conformance-cnp-v1alpha2/CNPBaselineTierEgressInlineCIDRPeers-04", "RF208"): "pods by address, on purpose",
    ("npa-conformance-*/*Integration-0*", "RF107"): "the NetworkPolicy of this test leaves podSelector out",
    ("[ck]*/*", "RF017"): "the namespaces are called x, y and z, and the y has no quotes, as PyYAML writes it",
    ("[!e]*", "RF401"): "each case guards what its test is about, and leaves other pods or namespaces open to all",
    ("[!e]*", "RF402"): "likewise for egress",
    ("[ck]*/*", "RF403"): "an allow-all policy is what the case tests",
    ("[ck]*/*", "RF404"): "rules for a port without `to` let out to every address",
    ("[ck]*/*", "RF406"): "the metadata address is among every address",
    ("k8s-e2e-netpol/[34]*", "RF405"): "rules for a port without `from` let every address in",
    ("cyclonus/*", "RF407"): "all but a few cases allow port 53 without `to`",
    ("cyclonus/201-1-*", "RF502"): "a policy that allows DNS beside one that allows everything",
    (
        "k8s-e2e-netpol/3[12]-2-*",
        "RF502",
    ): "the second step adds a policy that allows everything beside one for port 80",
    ("npa-conformance-*", "RF503"): "the cases have rules behind wider ones, to show that the first match decides",
    ("npa-conformance-*", "RF408"): "centaur is on the host network of a node that runs pods of other houses",
    # -- corpora of analyzers' tests
    ("netpol-analyzer-anp-parsed/*", "RF017"): "likewise for a namespace called y",
    ("netpol-analyzer-anp-parsed/*", "RF101"): "names of policies hold control characters, as the test made them up",
    ("netpol-analyzer-connlist/*", "RF101"): "names of policies with an underscore, which the API server refuses",
    ("netpol-analyzer-*", "RF403"): "the case has rules without peers and ports",
    ("netpol-analyzer-*", "RF405"): "a rule for a port without `from`, or for 0.0.0.0/0",
    ("policy-assistant/*", "RF405"): "a rule for UDP 80 without `from`",
    ("netpol-analyzer-connlist/anp_banp_test_multiple_warnings", "RF406"): "e000::/3 holds fd00:ec2::254",
    ("netpol-analyzer-connlist/*", "RF407"): "egress on UDP 53 to everybody",
    ("netpol-analyzer-*", "RF408"): "the selector's labels are those of pods of the host network as well",
    (
        "netpol-analyzer-connlist/anp_banp_test_multiple_warnings",
        "RF411",
    ): "ff06::/3 was hardly meant to be an eighth of IPv6",
    ("netpol-analyzer-*/ipblockstest_4", "RF411"): "50.0.0.0/8 is sixteen million public addresses",
    (
        "netpol-analyzer-diff/dirs/onlineboutique_workloads_with_ingress",
        "RF501",
    ): "its first rule already admits everybody",
    ("netpol-analyzer-*", "RF503"): "rules behind wider ones, to show that the first match decides",
    ("netpol-analyzer-connlist/anp_and_banp_using_networks_test", "RF107"): "its NetworkPolicy has no podSelector",
    ("netpol-analyzer-connlist/anp_banp_test_multiple_warnings", "RF104"): "ff06::/3 is e000::/3",
    ("netpol-analyzer-connlist/anp_banp_test_multiple_warnings", "RF205"): "the test is about a name that nobody has",
    (
        "netpol-analyzer-connlist/netpol_named_port_test*",
        "RF205",
    ): "the name is there for another protocol, or not at all",
    ("netpol-analyzer-connlist/netpol_named_port_test*", "RF006"): "a container port without a number",
    ("netpol-analyzer-connlist/example_pods_w_same_owner*", "RF006"): "an owner reference without a kind",
    ("netpol-analyzer-diff/dirs/acs-security-demos-added-workloads", "RF008"): "a Service is given in two files",
    ("netpol-analyzer-diff/dirs/*olog*", "RF201"): "the policy is for workloads of another version of this directory",
    ("netpol-analyzer-diff/dirs/*olog*", "RF202"): "the peer is a workload of another version of this directory",
    # -- the API server's own output, with faults that its authors put in
    ("apiserver/cluster.*", "RF205"): "databases without a port named metrics are to be scraped by that name",
    ("apiserver/cluster.*", "RF409"): "redis of team platform admits every namespace",
    ("apiserver/cluster.*", "RF206"): "payments is called on 443, the Service's port; its pods listen on 8443",
    # -- the shop: each is in the table "What is broken" of its README
    ("examples/shop", "RF201"): "node-exporter is on the host network",
    ("examples/shop", "RF203"): "checkout's pods lack the label tier=api",
    ("examples/shop", "RF204"): "monitoring is asked for by a label that it lacks",
    ("examples/shop", "RF206"): "search and DNS are opened on the Service's port",
    ("examples/shop", "RF209"): "redis admits all of the shop, or its carts",
    ("examples/shop", "RF402"): "monitoring has no policy of its own for egress",
    ("examples/shop", "RF404"): "the nightly reports may reach every server on 443",
    ("examples/shop", "RF408"): "node-exporter is on the host network",
}


def cases() -> Iterator[tuple[str, Path]]:
    for suite in SUITES:
        for case in sorted((CORPORA / suite).glob("*/")):
            yield f"{suite}/{case.name}", case if suite.endswith("dirs") else manifests(case)
    for file in ("cluster.json", "cluster.yaml"):
        yield f"apiserver/{file}", CORPORA / "apiserver" / file
    yield "examples/shop", EXAMPLES / "shop"


CASES = [pytest.param(name, path, id=name) for name, path in cases()] if CORPORA.is_dir() else []


@cache
def fired(path: Path) -> dict[str, str]:
    """What fires on a case: the first sentence by code."""
    snapshot = load_snapshot([str(path)])
    policies, findings = read_policies(snapshot)
    report = run(LintContext(snapshot, policies, (*snapshot.findings, *findings)), [r for r in RULES if _judged(r)])
    return {finding.code.code: finding.what for finding in reversed(report.findings)}


def _judged(rule: LintRule) -> bool:
    notes_of_input = rule.code.code < "RF1" and rule.code.severity is Severity.NOTE
    return rule.code.code.startswith(BLOCKS) and not notes_of_input


@needs_corpora
@pytest.mark.parametrize(("name", "path"), CASES)
def test_what_fires_on_a_valid_case_is_right(name: str, path: Path) -> None:
    for code, what in fired(path).items():
        assert any(fnmatch(name, pattern) and code == known for pattern, known in RIGHT), f"{code}: {what}"


@needs_corpora
def test_every_line_of_the_table_is_needed() -> None:
    seen = {(name, code) for name, path in cases() for code in fired(path)}
    unneeded = [
        (pattern, code)
        for pattern, code in RIGHT
        if not any(fnmatch(name, pattern) and code == found for name, found in seen)
    ]
    assert not unneeded
