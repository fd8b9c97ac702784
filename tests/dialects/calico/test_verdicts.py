"""Who reaches whom under Calico's policies; each expectation is a sentence of Calico's reference, named beside it.

One cluster for all cases: in namespace shop the pods web and db, in namespace other the pod api; a node with an agent
on its network; and two network sets, one of them of namespace shop.
"""

from __future__ import annotations

import pytest

from ringfence.model.ports import Protocol
from tests.dialects.cluster import World

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {team: blue}}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {serviceAccountName: web, containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]}
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: i, ports: [{name: sql, containerPort: 5432}]}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: other, labels: {app: api}}
spec: {serviceAccountName: robot, containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
status: {podIP: 10.0.0.3}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: other, labels: {app: agent}}
spec: {nodeName: n1, hostNetwork: true, containers: [{name: c, image: i}]}
status: {podIP: 192.168.0.1, hostIP: 192.168.0.1}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 1, targetPort: sql}]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: partners, labels: {role: partner}}
spec: {nets: [198.51.100.0/24, 203.0.113.7]}
---
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata: {name: vendors, namespace: shop, labels: {role: vendor}}
spec: {nets: [192.0.2.0/24]}
"""

ENDS = {
    "web": "shop/web",
    "db": "shop/db",
    "api": "other/api",
    "agent": "other/agent",
    "node": "192.168.0.1",
    "world": "8.8.8.8",
    "partner": "198.51.100.9",
    "vendor": "192.0.2.9",
}
EVERYONE = set(ENDS) - {"web"}


def policy(spec: str, kind: str = "NetworkPolicy", name: str = "p") -> str:
    """A policy of namespace shop, or of the cluster, with this spec in flow style."""
    namespace = ", namespace: shop" if kind == "NetworkPolicy" else ""
    return f"---\napiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nspec: {spec}\n"


def tier(name: str, order: int, action: str = "Deny") -> str:
    """A tier."""
    return (
        f"---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {{name: {name}}}\n"
        f"spec: {{order: {order}, defaultAction: {action}}}\n"
    )


def reached(text: str, port: int = 80) -> set[str]:
    """What web may open a connection to."""
    world = World(CLUSTER + text)
    return {name for name, end in ENDS.items() if name != "web" and world.allowed("shop/web", end, port)}


def egress(rule: str, kind: str = "NetworkPolicy") -> str:
    """A policy for web with one egress rule that allows."""
    selector = "app == 'web'"
    return policy(f'{{selector: "{selector}", types: [Egress], egress: [{{action: Allow, {rule}}}]}}', kind)


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        # EntityRule: in a namespaced policy a selector means endpoints of its namespace.
        ("selector: app == 'db'", {"db"}),
        ("selector: app == 'api'", set()),
        ("selector: all()", {"db", "vendor"}),
        ("namespaceSelector: all(), selector: app == 'api'", {"api"}),
        ("namespaceSelector: team == 'blue'", {"api"}),
        ("namespaceSelector: projectcalico.org/name == 'other'", {"api"}),
        ("namespaceSelector: kubernetes.io/metadata.name == 'other'", {"api"}),
        ("namespaceSelector: all()", {"db", "api", "vendor"}),
        # global() selects what is in no namespace: global network sets.
        ("namespaceSelector: global()", {"partner"}),
        ("namespaceSelector: global(), selector: role == 'partner'", {"partner"}),
        ("selector: role == 'partner'", set()),
        ("selector: role == 'vendor'", {"vendor"}),
        # !has() is of endpoints, notSelector of everything; with any selector a namespaced policy keeps to its own.
        ("selector: '!has(role)'", {"db"}),
        ("notSelector: app == 'api'", {"db", "vendor"}),
        ("namespaceSelector: all(), notSelector: app == 'api'", {"db", "vendor"}),
        # Service accounts by name and label.
        ("namespaceSelector: all(), serviceAccounts: {names: [robot]}", {"api"}),
        ("serviceAccounts: {names: [robot]}", set()),
        # Nets are addresses, of pods and nodes too.
        ("nets: [10.0.0.0/8]", {"db", "api"}),
        ("nets: [10.0.0.3, 8.8.8.8]", {"api", "world"}),
        ("notNets: [10.0.0.0/8]", EVERYONE - {"db", "api"}),
        ("nets: [0.0.0.0/0], notNets: [8.8.8.0/24]", EVERYONE - {"world"}),
        # All that is said must hold.
        ("selector: app == 'db', nets: [10.0.0.3/32]", set()),
        ("selector: app == 'db', nets: [10.0.0.2/32]", {"db"}),
    ],
)
def test_what_a_namespaced_rule_says_of_its_destination(destination: str, expected: set[str]) -> None:
    assert reached(egress(f"destination: {{{destination}}}")) == expected


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("selector: all()", {"db", "api", "partner", "vendor"}),
        ("selector: app == 'api'", {"api"}),
        ("selector: projectcalico.org/namespace == 'other'", {"api"}),
        ("selector: pcns.team == 'red' && app == 'db'", {"db"}),
        ("selector: projectcalico.org/serviceaccount == 'robot'", {"api"}),
        ("notSelector: app == 'api'", EVERYONE - {"api"}),
        ("notSelector: has(role)", EVERYONE - {"partner", "vendor"}),
    ],
)
def test_what_a_global_rule_says_of_its_destination(destination: str, expected: set[str]) -> None:
    assert reached(egress(f"destination: {{{destination}}}", "GlobalNetworkPolicy")) == expected


@pytest.mark.parametrize(
    ("rule", "port", "expected"),
    [
        ("protocol: TCP, destination: {ports: [80]}", 80, EVERYONE),
        ("protocol: TCP, destination: {ports: ['70:90', 443]}", 80, EVERYONE),
        ("protocol: TCP, destination: {ports: [81]}", 80, set()),
        ("protocol: UDP", 80, set()),
        ("protocol: 6", 80, EVERYONE),
        ("protocol: ICMP", 80, set()),
        ("notProtocol: UDP", 80, EVERYONE),
        ("notProtocol: TCP", 80, set()),
        ("protocol: TCP, destination: {notPorts: [80]}", 80, set()),
        ("protocol: TCP, destination: {notPorts: [80]}", 81, EVERYONE),
        ("protocol: TCP, destination: {ports: ['1:100'], notPorts: [80]}", 80, set()),
        ("protocol: TCP, destination: {ports: [http]}", 8080, {"api"}),
        ("ipVersion: 6", 80, set()),
        ("ipVersion: 4", 80, EVERYONE),
    ],
)
def test_what_a_rule_says_of_protocol_and_port(rule: str, port: int, expected: set[str]) -> None:
    assert reached(egress(rule), port) == expected


def test_a_service_is_its_endpoints_on_their_ports() -> None:
    # ServiceMatch: only to each endpoint's port; sql is 5432 on db.
    text = egress("destination: {services: {name: db}}")
    assert [reached(text, 5432), reached(text, 80)] == [{"db"}, set()]


def test_a_source_port_makes_an_allow_conditional() -> None:
    verdict = World(CLUSTER + egress("protocol: TCP, source: {ports: [1234]}")).verdict("shop/web", "shop/db", 80)
    assert (verdict.allowed, verdict.conditional) == (False, True)


def test_the_own_end_narrows_a_rule() -> None:
    text = policy(
        "{selector: all(), types: [Egress], egress: [{action: Allow, source: {selector: app == 'db'}}]}",
    )
    world = World(CLUSTER + text)
    assert world.allowed("shop/db", "8.8.8.8", 80)
    assert not world.allowed("shop/web", "8.8.8.8", 80)


@pytest.mark.parametrize(
    ("spec", "egress_isolated", "ingress_isolated"),
    [
        # Types: defaults to the directions that have rules, and to Ingress where there is none.
        ("{selector: app == 'web'}", False, True),
        ("{selector: app == 'web', egress: [{action: Deny}]}", True, False),
        ("{selector: app == 'web', ingress: [{action: Deny}], egress: [{action: Deny}]}", True, True),
        ("{selector: app == 'web', types: [Egress]}", True, False),
        ("{selector: app == 'db'}", False, False),
    ],
)
def test_the_end_of_a_tier_denies_where_a_policy_applies(
    spec: str, egress_isolated: bool, ingress_isolated: bool
) -> None:
    world = World(CLUSTER + policy(spec))
    assert world.allowed("shop/web", "8.8.8.8", 80) is not egress_isolated
    assert world.allowed("8.8.8.8", "shop/web", 80) is not ingress_isolated


def rules(*actions: str, order: str = "", tier_name: str = "") -> str:
    """A spec for all of shop's egress with rules for db, then the rest."""
    head = f"order: {order}, " if order else ""
    head += f"tier: {tier_name}, " if tier_name else ""
    return f"{{{head}selector: all(), types: [Egress], egress: [{', '.join(actions)}]}}"


