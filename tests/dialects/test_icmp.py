"""ICMP under each API: what a rule without ports means for it, and what rules that name it match.

Sources: Cilium, "Layer 4 policies" ("If no layer 4 policy is specified for an endpoint, the endpoint is allowed to send
and receive on all layer 4 ports and protocols including ICMP. If any layer 4 policy is specified, then ICMP will be
blocked unless it's related to a connection that is otherwise allowed by the policy", and "Limit ICMP/ICMPv6 types");
ICMPField in its pkg/policy/api; Calico reference, "Rule" and "ICMP", and "Use ICMP/ping rules in policy"; Kubernetes,
"Network Policies" ("NetworkPolicy is defined for layer 4 connections (TCP, UDP, and optionally SCTP). For all the other
protocols, the behaviour may vary across network plugins"), of which Calico's and Cilium's is taken; network-policy-api,
"If this field is not set then the rule does not filter traffic via port".
"""

from __future__ import annotations

import pytest

from ringfence.model.ports import Icmp, message
from tests.dialects.cluster import World

ECHO, ECHO_V6 = (Icmp.ICMP, message(8)), (Icmp.ICMPV6, message(128))
REDIRECT_FOR_HOST, REDIRECT_FOR_NETWORK = (Icmp.ICMP, message(5, 1)), (Icmp.ICMP, message(5))
PUBLIC = {"echo": ECHO, "echo6": ECHO_V6, "redirect": REDIRECT_FOR_NETWORK, "redirect/1": REDIRECT_FOR_HOST}
ALL, V4, NONE = set(PUBLIC), {"echo", "redirect", "redirect/1"}, set[str]()

CLUSTER = "".join(
    f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}\n"
    f"spec: {{containers: [{{name: c}}]}}\nstatus: {{podIP: 10.0.0.{number}, podIPs: [{{ip: 10.0.0.{number}}}, "
    f"{{ip: 'fd00::{number}'}}]}}\n"
    for number, name in enumerate(("web", "db"), start=1)
)


def passing(policy: str, *, cni: str = "generic") -> set[str]:
    """The messages that web may send to db."""
    world = World(CLUSTER + "---\n" + policy, cni=cni)
    return {name for name, (family, sent) in PUBLIC.items() if world.allowed("shop/web", "shop/db", sent, family)}


def network_policy(*rules: str) -> str:
    return (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
        f"spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{', '.join(rules)}]}}\n"
    )


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # Isolated, and no rule: denied like all else.
        ((), NONE),
        # NetworkPolicyIngressRule.ports: "If this field is empty or missing, this rule matches all ports".
        (("{}",), ALL),
        (("{from: [{podSelector: {}}]}",), ALL),
        # A rule with ports is for ports of TCP, UDP and SCTP, even if they are all of them.
        (("{ports: [{protocol: TCP, port: 80}]}",), NONE),
        (("{ports: [{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]}",), NONE),
    ],
)
def test_network_policy_says_nothing_of_icmp_but_isolates(rules: tuple[str, ...], expected: set[str]) -> None:
    assert passing(network_policy(*rules)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{action: Deny, from: [{namespaces: {}}]}", NONE),
        ("{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}", ALL),
        ("{action: Accept, from: [{namespaces: {}}]}", ALL),
    ],
)
def test_a_rule_of_a_tier_without_protocols_is_for_icmp_too(rule: str, expected: set[str]) -> None:
    policy = (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\n"
        f"spec: {{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, ingress: [{rule}]}}\n"
    )
    assert passing(policy) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{fromEndpoints: [{}]}", ALL),
        ("{fromEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}", NONE),
        # "Matching on ICMP is not supported" in toPorts; ANY is of the protocols with ports.
        ("{fromEndpoints: [{}], toPorts: [{ports: [{port: '0', protocol: ANY}]}]}", NONE),
        ("{icmps: [{fields: [{type: 8, family: IPv4}]}]}", {"echo"}),
        ("{icmps: [{fields: [{type: 8}]}]}", {"echo"}),
        ("{icmps: [{fields: [{type: EchoRequest, family: IPv6}]}]}", {"echo6"}),
        ("{icmps: [{fields: [{type: EchoRequest}, {type: EchoRequest, family: IPv6}]}]}", {"echo", "echo6"}),
        # A type has any code.
        ("{icmps: [{fields: [{type: Redirect, family: IPv4}]}]}", {"redirect", "redirect/1"}),
        ("{fromEndpoints: [{matchLabels: {app: db}}], icmps: [{fields: [{type: 8}]}]}", NONE),
        ("{icmps: [{fields: []}]}", NONE),
    ],
)
def test_cilium_s_icmps_are_types_of_one_family(rule: str, expected: set[str]) -> None:
    policy = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
        f"spec: {{endpointSelector: {{}}, ingress: [{rule}]}}\n"
    )
    assert passing(policy, cni="cilium") == expected


