"""The example policies of Calico's documentation, retold, and what their pages say that they do."""

from __future__ import annotations

import pytest

from ringfence.model.ports import Protocol
from tests.dialects.cluster import World


def namespace(name: str, labels: str = "") -> str:
    return f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n"


def pod(name: str, number: int, labels: str = "", account: str = "default", ports: str = "") -> str:
    space, _, own = name.partition("/")
    return (
        f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {own}, namespace: {space}, labels: {{{labels}}}}}\n"
        f"spec: {{serviceAccountName: {account}, containers: [{{name: c, image: i, ports: [{ports}]}}]}}\n"
        f"status: {{podIP: 10.0.0.{number}}}\n"
    )


def policy(name: str, spec: str) -> str:
    space, _, own = name.rpartition("/")
    kind, where = ("NetworkPolicy", f", namespace: {space}") if space else ("GlobalNetworkPolicy", "")
    return f"---\napiVersion: projectcalico.org/v3\nkind: {kind}\nmetadata: {{name: {own}{where}}}\nspec: {spec}\n"


def tier(name: str, spec: str) -> str:
    return f"---\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {{name: {name}}}\nspec: {spec}\n"


# "Calico policy tutorial": a default deny for all but the system's namespaces, then egress, then ingress.
TUTORIAL = (
    namespace("demo")
    + namespace("kube-system")
    + pod("demo/access", 1, "run: access")
    + pod("demo/nginx", 2, "app: nginx")
    + pod("kube-system/dns", 3)
    + policy(
        "default-deny",
        "{selector: \"projectcalico.org/namespace not in  {'kube-system', 'calico-api'}\", types: [Ingress, Egress]}",
    )
)
EGRESS = policy(
    "demo/allow-busybox-egress", "{selector: \"run == 'access'\", types: [Egress], egress: [{action: Allow}]}"
)
INGRESS = policy(
    "demo/allow-nginx-ingress",
    "{selector: app == 'nginx', types: [Ingress], ingress: [{action: Allow, source: {selector: run == 'access'}}]}",
)


@pytest.mark.parametrize(
    ("text", "outside", "nginx"),
    [(TUTORIAL, False, False), (TUTORIAL + EGRESS, True, False), (TUTORIAL + EGRESS + INGRESS, True, True)],
)
def test_the_tutorial_opens_one_direction_after_the_other(text: str, outside: bool, nginx: bool) -> None:
    world = World(text)
    assert world.allowed("demo/access", "8.8.8.8", 80) is outside
    assert world.allowed("demo/access", "demo/nginx", 80) is nginx
    assert world.allowed("kube-system/dns", "8.8.8.8", 80)


# "Get started with Calico network policy".
COLOURS = (
    namespace("production", "shape: square")
    + namespace("round", "shape: circle")
    + pod("production/red", 1, "color: red")
    + pod("production/blue", 2, "color: blue")
    + pod("round/blue", 3, "color: blue")
    + pod("round/red", 4, "color: red")
    + pod("round/green", 5, "color: green")
)


def to_red(source: str, action: str = "Allow", ports: str = "destination: {ports: [6379]}") -> str:
    return f"{{selector: color == 'red', ingress: [{{action: {action}, protocol: TCP, source: {source}, {ports}}}]}}"


@pytest.mark.parametrize(
    ("text", "source", "port", "expected"),
    [
        # Only from the same namespace, by colour, on the port.
        (policy("production/p", to_red("{selector: color == 'blue'}")), "production/blue", 6379, True),
        (policy("production/p", to_red("{selector: color == 'blue'}")), "production/blue", 80, False),
        (policy("production/p", to_red("{selector: color == 'blue'}")), "round/blue", 6379, False),
        # With a namespaceSelector: from those namespaces.
        (
            policy("production/p", to_red("{selector: color == 'blue', namespaceSelector: shape == 'circle'}")),
            "round/blue",
            6379,
            True,
        ),
        (
            policy("production/p", to_red("{selector: color == 'blue', namespaceSelector: shape == 'circle'}")),
            "round/green",
            6379,
            False,
        ),
        (
            policy("production/p", to_red("{selector: color == 'blue', namespaceSelector: shape == 'circle'}")),
            "production/blue",
            6379,
            False,
        ),
        # Log goes on to the deny that follows.
        (
            policy(
                "production/p",
                "{selector: color == 'red', types: [Ingress], ingress: [{action: Log, protocol: TCP}, "
                "{action: Deny, protocol: TCP}, {action: Allow}]}",
            ),
            "round/green",
            80,
            False,
        ),
    ],
)
def test_traffic_to_endpoints_of_a_namespace(text: str, source: str, port: int, expected: bool) -> None:
    assert World(COLOURS + text).allowed(source, "production/red", port) is expected


