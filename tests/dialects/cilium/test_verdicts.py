"""Who reaches whom under Cilium's policies; each expectation is a sentence of Cilium's documentation, named beside it.

One cluster for all cases: in namespace shop the pods web and db, in namespace other the pod api; two nodes, on each of
which an agent runs on the host network.
"""

from __future__ import annotations

import pytest

from tests.dialects.cluster import World

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop, team: red}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {kubernetes.io/metadata.name: other, team: blue}}
---
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {zone: a}}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {zone: b}}
status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec:
  nodeName: n1
  serviceAccountName: web
  containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]
status: {podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {nodeName: n2, containers: [{name: c, image: i, ports: [{name: sql, containerPort: 5432}]}]}
status: {podIP: 10.0.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: other, labels: {app: api}}
spec:
  nodeName: n2
  serviceAccountName: robot
  containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]
status: {podIP: 10.0.0.3}
---
apiVersion: v1
kind: Pod
metadata: {name: agent-1, namespace: other, labels: {app: agent}}
spec: {nodeName: n1, hostNetwork: true, containers: [{name: c, image: i}]}
status: {podIP: 192.168.0.1, hostIP: 192.168.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: agent-2, namespace: other, labels: {app: agent}}
spec: {nodeName: n2, hostNetwork: true, containers: [{name: c, image: i}]}
status: {podIP: 192.168.0.2, hostIP: 192.168.0.2}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop, labels: {kind: storage}}
spec: {selector: {app: db}, ports: [{port: 5432}]}
"""

WEB = "{matchLabels: {app: web}}"
ACCOUNT = "io.cilium.k8s.policy.serviceaccount"


def policy(spec: str, kind: str = "CiliumNetworkPolicy", name: str = "p") -> str:
    """A policy of namespace shop, or of the cluster, with this spec in flow style."""
    namespace = ", namespace: shop" if kind == "CiliumNetworkPolicy" else ""
    return f"---\napiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nspec: {spec}\n"


def egress(rule: str, **more: str) -> World:
    """The cluster with one policy whose only egress rule for web this is."""
    return World(CLUSTER + policy(f"{{endpointSelector: {WEB}, egress: [{rule}]}}", **more))


ENDS = {
    "web": "shop/web",
    "db": "shop/db",
    "api": "other/api",
    "agent-1": "other/agent-1",
    "agent-2": "other/agent-2",
    "n1": "192.168.0.1",
    "n2": "192.168.0.2",
    "world": "8.8.8.8",
}


@pytest.mark.parametrize(
    ("rule", "reached"),
    [
        # "Layer 3 policies", endpoints based; "Using Kubernetes constructs in policy": selectors of a
        # CiliumNetworkPolicy mean its own namespace unless they name another.
        ("{toEndpoints: [{}]}", {"db"}),
        ("{toEndpoints: [{matchLabels: {app: db}}]}", {"db"}),
        ("{toEndpoints: [{matchLabels: {'k8s:app': db}}]}", {"db"}),
        ("{toEndpoints: [{matchLabels: {'any:app': api}}]}", set()),
        ("{toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': other}}]}", {"api"}),
        ("{toEndpoints: [{matchLabels: {'io.cilium.k8s.namespace.labels.team': blue}}]}", {"api"}),
        (
            "{toEndpoints: [{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]}]}",
            {"db", "api"},
        ),
        # Service accounts are the label io.cilium.k8s.policy.serviceaccount.
        (
            f"{{toEndpoints: [{{matchLabels: {{{ACCOUNT}: robot, io.kubernetes.pod.namespace: other}}}}]}}",
            {"api"},
        ),
        # Entities based: host is the local host with its host-network pods, remote-node every other one.
        ("{toEntities: [host]}", {"n1", "agent-1"}),
        ("{toEntities: [remote-node]}", {"n2", "agent-2"}),
        ("{toEntities: [world]}", {"world"}),
        ("{toEntities: [cluster]}", {"db", "api", "n1", "n2", "agent-1", "agent-2"}),
        ("{toEntities: [all]}", set(ENDS) - {"web"}),
        ("{toEntities: [health]}", set()),
        ("{toEndpoints: [{matchLabels: {'reserved:remote-node': ''}}]}", {"n2", "agent-2"}),
        # CIDR based: only what is neither a managed endpoint nor a node.
        ("{toCIDR: [0.0.0.0/0]}", {"world"}),
        ("{toCIDR: [8.8.8.8]}", {"world"}),
        ("{toCIDRSet: [{cidr: 8.0.0.0/8, except: [8.8.0.0/16]}]}", set()),
        # Services based: the pods of a Service with a selector.
        ("{toServices: [{k8sService: {serviceName: db}}]}", {"db"}),
        ("{toServices: [{k8sServiceSelector: {selector: {matchLabels: {kind: storage}}}}]}", {"db"}),
        # An empty rule only puts the endpoint into default deny; an empty list of peers is nobody.
        ("{}", set()),
        ("{toEndpoints: []}", set()),
        # "Layer 4 policies": a rule of ports alone is for every peer.
        ("{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}", set(ENDS) - {"web"}),
        ("{toPorts: [{ports: [{port: '0', protocol: TCP}]}]}", set(ENDS) - {"web"}),
        ("{toPorts: [{ports: [{port: '79', endPort: 90}]}]}", set(ENDS) - {"web"}),
        ("{toPorts: [{ports: [{port: '80', protocol: UDP}]}]}", set()),
        ("{icmps: [{fields: [{type: 8}]}]}", set()),
        # Names are learnt from DNS answers: what they mean is not in the input.
        ("{toFQDNs: [{matchName: example.com}]}", set()),
    ],
)
def test_a_rule_s_peers(rule: str, reached: set[str]) -> None:
    world = egress(rule)
    assert {name for name, end in ENDS.items() if name != "web" and world.allowed("shop/web", end, 80)} == reached


def test_a_clusterwide_selector_means_pods_of_every_namespace() -> None:
    world = egress("{toEndpoints: [{}]}", kind="CiliumClusterwideNetworkPolicy")
    assert [world.allowed("shop/web", ENDS[end], 80) for end in ("db", "api", "n2", "world")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_direction_without_rules_is_not_isolated() -> None:
    assert egress("{}").allowed("other/api", "shop/web", 80)
    assert World(CLUSTER + policy(f"{{endpointSelector: {WEB}, egress: []}}")).allowed("shop/web", "shop/db", 80)


def test_default_deny_can_be_left_out() -> None:
    # Policy enforcement modes: enableDefaultDeny false adds rules without isolating.
    open_world = World(
        CLUSTER
        + policy(
            f"{{endpointSelector: {WEB}, enableDefaultDeny: {{egress: false}}, egress: [{{toEndpoints: [{WEB}]}}]}}"
        )
    )
    assert open_world.allowed("shop/web", "8.8.8.8", 80)


def test_a_deny_wins_over_every_allow() -> None:
    # "Deny policies": deny rules take precedence over allow rules of any policy.
    text = policy(f"{{endpointSelector: {WEB}, egress: [{{toEntities: [all]}}]}}", name="a")
    deny = policy(
        f"{{endpointSelector: {WEB}, egressDeny: [{{toEndpoints: [{{matchLabels: {{app: db}}}}]}}]}}", name="b"
    )
    world = World(CLUSTER + text + deny)
    assert world.allowed("shop/web", "8.8.8.8", 80)
    assert not world.allowed("shop/web", "shop/db", 80)


def test_a_deny_alone_isolates() -> None:
    # Rule.Sanitize: a direction with a deny rule is in default deny.
    deny = policy(f"{{endpointSelector: {WEB}, egressDeny: [{{toEndpoints: [{{matchLabels: {{app: db}}}}]}}]}}")
    assert not World(CLUSTER + deny).allowed("shop/web", "8.8.8.8", 80)


def test_its_rules_and_those_of_network_policy_add_up() -> None:
    network_policy = (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n, namespace: shop}\n"
        "spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress],"
        " egress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: api}}}]}]}\n"
    )
    world = World(CLUSTER + policy(f"{{endpointSelector: {WEB}, egress: [{{toEndpoints: [{{}}]}}]}}") + network_policy)
    assert world.allowed("shop/web", "shop/db", 80)
    assert world.allowed("shop/web", "other/api", 80)
    assert not world.allowed("shop/web", "8.8.8.8", 80)


def test_layer_7_makes_an_allow_conditional() -> None:
    world = egress(
        "{toEndpoints: [{}], toPorts: [{ports: [{port: '80', protocol: TCP}],"
        " rules: {http: [{method: GET, path: /api}, {method: HEAD}]}}]}"
    )
    verdict = world.verdict("shop/web", "shop/db", 80)
    assert (verdict.allowed, verdict.conditional) == (False, True)
    assert [str(c.text) for c in verdict.egress.conditional[0].rule.conditions] == ["HTTP GET /api or HTTP HEAD"]


def test_a_dns_rule_for_every_name_asks_nothing() -> None:
    world = egress("{toPorts: [{ports: [{port: '53', protocol: ANY}], rules: {dns: [{matchPattern: '*'}]}}]}")
    assert world.allowed("shop/web", "shop/db", 53)
