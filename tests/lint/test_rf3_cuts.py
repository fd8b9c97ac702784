"""RF3xx: what the cluster needs and the policies deny; by hand from the API's text and the semantics of DNS."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace, pod, policy, service

DNS_RULES = ("RF301", "RF302", "RF303", "RF304")


def dns(port: int = 53) -> str:
    """DNS pods that listen on a port, behind Service kube-dns."""
    ports = f"{{containerPort: {port}, protocol: UDP, name: dns}}, {{containerPort: {port}, name: dns-tcp}}"
    service_ports = (
        f"{{name: dns, port: 53, targetPort: {port}, protocol: UDP}}, {{name: dns-tcp, port: 53, targetPort: {port}}}"
    )
    return pod("kube-system/dns-0", "k8s-app: kube-dns", ports=ports) + service(
        "kube-system/kube-dns", "k8s-app: kube-dns", service_ports
    )


NODE_LOCAL = pod("kube-system/node-local-dns-x", "k8s-app: node-local-dns", more=", hostNetwork: true")
WEB = pod("shop/web", "app: web") + pod("shop/job", "app: job")
DENY = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress, Egress]")
TO_DNS = "{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}"
BOTH = "{port: 53, protocol: UDP}, {port: 53}"


def allow(ports: str, to: str = TO_DNS, more: str = "", name: str = "dns", selector: str = "{}") -> str:
    rules = f"{{to: [{to}], ports: [{ports}]}}"
    return policy(f"shop/{name}", f"podSelector: {selector}, policyTypes: [Egress], egress: [{rules}{more}]")


# ---- RF301 to RF304: asking ------------------------------------------------------------------------------------------


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
        # A resolver of their own, outside the cluster.
        DENY + allow(BOTH, "{ipBlock: {cidr: 10.0.0.10/32}}"),
    ],
)
def test_pods_that_can_ask_are_left_alone(policies: str) -> None:
    assert codes(dns() + WEB + policies, *DNS_RULES) == []


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


def test_udp_alone_is_told_at_the_rule() -> None:
    (finding,) = lint(dns() + WEB + DENY + allow("{port: 53, protocol: UDP}"), *DNS_RULES)
    assert finding.code.code == "RF302"
    assert finding.origin.path == "spec.egress[0]"


def test_tcp_in_another_rule_is_enough() -> None:
    both = allow("{port: 53, protocol: UDP}") + allow("{port: 53}", name="tcp")
    assert codes(dns() + WEB + both, *DNS_RULES) == []


@pytest.mark.parametrize("ports", [BOTH, "{port: 53, protocol: UDP}", "{port: 53}"])
def test_port_53_of_pods_that_listen_on_another_is_told_at_the_rule(ports: str) -> None:
    (finding,) = lint(dns(5353) + WEB + DENY + allow(ports), *DNS_RULES)
    assert finding.code.code == "RF303"
    assert "which listen on TCP 5353 UDP 5353" in finding.what


@pytest.mark.parametrize(
    "ports", ["{port: 5353, protocol: UDP}, {port: 5353}", "{port: dns, protocol: UDP}, {port: dns-tcp}"]
)
def test_the_real_port_or_its_name_is_right(ports: str) -> None:
    assert codes(dns(5353) + WEB + DENY + allow(ports), *DNS_RULES) == []


def test_the_node_local_cache_must_be_allowed_by_address() -> None:
    assert codes(dns() + NODE_LOCAL + WEB + allow(BOTH), *DNS_RULES) == ["RF304"]
    address = f", {{to: [{{ipBlock: {{cidr: 169.254.20.10/32}}}}], ports: [{BOTH}]}}"
    assert codes(dns() + NODE_LOCAL + WEB + allow(BOTH, more=address), *DNS_RULES) == []


def test_the_cache_alone_is_enough() -> None:
    assert codes(dns() + NODE_LOCAL + WEB + allow(BOTH, "{ipBlock: {cidr: 169.254.20.10/32}}"), *DNS_RULES) == []


def test_where_neither_can_be_asked_it_is_one_cut() -> None:
    assert codes(dns() + NODE_LOCAL + WEB + DENY, *DNS_RULES) == ["RF301"]


# ---- RF305: upstream -------------------------------------------------------------------------------------------------


def test_dns_pods_without_any_way_out_have_no_upstream() -> None:
    closed = policy("kube-system/deny", "podSelector: {}, policyTypes: [Egress]")
    assert codes(dns() + closed, "RF305") == ["RF305"]
    own = policy("kube-system/own", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{TO_DNS}]}}]")
    assert codes(dns() + own, "RF305") == ["RF305"]


@pytest.mark.parametrize(
    "to", ["to: [{ipBlock: {cidr: 10.0.0.2/32}}], ports: [{port: 53, protocol: UDP}]", "ports: [{port: 853}]"]
)
def test_dns_pods_with_one_upstream_are_left_alone(to: str) -> None:
    some = policy("kube-system/up", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{{to}}}]")
    assert codes(dns() + some, "RF305") == []


# ---- RF306, RF308, RF309: dependencies -------------------------------------------------------------------------------


def speaker(name: str, url: str) -> str:
    return pod(name, f"app: {name.partition('/')[2]}").replace(
        "image: i,", f'image: i, env: [{{name: API_URL, value: "{url}"}}],'
    )


API = pod("shop/api", "app: api", ports="{containerPort: 8080}") + service(
    "shop/api", "app: api", "{port: 80, targetPort: 8080}"
)


def test_one_default_deny_that_cuts_many_is_one_finding_that_lists_them() -> None:
    speakers = "".join(speaker(f"shop/s{number}", "http://api.shop") for number in range(5))
    (finding,) = lint(API + speakers + policy("shop/deny", "podSelector: {}, policyTypes: [Ingress]"), "RF306")
    assert len(finding.evidence) == 5
    assert "shop/Pod/s0 → service:shop/api TCP 8080 (API_URL=http://api.shop" in finding.evidence[0]


def test_the_port_of_the_service_is_not_that_of_the_pods() -> None:
    by_service_port = policy("shop/in", "podSelector: {}, ingress: [{ports: [{port: 80}]}]")
    by_pod_port = policy("shop/in", "podSelector: {}, ingress: [{ports: [{port: 8080}]}]")
    assert codes(API + speaker("shop/s", "http://api"), "RF306") == []
    assert codes(API + speaker("shop/s", "http://api") + by_service_port, "RF306") == ["RF306"]
    assert codes(API + speaker("shop/s", "http://api") + by_pod_port, "RF306") == []


INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: shop}
spec: {defaultBackend: {service: {name: api, port: {number: 80}}}}
---
"""
CONTROLLER = pod("edge/c", "app.kubernetes.io/name: ingress-nginx")