@pytest.mark.parametrize(
    ("source", "deny_blue", "deny_circle_blue"),
    # The pages deny; what else may come in is for a policy after them.
    [("production/blue", False, True), ("round/blue", False, False), ("round/green", True, True)],
)
def test_traffic_to_endpoints_of_every_namespace(source: str, deny_blue: bool, deny_circle_blue: bool) -> None:
    rest = policy("rest", "{order: 100, selector: all(), ingress: [{action: Allow}]}")
    blue = policy("deny-blue", "{order: 1, " + to_red("{selector: color == 'blue'}", "Deny", "ipVersion: 4")[1:])
    both = "{selector: color == 'blue', namespaceSelector: shape == 'circle'}"
    circle = policy("deny-circle-blue", "{order: 1, " + to_red(both, "Deny", "ipVersion: 4")[1:])
    for target in ("production/red", "round/red"):
        assert World(COLOURS + rest + blue).allowed(source, target, 80) is deny_blue
        assert World(COLOURS + rest + circle).allowed(source, target, 80) is deny_circle_blue


def test_the_lower_order_is_applied_first() -> None:
    drop = policy("drop-other-ingress", "{order: 20, selector: all(), ingress: [{action: Deny}]}")
    allow = policy(
        "allow-cluster-internal-ingress",
        "{order: 10, selector: all(), ingress: [{action: Allow, source: {nets: [10.0.0.0/8]}}]}",
    )
    for text in (drop + allow, allow + drop):
        world = World(COLOURS + text)
        assert world.allowed("round/green", "production/red", 80)
        assert not world.allowed("192.0.2.1", "production/red", 80)


# "Use service accounts rules in policy".
ACCOUNTS = namespace("prod") + "".join(
    f"---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: prod, labels: {{{labels}}}}}\n"
    for name, labels in (("api-service", ""), ("front", "app: web-frontend"), ("intern", "role: intern"))
)
ACCOUNTS += (
    pod("prod/db", 1, "app: db")
    + pod("prod/api", 2, "", "api-service")
    + pod("prod/front", 3, "app: x", "front")
    + pod("prod/in1", 4, "", "intern")
    + pod("prod/in2", 5, "", "intern")
)


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ("names: [api-service, user-auth-service]", {"prod/api"}),
        ("selector: app == 'web-frontend'", {"prod/front"}),
        ("names: [front], selector: app == 'web-frontend'", {"prod/front"}),
        ("names: [api-service], selector: app == 'web-frontend'", set()),
    ],
)
def test_ingress_by_service_account(accounts: str, expected: set[str]) -> None:
    rule = f"{{selector: app == 'db', ingress: [{{action: Allow, source: {{serviceAccounts: {{{accounts}}}}}}}]}}"
    world = World(ACCOUNTS + policy("prod/p", rule))
    pods = ("prod/api", "prod/front", "prod/in1", "8.8.8.8")
    assert {name for name in pods if world.allowed(name, "prod/db", 80)} == expected


def test_interns_speak_with_interns_alone() -> None:
    role = "serviceAccounts: {selector: role == 'intern'}"
    world = World(
        ACCOUNTS
        + policy(
            "prod/restrict-intern-access",
            f"{{serviceAccountSelector: role == 'intern', ingress: [{{action: Allow, source: {{{role}}}}}], "
            f"egress: [{{action: Allow, destination: {{{role}}}}}]}}",
        )
    )
    assert world.allowed("prod/in1", "prod/in2", 80)
    assert not world.allowed("prod/in1", "prod/db", 80)
    assert not world.allowed("prod/db", "prod/in1", 80)
    assert world.allowed("prod/db", "prod/api", 80)


# "Use service rules in policy".
SERVICES = (
    namespace("my-app")
    + namespace("frontend")
    + namespace("kube-system")
    + pod("my-app/a", 1)
    + pod("frontend/f", 2, "app: f")
    + pod("kube-system/dns", 3, "k8s-app: kube-dns", ports="{name: dns, containerPort: 5353, protocol: UDP}")
    + """---
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
ports: [{name: https, port: 6443}]
endpoints: [{addresses: [192.168.0.1]}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec: {selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, targetPort: dns, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: frontend-service, namespace: frontend}
spec: {selector: {app: f}, ports: [{port: 8080}]}
"""
)


def test_egress_to_the_api_server_by_its_service() -> None:
    rule = "{action: Allow, destination: {services: {name: kubernetes, namespace: default}}}"
    world = World(SERVICES + policy("my-app/p", f"{{selector: all(), egress: [{rule}]}}"))
    assert world.allowed("my-app/a", "192.168.0.1", 6443)
    assert not world.allowed("my-app/a", "192.168.0.1", 443)
    assert not world.allowed("my-app/a", "192.168.0.2", 6443)


