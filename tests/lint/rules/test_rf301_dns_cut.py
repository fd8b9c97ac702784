"""RF301: a policy cuts pods off from DNS."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy, service
from tests.lint.rules.cuts import BOTH, DENY, DNS_RULES, NODE_LOCAL, WEB, allow, dns


def test_a_default_deny_cuts_dns_and_is_one_finding_for_all_pods() -> None:
    (finding,) = lint(dns() + WEB + DENY, *DNS_RULES)
    assert finding.what == (
        "shop/NetworkPolicy/deny cuts shop/web and shop/job off from DNS: they can't ask Service kube-system/kube-dns."
    )
    assert finding.evidence == ("shop/web", "shop/job")


def test_the_policy_for_most_pods_is_to_blame() -> None:
    own = policy(
        "shop/web", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 1}]}]"
    )
    (finding,) = lint(dns() + WEB + own + DENY, *DNS_RULES)
    assert finding.subject is not None
    assert finding.subject.name == "deny"


@pytest.mark.parametrize(
    "policies",
    [
        "",
        policy("shop/deny", "podSelector: {}, policyTypes: [Ingress]"),
        DENY + allow(BOTH),
        DENY + allow(BOTH, "{namespaceSelector: {}}"),
        DENY + allow(BOTH, "{ipBlock: {cidr: 0.0.0.0/0}}, {namespaceSelector: {}}"),
        DENY + allow("{port: dns, protocol: UDP}, {port: dns-tcp}"),
    ],
)
def test_pods_that_can_ask_are_left_alone(policies: str) -> None:
    assert codes(dns() + WEB + policies, *DNS_RULES) == []


def own_resolver(*addresses: str, policy: str = "None") -> str:
    """A pod that is given name servers of its own."""
    spec = f", dnsPolicy: {policy}, dnsConfig: {{nameservers: [{', '.join(addresses)}]}}"
    return pod("shop/own", "app: own", more=spec)


TO_OWN = DENY + allow(BOTH, "{ipBlock: {cidr: 10.0.0.10/32}}")


def test_a_way_to_some_resolver_does_not_help_pods_that_ask_the_cluster_s() -> None:
    assert codes(dns() + WEB + TO_OWN, *DNS_RULES) == ["RF301"]


def test_pods_with_name_servers_of_their_own_need_one_of_these() -> None:
    assert codes(dns() + own_resolver("10.0.0.10") + TO_OWN, *DNS_RULES) == []
    assert codes(dns() + own_resolver("10.0.0.9", "10.0.0.10") + TO_OWN, *DNS_RULES) == []
    (finding,) = lint(dns() + own_resolver("10.0.0.9") + TO_OWN, *DNS_RULES)
    assert finding.what.endswith("off from DNS: they can't ask their own name servers 10.0.0.9.")


def test_the_resolver_of_a_node_is_not_judged() -> None:
    node = pod("shop/own", "app: own", more=", dnsPolicy: Default")
    assert codes(dns() + node + DENY, *DNS_RULES) == []


def test_without_dns_pods_in_the_input_nothing_is_said() -> None:
    assert codes(WEB + DENY, "RF3") == []


def test_a_namespace_label_that_is_not_there_cuts_dns() -> None:
    # Incident 1: namespaceSelector name=kube-system, a label that no namespace has by itself.
    copied = allow(BOTH, "{namespaceSelector: {matchLabels: {name: kube-system}}}")
    assert codes(dns() + WEB + copied, *DNS_RULES) == ["RF301"]


def test_a_deny_at_the_dns_pods_is_the_cause_there() -> None:
    closed = policy("kube-system/deny", "podSelector: {}, policyTypes: [Ingress]")
    (finding,) = lint(dns() + WEB + closed, *DNS_RULES)
    assert "kube-system/NetworkPolicy/deny cuts" in finding.what
    assert "by denying them at the DNS pods" in finding.what


def test_some_dns_pods_that_cannot_be_asked_are_told_as_such() -> None:
    second = pod("kube-system/dns-1", "k8s-app: kube-dns, track: canary", ports="{containerPort: 53, protocol: UDP}")
    one = allow(BOTH, "{namespaceSelector: {}, podSelector: {matchLabels: {track: canary}}}")
    (finding,) = lint(dns() + second + WEB + one, *DNS_RULES)
    assert "some of the pods of Service kube-system/kube-dns" in finding.what


def test_a_pod_that_is_only_served_needs_no_names() -> None:
    # web resolves, job may open nothing at all: it was meant so.
    web = allow(BOTH, selector="{matchLabels: {app: web}}")
    assert codes(dns() + WEB + DENY + web, *DNS_RULES) == []


def test_a_pod_that_names_a_service_needs_names_though_it_may_open_nothing() -> None:
    job = pod("shop/speaker", "app: speaker").replace(
        "image: i,", 'image: i, env: [{name: WEB_URL, value: "http://web.shop"}],'
    )
    web = allow(BOTH, selector="{matchLabels: {app: web}}") + service("shop/web", "app: web", "{port: 80}")
    (finding,) = lint(dns() + WEB + job + DENY + web, *DNS_RULES)
    assert finding.evidence == ("shop/speaker",)


def test_where_neither_can_be_asked_it_is_one_cut() -> None:
    assert codes(dns() + NODE_LOCAL + WEB + DENY, *DNS_RULES) == ["RF301"]
