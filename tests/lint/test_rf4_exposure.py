"""RF4xx: what stands open, from what the policies come to; by hand from the API's text."""

from __future__ import annotations

import pytest

from ringfence.lint.context import Settings
from tests.lint.linting import codes, lint, namespace, pod, policy, service

WEB = pod("shop/web", "app: web", ports="{containerPort: 80}")
API = pod("shop/api", "app: api")
DENY = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress, Egress]")


def egress(rules: str, name: str = "out") -> str:
    return policy(f"shop/{name}", f"podSelector: {{}}, policyTypes: [Egress], egress: [{rules}]")


def ingress(rules: str, name: str = "in") -> str:
    return policy(f"shop/{name}", f"podSelector: {{}}, policyTypes: [Ingress], ingress: [{rules}]")


# ---- RF401, RF402: isolation -----------------------------------------------------------------------------------------


def test_a_namespace_without_policies_is_open_both_ways() -> None:
    assert codes(WEB + API, "RF4") == ["RF401", "RF402"]


def test_a_policy_that_selects_nothing_isolates_nothing() -> None:
    # Checkers that count policies call this namespace guarded.
    nobody = policy("shop/p", "podSelector: {matchLabels: {app: nobody}}, policyTypes: [Ingress, Egress]")
    assert codes(WEB + nobody, "RF4") == ["RF401", "RF402"]


def test_the_pod_that_was_forgotten_is_named() -> None:
    web = policy("shop/web", "podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]")
    one, two = lint(WEB + API + web, "RF4")
    assert one.what == "Namespace/shop: shop/api is not isolated for ingress, and other pods there are."
    assert two.evidence == ("shop/api",)


def test_a_baseline_deny_isolates_as_well() -> None:
    baseline = (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: base}\n"
        "spec: {tier: Baseline, priority: 1, subject: {namespaces: {}}, "
        "ingress: [{action: Deny, from: [{namespaces: {}}]}], egress: [{action: Deny, to: [{namespaces: {}}]}]}\n---\n"
    )
    assert codes(WEB + baseline, "RF401", "RF402") == []


@pytest.mark.parametrize(
    "manifests",
    [
        WEB + DENY,
        pod("kube-system/x", "app: x"),
        pod("ingress-nginx/c", "app.kubernetes.io/name: ingress-nginx"),
        WEB + ingress("{}") + egress("{}"),  # RF403 is about these
    ],
)
def test_isolated_pods_and_those_for_everyone_are_left_alone(manifests: str) -> None:
    assert codes(manifests, "RF401", "RF402") == []


