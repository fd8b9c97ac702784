"""What an EgressFirewall of OVN-Kubernetes lets out; each expectation is a sentence of its documentation.

Pages: ovn-kubernetes, docs/features/network-security-controls/egress-firewall.md ("EgressFirewall"); OpenShift, "How an
egress firewall works in a project" and "EgressFirewall [k8s.ovn.org/v1]"; go-controller/pkg/ovn/egressfirewall.go.

One cluster for all cases: pods web and db in shop, api in other, agent on the network of node n1; nodes n1 and n2.
"""

from __future__ import annotations

import pytest

from ringfence.model.ports import Protocol
from tests.dialects.cluster import World
from tests.dialects.reading import read


def pod(namespace: str, name: str, address: str, spec: str = "nodeName: n1") -> str:
    return (
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}\n"
        f"spec: {{{spec}}}\nstatus: {{podIP: {address}}}\n"
    )


def node(name: str, address: str) -> str:
    return (
        f"---\napiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{role: {name}}}}}\n"
        f"status: {{addresses: [{{type: InternalIP, address: {address}}}]}}\n"
    )


CLUSTER = (
    pod("shop", "web", "10.128.0.1")
    + pod("shop", "db", "10.128.0.2")
    + pod("shop", "agent", "192.168.0.1", "nodeName: n1, hostNetwork: true")
    + pod("other", "api", "10.128.0.3")
    + node("n1", "192.168.0.1")
    + node("n2", "192.168.0.2")
)
ENDS = {
    "db": "shop/db",
    "api": "other/api",
    "n2": "192.168.0.2",
    "inside": "1.2.3.4",
    "near": "4.5.6.7",
    "far": "9.9.9.9",
}
INTERNAL = {"db", "api"}


def firewall(*rules: str, namespace: str = "shop", name: str = "default") -> str:
    """An EgressFirewall with these rules."""
    listed = "".join(f"  - {rule}\n" for rule in rules)
    return (
        f"---\napiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"spec:\n  egress:\n{listed}"
    )


DENY_ALL = "{type: Deny, to: {cidrSelector: 0.0.0.0/0}}"
ALLOW_INSIDE = "{type: Allow, to: {cidrSelector: 1.2.3.0/24}}"


def reached(text: str, source: str = "shop/web", port: int = 443, protocol: Protocol = Protocol.TCP) -> set[str]:
    """Whom the pod surely reaches."""
    world = World(CLUSTER + text)
    return {name for name, end in ENDS.items() if world.allowed(source, end, port, protocol)}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # "denies traffic to all other external hosts"; "limit the external hosts that a pod can access": never pods.
        ((ALLOW_INSIDE, DENY_ALL), {"inside"} | INTERNAL),
        # "if the rules are reversed, all traffic is denied, including 1.2.3.0/24"
        ((DENY_ALL, ALLOW_INSIDE), INTERNAL),
        # "If no rule matches then the traffic will be allowed by default."
        ((ALLOW_INSIDE,), set(ENDS)),
        (("{type: Deny, to: {cidrSelector: 1.2.3.0/24}}",), set(ENDS) - {"inside"}),
        # A range that holds the pod network leaves it out (clusterSubnetIntersection); nodes are in no pod network.
        (("{type: Deny, to: {cidrSelector: 10.0.0.0/8}}",), set(ENDS)),
        (("{type: Deny, to: {cidrSelector: 192.168.0.0/16}}",), set(ENDS) - {"n2"}),
        # "nodeSelector will allow/deny traffic to the Kubernetes node IP of selected nodes."
        (("{type: Allow, to: {nodeSelector: {matchLabels: {role: n2}}}}", DENY_ALL), {"n2"} | INTERNAL),
        (("{type: Deny, to: {nodeSelector: {matchLabels: {role: n2}}}}",), set(ENDS) - {"n2"}),
        (("{type: Allow, to: {nodeSelector: {matchLabels: {role: n1}}}}", DENY_ALL), INTERNAL),
        # Rules for the addresses of one family say nothing of the other.
        (("{type: Deny, to: {cidrSelector: '::/0'}}",), set(ENDS)),
    ],
)
def test_the_first_rule_that_matches_decides_for_ends_outside_the_pod_network(
    rules: tuple[str, ...], expected: set[str]
) -> None:
    assert reached(firewall(*rules)) == expected