def test_egress_to_dns_by_its_service_denies_the_rest() -> None:
    rule = "{action: Allow, destination: {services: {name: kube-dns, namespace: kube-system}}}"
    world = World(SERVICES + policy("p", f"{{selector: all(), egress: [{rule}]}}"))
    assert world.allowed("my-app/a", "kube-system/dns", 5353, Protocol.UDP)
    assert not world.allowed("my-app/a", "kube-system/dns", 5353)
    assert not world.allowed("my-app/a", "frontend/f", 8080)


@pytest.mark.parametrize(("more", "on_80", "on_81"), [("", True, True), ("destination: {ports: [80]}", True, False)])
def test_ingress_from_a_service_is_from_its_pods(more: str, on_80: bool, on_81: bool) -> None:
    source = "source: {services: {name: frontend-service, namespace: frontend}}"
    rule = f"{{action: Allow, protocol: TCP, {source}{', ' if more else ''}{more}}}"
    world = World(SERVICES + policy("my-app/p", f"{{selector: all(), ingress: [{rule}]}}"))
    assert world.allowed("frontend/f", "my-app/a", 80) is on_80
    assert world.allowed("frontend/f", "my-app/a", 81) is on_81
    assert not world.allowed("kube-system/dns", "my-app/a", 80)


# "Get started with policy tiers".
STAGES = (
    namespace("n")
    + pod("n/stage1", 1, "env: stage")
    + pod("n/stage2", 2, "env: stage")
    + pod("n/prod", 3, "env: prod")
    + pod("n/other", 4)
)
DEVOPS = "{tier: devops, order: 255, selector: env == 'stage', types: [Ingress, Egress], ingress: [%s], egress: [%s]}"
IN, OUT = (
    "{action: Deny, source: {selector: env != 'stage'}}",
    "{action: Deny, destination: {selector: env != 'stage'}}",
)


@pytest.mark.parametrize(
    ("text", "same_stage"),
    [
        # The Pass at the end overrides the implicit deny of the tier's end.
        (
            tier("devops", "{order: 300}") + policy("p", DEVOPS % (IN + ", {action: Pass}", OUT + ", {action: Pass}")),
            True,
        ),
        # So does the tier's default action.
        (tier("devops", "{order: 300, defaultAction: Pass}") + policy("p", DEVOPS % (IN, OUT)), True),
        # Without either, what no rule matched is denied.
        (tier("devops", "{order: 300}") + policy("p", DEVOPS % (IN, OUT)), False),
    ],
)
def test_the_end_of_a_tier_denies_unless_it_is_passed(text: str, same_stage: bool) -> None:
    world = World(STAGES + text)
    assert world.allowed("n/stage1", "n/stage2", 80) is same_stage
    assert not world.allowed("n/stage1", "n/prod", 80)
    assert not world.allowed("n/prod", "n/stage1", 80)
    # A tier without a policy for an endpoint is skipped, its end included.
    assert world.allowed("n/prod", "n/other", 80)


def test_a_pass_skips_tiers_without_a_policy_for_the_endpoint() -> None:
    """Endpoint matching across tiers: Security passes, Platform doesn't match, Application decides."""
    text = (
        tier("security", "{order: 1}")
        + tier("platform", "{order: 2}")
        + tier("application", "{order: 3}")
        + policy("d", "{tier: security, selector: env == 'prod', ingress: [{action: Pass}]}")
        + policy("g", "{tier: platform, selector: env == 'stage', ingress: [{action: Deny}]}")
        + policy(
            "j",
            "{tier: application, selector: env == 'prod', ingress: [{action: Allow, source: {selector: has(env)}}]}",
        )
    )
    world = World(STAGES + text)
    assert world.allowed("n/stage1", "n/prod", 80)
    assert not world.allowed("n/other", "n/prod", 80)


# NetworkSet and GlobalNetworkSet in the reference: a policy selects them by their labels.
def test_network_sets_are_selected_by_label() -> None:
    sets = (
        "---\napiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\n"
        "metadata: {name: a-name-for-the-set, labels: {role: external-database}}\n"
        "spec: {nets: [198.51.100.0/28, 203.0.113.0/24]}\n"
    )
    rule = "{action: Allow, destination: {selector: role == 'external-database'}}"
    world = World(STAGES + sets + policy("p", f"{{selector: env == 'prod', types: [Egress], egress: [{rule}]}}"))
    assert world.allowed("n/prod", "203.0.113.9", 5432)
    assert not world.allowed("n/prod", "198.51.100.16", 5432)