# ---- RF403: everything -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    ["{}", "{to: [{namespaceSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}]}", "{ports: [], to: []}"],
)
def test_a_rule_for_everyone_and_every_port_allows_all(rules: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF403", "RF404", "RF406", "RF407")
    assert finding.what == "shop/NetworkPolicy/out allows all egress of its pods, every port and every peer."


@pytest.mark.parametrize("rules", ["{ports: [{port: 443}]}", "{to: [{podSelector: {}}]}", ""])
def test_a_rule_that_leaves_something_out_is_not_allow_all(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF403") == []


# ---- RF404, RF405: the whole world -----------------------------------------------------------------------------------

WORLDS = [
    "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}",
    "{to: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}], ports: [{port: 443}]}",
    # In two rules; the second has more ports.
    "{to: [{ipBlock: {cidr: 0.0.0.0/1}}], ports: [{port: 443}]}, {to: [{ipBlock: {cidr: 128.0.0.0/1}}]}",
    # All of the Internet, and nothing private.
    "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}}], ports: [{port: 443}]}",
    "{to: [{ipBlock: {cidr: '::/0'}}], ports: [{port: 443}]}",
    "{to: [{ipBlock: {cidr: '2000::/3'}}], ports: [{port: 443}]}",
    "{ports: [{port: 443}]}",
]


@pytest.mark.parametrize("rules", WORLDS)
def test_all_public_addresses_are_the_world_however_they_are_written(rules: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF404")
    assert "on TCP 443" in finding.what


@pytest.mark.parametrize("rules", WORLDS)
def test_the_world_that_comes_in_is_told_as_well(rules: str) -> None:
    assert codes(WEB + ingress(rules.replace("to:", "from:")), "RF405") == ["RF405"]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        # Incident 4: 1024 addresses of 3,702,258,432 are missing; the private ones don't count.
        (
            "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 103.21.0.0/22]}}], ports: [{port: 443}]}",
            "to 99.99 % of the public IPv4 addresses on TCP 443",
        ),
        # 16,777,216 of them are 0.453 %.
        (
            "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [8.0.0.0/8]}}], ports: [{port: 443}]}",
            "to 99.54 % of the public IPv4 addresses on TCP 443",
        ),
        # 2a00::/12 is a 512th of 2000::/3.
        (
            "{to: [{ipBlock: {cidr: '2000::/3', except: ['2a00::/12']}}], ports: [{port: 443}]}",
            "to 99.80 % of the public IPv6 addresses on TCP 443",
        ),
        ("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}", "to every address of the Internet on TCP 443"),
    ],
)
def test_nearly_all_public_addresses_are_the_world_and_the_share_is_told(rules: str, words: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF404")
    assert words in finding.what


HALVES_ON_DIFFERENT_PORTS = """
  {to: [{ipBlock: {cidr: 0.0.0.0/1}}], ports: [{port: 1}]}, {to: [{ipBlock: {cidr: 128.0.0.0/1}}], ports: [{port: 2}]}
"""


@pytest.mark.parametrize(
    "rules",
    [
        "{to: [{ipBlock: {cidr: 0.0.0.0/1}}], ports: [{port: 443}]}",
        # The halves have no port in common.
        HALVES_ON_DIFFERENT_PORTS,
        # 2^26 of the 3.7 thousand million public addresses are 1.8 %.
        "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [8.0.0.0/6]}}], ports: [{port: 443}]}",
        "{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}",
        "{to: [{namespaceSelector: {}}]}",
    ],
)
def test_a_part_of_the_world_is_left_alone(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF404") == []


def test_what_an_earlier_tier_denies_is_not_open_to_the_world() -> None:
    guard = (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: guard}\n"
        "spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, "
        "egress: [{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]}\n---\n"
    )
    assert codes(WEB + guard + egress(WORLDS[0]), "RF404", "RF406") == []


def test_a_webhook_may_be_called_from_anywhere() -> None:
    # The API server's address is in no selector: a rule without from is the usual way.
    hook = (
        service("shop/hook", "app: web", "{port: 443, targetPort: 80}")
        + "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: h}\n"
        "webhooks: [{name: h.example.com, clientConfig: {service: {name: hook, namespace: shop}}}]\n---\n"
    )
    assert codes(WEB + hook + ingress("{ports: [{port: 80}]}"), "RF405") == []


# ---- RF406: metadata -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254/32", "160.0.0.0/4", "fd00::/8"])
def test_a_range_around_the_metadata_address_is_told(cidr: str) -> None:
    assert codes(WEB + egress(f"{{to: [{{ipBlock: {{cidr: '{cidr}'}}}}]}}"), "RF406") == ["RF406"]


@pytest.mark.parametrize(
    "rules",
    [
        "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}",
        "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}",
        "{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}",
    ],
)
def test_a_rule_that_keeps_the_metadata_address_out_is_left_alone(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF406") == []


def test_an_exception_of_one_rule_does_not_bind_another() -> None:
    rules = "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}, {ports: [{port: 80}]}"
    (finding,) = lint(WEB + egress(rules), "RF406")
    assert finding.origin.path.startswith("spec.egress[1]")


CLUSTER = (
    "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: out}}\n"
    "spec: {{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, egress: [{}]}}\n---\n"
)
ADMIN = (
    "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: out}}\n"
    "spec: {{priority: 1, subject: {{namespaces: {{}}}}, egress: [{}]}}\n---\n"
)
DENY_METADATA = "{action: Deny, to: [{networks: [169.254.169.254/32]}]}"


@pytest.mark.parametrize(("form", "action"), [(CLUSTER, "Accept"), (ADMIN, "Allow")])
def test_networks_have_no_except_so_a_deny_goes_before(form: str, action: str) -> None:
    allow = f"{{action: {action}, to: [{{networks: [0.0.0.0/0]}}]}}"
    (finding,) = lint(WEB + DENY + form.format(allow), "RF406")
    assert finding.hint == "Put a rule with action Deny for 169.254.169.254/32 before it."
    # What the hint says is right.
    assert codes(WEB + DENY + form.format(f"{DENY_METADATA}, {allow}"), "RF406") == []


def test_an_ip_block_has_except() -> None:
    (finding,) = lint(WEB + egress("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}"), "RF406")
    assert finding.hint == "Add except: [169.254.169.254/32] to the range."


# ---- RF407: resolvers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "ports"),
    [
        ("{ports: [{port: 53, protocol: UDP}, {port: 53}]}", "TCP 53 UDP 53"),
        ("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 853}]}", "TCP 853"),
        ("{to: [{ipBlock: {cidr: 8.8.0.0/16}}], ports: [{port: 53, protocol: UDP}]}", "UDP 53"),
    ],
)
def test_dns_to_anyone_is_told(rules: str, ports: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF407", "RF404")
    assert finding.code.code == "RF407" or "853" in ports
    assert any(ports in found.what for found in lint(WEB + egress(rules), "RF407"))


@pytest.mark.parametrize(
    "rules",
    [
        "{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: dns}}}], ports: [{port: 53, protocol: UDP}]}",
        "{to: [{ipBlock: {cidr: 10.0.0.10/32}}], ports: [{port: 53, protocol: UDP}]}",
        "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}",
    ],
)
def test_resolvers_that_are_named_are_left_alone(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF407") == []


def test_the_dns_pods_themselves_may_ask_upstream() -> None:
    dns = pod("kube-system/dns", "k8s-app: kube-dns", ports="{containerPort: 53, protocol: UDP}")
    upstream = policy(
        "kube-system/dns",
        "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]",
    )
    assert codes(dns + upstream, "RF407") == []


# ---- RF408: host network ---------------------------------------------------------------------------------------------


def test_a_policy_for_pods_of_the_host_network_is_told_once() -> None:
    host = pod("shop/agent", "app: agent", more=", hostNetwork: true")
    one = policy("shop/agent", "podSelector: {matchLabels: {app: agent}}")
    (finding,) = lint(WEB + host + one + DENY, "RF408")
    assert finding.evidence == ("shop/agent",)


def test_host_network_pods_that_no_policy_asks_for_are_left_alone() -> None:
    host = pod("shop/agent", "app: agent", more=", hostNetwork: true")
    other = pod("ops/agent", "app: web", more=", hostNetwork: true")
    web = policy("shop/web", "podSelector: {matchLabels: {app: web}}")
    assert codes(WEB + host + other + web, "RF408") == []


def subject(namespaces: str) -> str:
    return (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: guard}\n"
        f"spec: {{tier: Admin, priority: 1, subject: {{namespaces: {namespaces}}}, "
        "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}\n---\n"
    )


def test_a_cluster_wide_policy_can_not_guard_them_either() -> None:
    host = namespace("shop", tenancy="tenant") + pod("shop/agent", "app: agent", more=", hostNetwork: true")
    (finding,) = lint(WEB + host + subject("{matchLabels: {tenancy: tenant}}"), "RF408")
    assert finding.what.startswith("ClusterNetworkPolicy/guard seems to select 1 pod of the host network in shop")
    assert codes(WEB + host + subject("{matchLabels: {tenancy: other}}"), "RF408") == []
    # A policy for every pod names nobody in particular.
    assert codes(WEB + host + subject("{}"), "RF408") == []


HOST = pod("ops/reports", "app: reports", address="192.168.0.1", more=", hostNetwork: true, nodeName: n1")
VAULT = pod("shop/vault", "app: vault", address="10.0.0.2", more=", nodeName: n1")
VAULT_ELSEWHERE = VAULT.replace("n1", "n2")
GUARD = policy("shop/guard", "podSelector: {matchLabels: {app: vault}}, ingress: [{from: [{podSelector: {}}]}]")


def test_a_node_reaches_its_own_pods_past_their_guard() -> None:
    # Incident 8: the guard shuts out everyone but its namespace, and the pod is on the vault's node.
    (finding,) = lint(HOST + VAULT + GUARD, "RF408")
    assert finding.what == (
        "ops/reports is on the host network of node n1 and reaches shop/vault there, past shop/NetworkPolicy/guard."
    )


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (HOST + VAULT_ELSEWHERE + GUARD, "another node"),
        (HOST + VAULT, "nothing guards the vault"),
        (HOST.replace(", hostNetwork: true", "") + VAULT + GUARD, "a pod that policy judges"),
        (HOST.replace("ops", "kube-system") + VAULT + GUARD, "an agent of the system"),
        (
            HOST.replace("metadata: {", "metadata: {ownerReferences: [{kind: DaemonSet, name: d, controller: true}], ")
            + VAULT
            + GUARD,
            "an agent of the node, which is on all of them",
        ),
        (HOST + VAULT + GUARD.replace("{podSelector: {}}", "{ipBlock: {cidr: 192.168.0.0/24}}"), "it is let in"),
    ],
)
def test_who_gets_past_nothing_is_left_alone(manifests: str, why: str) -> None:
    assert codes(manifests, "RF408") == [], why


# ---- RF409: teams ----------------------------------------------------------------------------------------------------

TEAMS = namespace("red", team="red") + namespace("blue", team="blue") + pod("red/a", "app: a") + pod("blue/b", "app: b")


def guarded(rules: str) -> str:
    return policy("red/in", f"podSelector: {{}}, ingress: [{rules}]") + policy("blue/in", "podSelector: {}")


def test_namespaces_that_nothing_isolates_are_one_finding() -> None:
    (finding,) = lint(TEAMS, "RF409")
    assert finding.what == "Namespaces blue and red are open to other teams: no policy isolates pods there."
    assert finding.evidence == ("blue of team blue: team red", "red of team red: team blue")


def test_a_rule_for_everyone_opens_the_namespace_to_other_teams() -> None:
    (finding,) = lint(TEAMS + guarded("{from: [{namespaceSelector: {}}]}"), "RF409")
    assert "has a rule for everyone, which opens namespace red of team red to team blue" in finding.what


@pytest.mark.parametrize(
    "rules",
    [
        "{from: [{podSelector: {}}]}",
        "{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}",
        "{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: b}}}]}",
        "",
    ],
)
def test_a_rule_that_names_who_may_come_is_meant(rules: str) -> None:
    assert codes(TEAMS + guarded(rules), "RF409") == []


def test_a_team_that_may_not_go_out_does_not_come_in() -> None:
    sealed = policy("blue/out", "podSelector: {}, policyTypes: [Egress]")
    assert codes(TEAMS + guarded("{}") + sealed, "RF409") == []


def test_the_owner_label_can_be_another() -> None:
    squads = TEAMS.replace("team:", "squad:")
    assert codes(squads, "RF409") == []
    assert codes(squads, "RF409", settings=Settings(owner_label="squad")) == ["RF409"]


# ---- RF410: two hops -------------------------------------------------------------------------------------------------

SQUID = pod("egress/squid", "app: squid", ports="{containerPort: 3128}")
INSIDE = egress("{to: [{namespaceSelector: {}}]}")


def test_a_proxy_that_gets_out_is_a_way_out() -> None:
    (finding,) = lint(SQUID + WEB + INSIDE, "RF410")
    assert finding.what == "1 workload that may not reach the Internet can reach egress/squid, which may."


@pytest.mark.parametrize(
    "manifests",
    [
        # The proxy can't get out; nobody may reach it; who reaches it may go out anyway; it is no proxy.
        SQUID + WEB + INSIDE + policy("egress/out", "podSelector: {}, policyTypes: [Egress]"),
        SQUID + WEB + INSIDE + policy("egress/in", "podSelector: {}"),
        SQUID + WEB + egress("{to: [{namespaceSelector: {}}]}, {to: [{ipBlock: {cidr: 8.0.0.0/8}}]}"),
        SQUID.replace("squid", "cache").replace("3128", "80") + WEB + INSIDE,
    ],
)
def test_no_way_out_no_finding(manifests: str) -> None:
    assert codes(manifests, "RF410") == []


# ---- RF411: wide ranges ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cidr", "words"),
    [
        ("52.48.12.15/8", "states 52.48.12.15/8 and allows 16,777,216 addresses"),
        ("10.1.2.3/16", "states 10.1.2.3/16 and allows 65,536 addresses"),
        ("52.0.0.0/8", "allows all of 52.0.0.0/8, 16,777,216 public addresses"),
        ("3.16.0.0/12", "1,048,576 public addresses"),
    ],
)
def test_a_range_far_wider_than_it_says(cidr: str, words: str) -> None:
    (finding,) = lint(WEB + egress(f"{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}"), "RF411")
    assert words in finding.what


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/8", "52.48.0.0/14", "52.48.12.15/32", "52.48.12.15/25", "0.0.0.0/0", "0.0.0.0/1"]
)
def test_ranges_of_the_usual_size_are_left_alone(cidr: str) -> None:
    assert codes(WEB + egress(f"{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}"), "RF411") == []