ALLOW_DB = "{action: Allow, destination: {selector: app == 'db'}}"
DENY_DB = "{action: Deny, destination: {selector: app == 'db'}}"
ALLOW, DENY, PASS, LOG = "{action: Allow}", "{action: Deny}", "{action: Pass}", "{action: Log}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Rules in the order written; the first match decides, Log goes on.
        (policy(rules(DENY_DB, ALLOW)), EVERYONE - {"db"}),
        (policy(rules(ALLOW, DENY_DB)), EVERYONE),
        (policy(rules(LOG, ALLOW_DB, DENY)), {"db"}),
        # Policies by order; without one, last; equal ones by name.
        (policy(rules(ALLOW), name="a") + policy(rules(DENY_DB, order="1"), name="b"), EVERYONE - {"db"}),
        (policy(rules(ALLOW, order="5"), name="a") + policy(rules(DENY_DB, order="10"), name="b"), EVERYONE),
        # Tiers by order: one that denies comes first, one that passes leaves it to the next.
        (tier("first", 5) + policy(rules(ALLOW_DB, tier_name="first"), name="a") + policy(rules(ALLOW)), {"db"}),
        (
            tier("first", 5) + policy(rules(ALLOW_DB, PASS, tier_name="first"), name="a") + policy(rules(DENY)),
            {"db"},
        ),
        (tier("first", 5, "Pass") + policy(rules(DENY_DB, tier_name="first"), name="a"), EVERYONE - {"db"}),
        (
            tier("last", 2_000_000) + policy(rules(ALLOW_DB, tier_name="last"), name="a") + policy(rules(PASS)),
            {"db"},
        ),
        # After the last tier a pod's profile allows.
        (tier("first", 5) + policy(rules(PASS, tier_name="first"), name="a"), EVERYONE),
    ],
)
def test_what_comes_first_decides(text: str, expected: set[str]) -> None:
    assert reached(text) == expected


