"""What Calico's API server refuses is a finding at its place, and the policy is left out.

Source: Calico reference, and the checks of libcalico-go, lib/validator/v3.
"""

from __future__ import annotations

import pytest

from ringfence.model.finding import Severity
from tests.dialects.calico.test_verdicts import CLUSTER, policy
from tests.dialects.cluster import World


def rule(text: str, direction: str = "egress") -> str:
    return f"{{selector: all(), {direction}: [{{action: Allow, {text}}}]}}"


@pytest.mark.parametrize(
    ("spec", "code", "words"),
    [
        ("{selector: \"app = 'web'\"}", "RF102", "at column 5"),
        ("{selector: global()}", "RF102", "global()"),
        (rule("destination: {namespaceSelector: global() && has(x)}"), "RF102", "global()"),
        (rule("destination: {selector: \"a == 'b' &&\"}"), "RF102", "at column 12"),
        ("{selector: all(), egress: [{action: allow}]}", "RF101", "must be an action"),
        ("{selector: all(), egress: [{}]}", "RF101", "must be an action"),
        ("{selector: all(), types: [Both]}", "RF101", "no type"),
        ("{selector: all(), order: first}", "RF101", "must be a number"),
        (rule("destination: {ports: [80]}"), "RF106", "no protocol"),
        (rule("protocol: ICMP, destination: {ports: [80]}"), "RF106", "without any"),
        (rule("source: {ports: [80]}"), "RF106", "no protocol"),
        (rule("protocol: HTTP"), "RF106", "no protocol"),
        (rule("protocol: TCP, destination: {ports: [90:80]}"), "RF106", "90:80"),
        (rule("protocol: TCP, destination: {ports: [70000]}"), "RF106", "70000"),
        (rule("destination: {nets: [10.0.0.0/33]}"), "RF103", "10.0.0.0/33"),
        (rule("destination: {nets: [10.0.0.0/8, 'fd00::/8']}"), "RF101", "both IPv4 and IPv6"),
        (rule("destination: {services: {name: db}, selector: all()}"), "RF101", "beside selector"),
        (rule("protocol: TCP, destination: {services: {name: db}, ports: [80]}"), "RF101", "beside ports"),
        (rule("source: {services: {name: db}}"), "RF101", "destination of an egress rule"),
        (rule("destination: {services: {}}"), "RF111", "must name a Service"),
        (rule("http: {methods: [GET]}"), "RF101", "ingress rule that allows"),
        (rule("ipVersion: 5"), "RF101", "must be 4 or 6"),
    ],
)
def test_a_refused_policy_is_told_and_left_out(spec: str, code: str, words: str) -> None:
    findings = World(CLUSTER + policy(spec)).cluster.findings
    told = [finding for finding in findings if finding.code.code == code and words in finding.what]
    assert told, [finding.what for finding in findings]
    assert told[0].origin.position.line > CLUSTER.count("\n")
    assert any(finding.code.code == "RF115" for finding in findings)


def test_a_service_of_a_global_policy_must_name_its_namespace() -> None:
    spec = rule("destination: {services: {name: db}}")
    findings = World(CLUSTER + policy(spec, "GlobalNetworkPolicy")).cluster.findings
    assert any("must name the namespace" in finding.what for finding in findings)


def test_a_wrong_action_of_a_tier_is_told_once() -> None:
    head = "---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: t}\n"
    tier = f"{head}spec: {{order: 1, defaultAction: Drop}}\n"
    text = tier + policy("{tier: t, selector: all()}", name="a") + policy("{tier: t, selector: all()}", name="b")
    findings = World(CLUSTER + text).cluster.findings
    assert sum("defaultAction" in finding.what for finding in findings) == 1


def test_a_service_that_is_not_there_matches_nothing_and_is_told() -> None:
    world = World(CLUSTER + policy(rule("destination: {services: {name: nope}}")))
    assert not world.allowed("shop/web", "shop/db", 5432)
    told = [finding for finding in world.cluster.findings if "shop/nope" in finding.what]
    assert [finding.severity for finding in told] == [Severity.ERROR]


def test_empty_selectors_say_nothing() -> None:
    """An empty selector is one that is left out, so the rule isn't kept to the policy's namespace."""
    world = World(CLUSTER + policy(rule("destination: {selector: '', namespaceSelector: '', nets: [8.8.8.0/24]}")))
    assert world.allowed("shop/web", "8.8.8.8", 80)


def test_a_service_reaches_its_pods_on_nodes_by_address() -> None:
    service = (
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: agent, namespace: other}\n"
        "spec: {selector: {app: agent}, ports: [{port: 9100}]}\n"
    )
    spec = rule("destination: {services: {name: agent, namespace: other}}")
    world = World(CLUSTER + service + policy(spec))
    assert world.allowed("shop/web", "other/agent", 9100)
    assert not world.allowed("shop/web", "other/agent", 9101)


def test_the_labels_of_a_stored_set_are_read_from_its_annotation() -> None:
    stored = (
        "---\napiVersion: crd.projectcalico.org/v1\nkind: GlobalNetworkSet\nmetadata:\n  name: dns\n  annotations:\n"
        '    projectcalico.org/metadata: \'{"labels": {"role": "dns"}}\'\nspec: {nets: [8.8.8.8/32]}\n'
    )
    spec = rule("destination: {namespaceSelector: global(), selector: role == 'dns'}")
    assert World(CLUSTER + stored + policy(spec)).allowed("shop/web", "8.8.8.8", 53)


def test_a_policy_that_guards_a_host_endpoint_too_says_so() -> None:
    host = (
        "---\napiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: {name: n1-eth0, labels: {role: node}}\n"
        "spec: {node: n1, interfaceName: eth0, expectedIPs: [192.168.0.1]}\n"
    )
    for spec, told in (("{selector: has(role)}", True), ("{selector: app == 'web'}", False)):
        findings = World(CLUSTER + host + policy(spec, "GlobalNetworkPolicy")).cluster.findings
        assert any(finding.code.code == "RF120" and "n1-eth0" in finding.what for finding in findings) is told
    # The host endpoint is an address to rules of other policies.
    world = World(CLUSTER + host + policy(rule("destination: {namespaceSelector: global(), selector: has(role)}")))
    assert world.allowed("shop/web", "192.168.0.1", 22)