def test_cilium_denies_icmp_by_type() -> None:
    policy = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
        "spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{}]}], "
        "ingressDeny: [{fromEndpoints: [{}], icmps: [{fields: [{type: 8}]}]}]}\n"
    )
    assert passing(policy, cni="cilium") == ALL - {"echo"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{action: Allow}", ALL),
        ("{action: Allow, protocol: TCP}", NONE),
        ("{action: Allow, protocol: ICMP}", V4),
        ("{action: Allow, protocol: ICMPv6}", {"echo6"}),
        ("{action: Allow, protocol: 1}", V4),
        ("{action: Allow, protocol: 58}", {"echo6"}),
        ("{action: Allow, protocol: 6}", NONE),
        ("{action: Allow, protocol: UDPLite}", NONE),
        ("{action: Allow, notProtocol: TCP}", ALL),
        ("{action: Allow, notProtocol: ICMP}", {"echo6"}),
        # ICMP.type: "For example a value of 8 refers to ICMP Echo Request".
        ("{action: Allow, protocol: ICMP, icmp: {type: 8}}", {"echo"}),
        ("{action: Allow, protocol: ICMPv6, icmp: {type: 128, code: 0}}", {"echo6"}),
        # "you can specify ICMP type 5, code 2 to match specific ICMP redirect packets."
        ("{action: Allow, protocol: ICMP, icmp: {type: 5, code: 1}}", {"redirect/1"}),
        ("{action: Allow, protocol: ICMP, notICMP: {type: 5}}", {"echo"}),
        ("{action: Allow, protocol: ICMP, notICMP: {type: 5, code: 1}}", {"echo", "redirect"}),
        ("{action: Allow, protocol: ICMP, icmp: {type: 5}, notICMP: {type: 5, code: 1}}", {"redirect"}),
    ],
)
def test_calico_s_rules_name_the_protocol_and_the_message(rule: str, expected: set[str]) -> None:
    policy = (
        "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
        f"spec: {{selector: all(), types: [Ingress], ingress: [{rule}]}}\n"
    )
    assert passing(policy, cni="calico") == expected


def test_calico_s_example_denies_ping_and_leaves_the_rest() -> None:
    """ "Use ICMP/ping rules in policy": deny all ICMP, all workloads; other traffic passes."""
    policy = (
        "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: block-icmp}\n"
        "spec: {order: 200, selector: all(), types: [Ingress, Egress], "
        "ingress: [{action: Deny, protocol: ICMP}, {action: Deny, protocol: ICMPv6}, {action: Allow}], "
        "egress: [{action: Deny, protocol: ICMP}, {action: Deny, protocol: ICMPv6}, {action: Allow}]}\n"
    )
    assert passing(policy, cni="calico") == NONE
    assert World(CLUSTER + "---\n" + policy).allowed("shop/web", "shop/db", 80)


@pytest.mark.parametrize(("ports", "expected"), [("", NONE), (", ports: [{protocol: TCP, port: 80}]", ALL)])
def test_an_egress_firewall_without_ports_is_for_every_protocol(ports: str, expected: set[str]) -> None:
    """OVN-Kubernetes: "ports specify what ports and protocols the rule applies to"; without them, all."""
    policy = (
        "apiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\nmetadata: {name: default, namespace: shop}\n"
        f"spec: {{egress: [{{type: Deny, to: {{cidrSelector: 0.0.0.0/0}}{ports}}}]}}\n"
    )
    world = World(CLUSTER + "---\n" + policy)
    sent = {name for name, (family, each) in PUBLIC.items() if world.allowed("shop/web", "198.51.100.1", each, family)}
    assert sent == expected


def test_a_mesh_does_not_see_icmp() -> None:
    """Istio, "Protocol Selection": "Non-TCP based protocols, such as UDP, are not proxied"."""
    meshed = CLUSTER.replace("labels: {", "labels: {security.istio.io/tlsMode: istio, ")
    policy = (
        "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: shop}\n"
        "spec: {}\n"
    )
    world = World(meshed + policy)
    assert not world.allowed("shop/web", "shop/db", 80)
    assert world.allowed("shop/web", "shop/db", ECHO[1], ECHO[0])


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{action: Allow, protocol: ICMP, icmp: {code: 1}}", "has a code and no type"),
        ("{action: Allow, icmp: {type: 8}}", "neither ICMP nor ICMPv6"),
        ("{action: Allow, protocol: TCP, icmp: {type: 8}}", "neither ICMP nor ICMPv6"),
        ("{action: Allow, protocol: ICMP, icmp: {type: 255}}", "from 0 to 254"),
        ("{action: Allow, protocol: ICMP, ipVersion: 6}", "ipVersion is 6"),
    ],
)
def test_what_calico_refuses_of_icmp_is_refused(rule: str, said: str) -> None:
    """libcalico-go validateICMPFields and validateRule."""
    policy = (
        "---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
        f"spec: {{selector: all(), types: [Ingress], ingress: [{rule}]}}\n"
    )
    world = World(CLUSTER + policy)
    assert any(said in finding.what for finding in world.cluster.findings)
    assert world.allowed("shop/web", "shop/db", 80), "the policy is left out as a whole"


@pytest.mark.parametrize(
    "field", ["{type: 256}", "{type: Ping}", "{type: PacketTooBig}", "{type: 8, family: IPv5}", "{family: IPv4}"]
)
def test_what_cilium_refuses_of_icmp_is_refused(field: str) -> None:
    """ICMPField: "If i.Type is ICMP type name, the value should be checked if it belongs to the map for the family"."""
    policy = (
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: shop}\n"
        f"spec: {{endpointSelector: {{}}, ingress: [{{icmps: [{{fields: [{field}]}}]}}]}}\n"
    )
    world = World(CLUSTER + policy, cni="cilium")
    assert any(finding.code.code == "RF115" for finding in world.cluster.findings)
    assert world.allowed("shop/web", "shop/db", 80), "the policy is left out as a whole"