@pytest.mark.parametrize(
    ("port", "protocol", "expected"),
    [
        # "allows traffic to 4.5.6.0 to 4.5.6.255 only for the UDP protocol on port number 55"
        (55, Protocol.UDP, {"near"} | INTERNAL),
        (55, Protocol.TCP, INTERNAL),
        (56, Protocol.UDP, INTERNAL),
    ],
)
def test_ports_narrow_a_rule(port: int, protocol: Protocol, expected: set[str]) -> None:
    rule = "{type: Allow, to: {cidrSelector: 4.5.6.0/24}, ports: [{protocol: UDP, port: 55}]}"
    assert reached(firewall(rule, DENY_ALL), port=port, protocol=protocol) == expected


def test_an_empty_list_of_ports_is_every_port() -> None:
    assert "inside" not in reached(firewall("{type: Deny, to: {cidrSelector: 1.2.3.0/24}, ports: []}"))


def test_only_pods_of_its_namespace_are_subject() -> None:
    # "rules apply to all pods that share the namespace with the egressfirewall object"
    assert reached(firewall(DENY_ALL), "other/api") == set(ENDS)


def test_pods_on_the_network_of_a_node_are_not_subject() -> None:
    # OpenShift's page: pods with host networking are unaffected by egress firewall rules.
    assert reached(firewall(DENY_ALL), "shop/agent") == set(ENDS)


def test_connections_into_the_namespace_are_not_concerned() -> None:
    world = World(CLUSTER + firewall(DENY_ALL))
    assert world.allowed("9.9.9.9", "shop/web", 443)


POLICY = (
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
    "spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 9.9.9.0/24}}]}]}\n"
)
ADMIN = (
    "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: a}\n"
    "spec: {priority: 1, subject: {namespaces: {}}, egress: [{action: Allow, to: [{networks: [0.0.0.0/0]}]}]}\n"
)


def test_it_stands_beside_network_policies_and_both_must_allow() -> None:
    # The rules are in the pipeline to the port, those of policies in the one from it (egressfirewall.go, LportIngress).
    assert reached(POLICY + firewall(ALLOW_INSIDE, DENY_ALL)) == set()
    assert reached(POLICY + firewall(ALLOW_INSIDE)) == {"far"}


def test_an_admin_policy_that_allows_does_not_open_it() -> None:
    assert reached(ADMIN + firewall(ALLOW_INSIDE, DENY_ALL)) == {"inside"} | INTERNAL


def possible(text: str) -> set[str]:
    """Whom web may reach if names have the right addresses."""
    world = World(CLUSTER + text)
    engine, web = world.cluster.engine.reading(certain=False), world.end("shop/web")
    return {name for name, end in ENDS.items() if engine.allowed(web, world.end(end)).has(Protocol.TCP, 443)}


def test_a_name_is_possible_and_no_more() -> None:
    text = firewall("{type: Allow, to: {dnsName: www.example.com}}", DENY_ALL)
    assert reached(text) == INTERNAL
    assert possible(text) == {"inside", "near", "far"} | INTERNAL


def test_a_denied_name_may_be_any_address() -> None:
    text = firewall("{type: Deny, to: {dnsName: www.example.com}}")
    assert reached(text) == {"n2"} | INTERNAL
    assert possible(text) == set(ENDS)


def test_a_name_does_not_open_what_a_network_policy_denies() -> None:
    assert possible(POLICY + firewall("{type: Allow, to: {dnsName: www.example.com}}", DENY_ALL)) == {"far"}


@pytest.mark.parametrize(
    "text",
    [
        # Only the name default is heeded; a destination is given in one way; every part is needed.
        firewall(DENY_ALL, name="strict"),
        firewall("{type: Deny, to: {cidrSelector: 0.0.0.0/0, dnsName: a.example.com}}"),
        firewall("{type: Deny, to: {}}"),
        firewall("{type: Drop, to: {cidrSelector: 0.0.0.0/0}}"),
        firewall("{type: Deny, to: {cidrSelector: 0.0.0.0/0}, ports: [{protocol: TCP}]}"),
        firewall("{to: {cidrSelector: 0.0.0.0/0}}"),
    ],
)
def test_what_the_api_refuses_is_left_out_with_its_reason(text: str) -> None:
    policies, found = read(text)
    codes = [finding.code.code for finding in found]
    assert not list(policies.policies())
    assert "RF115" in codes
    assert "RF101" in codes