def test_a_backend_that_the_controller_cannot_reach_is_told() -> None:
    closed = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress]")
    opened = policy("shop/in", "podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]")
    assert codes(API + INGRESS + CONTROLLER + closed, "RF308") == ["RF308"]
    assert codes(API + INGRESS + CONTROLLER + opened, "RF308") == []
    assert codes(API + INGRESS + closed, "RF308") == []  # no controller in the input


def test_metrics_that_nobody_can_collect_are_told() -> None:
    web = pod("shop/web", "app: web", ports="{name: metrics, containerPort: 9090}")
    collector = pod("mon/p", "app.kubernetes.io/name: prometheus")
    closed = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress]")
    assert codes(web + collector + closed, "RF309") == ["RF309"]
    assert codes(web + collector, "RF309") == []
    assert codes(web + closed, "RF309") == []


# ---- RF307: half open ------------------------------------------------------------------------------------------------

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


# ---- RF310, RF311: the API server ------------------------------------------------------------------------------------

HOOK = (
    pod("ops/hook", "app: hook", ports="{containerPort: 8443}")
    + service("ops/hook", "app: hook", "{port: 443, targetPort: 8443}")
    + "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: h}\n"
    "webhooks: [{name: h.example.com, clientConfig: {service: {name: hook, namespace: ops}}}]\n---\n"
)
NODE = (
    "apiVersion: v1\nkind: Node\nmetadata: {name: cp, labels: {node-role.kubernetes.io/control-plane: ''}}\n"
    "status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}\n---\n"
)