NETWORK_POLICY = (
    "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: shop}\n"
    "spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A NetworkPolicy stands in tier default with order 1000.
        (policy(rules(DENY_DB, order="999")), set()),
        (policy(rules(DENY_DB, order="1001")), {"db"}),
        (policy(rules(ALLOW, order="1001")), EVERYONE),
        (tier("first", 5) + policy(rules(DENY_DB, PASS, tier_name="first")), set()),
    ],
)
def test_network_policies_stand_in_the_default_tier(text: str, expected: set[str]) -> None:
    assert reached(text + NETWORK_POLICY) == expected


def test_udp_is_not_tcp() -> None:
    world = World(CLUSTER + egress("protocol: UDP, destination: {ports: [53]}"))
    assert world.allowed("shop/web", "8.8.8.8", 53, Protocol.UDP)
    assert not world.allowed("shop/web", "8.8.8.8", 53)


@pytest.mark.parametrize(("selector", "guarded"), [("pcns.team == 'red'", True), ("pcns.team == 'blue'", False)])
def test_a_namespaced_policy_may_ask_for_labels_of_its_namespace(selector: str, guarded: bool) -> None:
    world = World(CLUSTER + policy(f'{{selector: "{selector}", types: [Egress]}}'))
    assert world.allowed("shop/web", "8.8.8.8", 80) is not guarded