def hook_from(peers: str) -> str:
    return policy("ops/in", f"podSelector: {{}}, ingress: [{{{peers}ports: [{{port: 8443}}]}}]")


@pytest.mark.parametrize("peers", ["from: [{namespaceSelector: {}}], ", "from: [{podSelector: {}}], "])
def test_no_selector_lets_the_api_server_in(peers: str) -> None:
    assert codes(HOOK + hook_from(peers), "RF310") == ["RF310"]


@pytest.mark.parametrize("peers", ["", "from: [{ipBlock: {cidr: 192.168.0.0/24}}], "])
def test_an_address_that_may_be_the_api_servers_is_enough(peers: str) -> None:
    assert codes(HOOK + hook_from(peers), "RF310") == []
    assert codes(HOOK + NODE + hook_from(peers), "RF310") == []


def test_an_address_that_no_control_plane_node_has_is_not() -> None:
    assert codes(HOOK + NODE + hook_from("from: [{ipBlock: {cidr: 10.0.0.0/8}}], "), "RF310") == ["RF310"]


OPERATOR = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes, namespace: default}\n"
    "spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}\n---\n"
    "apiVersion: v1\nkind: Endpoints\nmetadata: {name: kubernetes, namespace: default}\n"
    "subsets: [{addresses: [{ip: 192.168.0.1}], ports: [{name: https, port: 6443}]}]\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: db-operator, namespace: ops}\n"
    "spec: {selector: {matchLabels: {app: o}}, template: {metadata: {labels: {app: o}}, "
    "spec: {containers: [{name: c, image: i}]}}}\n---\n"
)


@pytest.mark.parametrize(
    ("egress", "found"),
    [
        ("", ["RF311"]),
        # The Service's address and port are translated before policy is judged.
        ("{to: [{ipBlock: {cidr: 10.96.0.1/32}}], ports: [{port: 443}]}", ["RF311"]),
        ("{to: [{ipBlock: {cidr: 192.168.0.1/32}}], ports: [{port: 6443}]}", []),
        ("{}", []),
    ],
)
def test_an_operator_must_reach_the_endpoints_of_the_api_server(egress: str, found: list[str]) -> None:
    policies = policy("ops/out", f"podSelector: {{}}, policyTypes: [Egress], egress: [{egress}]")
    assert codes(OPERATOR + policies, "RF311") == found


def test_other_workloads_are_not_asked_about_the_api_server() -> None:
    policies = policy("ops/out", "podSelector: {}, policyTypes: [Egress]")
    assert codes(OPERATOR.replace("db-operator", "web") + policies, "RF311") == []


# ---- RF312: names ----------------------------------------------------------------------------------------------------

BY_NAME = (
    "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: names}\n"
    "spec: {tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {team: red}}}, "
    "egress: [{action: Accept, to: [{domainNames: [api.example.com]}]}]}\n---\n"
)
SHOP = namespace("shop", team="red")


def test_a_rule_by_name_without_dns_is_a_circle() -> None:
    (finding,) = lint(SHOP + dns() + WEB + BY_NAME + DENY, "RF312")
    assert "allows egress to api.example.com, and shop/web and shop/job can't resolve names" in finding.what


def test_the_circle_shows_without_dns_pods_in_the_input_too() -> None:
    assert codes(SHOP + WEB + BY_NAME + DENY, "RF312") == ["RF312"]
    assert codes(SHOP + WEB + BY_NAME + DENY + allow(BOTH, "{namespaceSelector: {}}"), "RF312") == []


@pytest.mark.parametrize("policies", [DENY + allow(BOTH), ""])
def test_a_rule_by_name_with_dns_is_left_alone(policies: str) -> None:
    assert codes(SHOP + dns() + WEB + BY_NAME + policies, "RF312") == []
