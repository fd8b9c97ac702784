"""The rules that are about Cilium's policies: RF211, RF314, RF505 and RF605, and RF108 on them."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod

PODS = pod("shop/web-0", "app: web") + pod("shop/db-0", "app: db")


def cnp(spec: str, *, name: str = "p", clusterwide: bool = False) -> str:
    kind = "CiliumClusterwideNetworkPolicy" if clusterwide else "CiliumNetworkPolicy"
    place = "" if clusterwide else ", namespace: shop"
    return f"apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: {name}{place}}}\nspec: {spec}\n---\n"


WEB, DB = "endpointSelector: {matchLabels: {app: web}}", "endpointSelector: {matchLabels: {app: db}}"
DNS = "{toPorts: [{ports: [{port: '53', protocol: ANY}], rules: {dns: [{matchPattern: '*'}]}}]}"
PLAIN_DNS = "{toPorts: [{ports: [{port: '53', protocol: ANY}]}]}"
NAMES = "{toFQDNs: [{matchName: api.example.com}]}"


@pytest.mark.parametrize(
    ("policies", "fires"),
    [
        (cnp(f"{{{WEB}, egress: [{NAMES}]}}"), True),
        (cnp(f"{{{WEB}, egress: [{PLAIN_DNS}, {NAMES}]}}"), True),
        (cnp(f"{{{WEB}, egress: [{DNS}, {NAMES}]}}"), False),
        # The DNS rule may stand in a policy of its own, for these pods among others, but not for others.
        (cnp(f"{{{WEB}, egress: [{NAMES}]}}") + cnp(f"{{endpointSelector: {{}}, egress: [{DNS}]}}", name="dns"), False),
        (
            cnp(f"{{{WEB}, egress: [{NAMES}]}}")
            + cnp(f"{{endpointSelector: {{}}, egress: [{DNS}]}}", name="dns", clusterwide=True),
            False,
        ),
        (cnp(f"{{{WEB}, egress: [{NAMES}]}}") + cnp(f"{{{DB}, egress: [{DNS}]}}", name="dns"), True),
        # It may isolate nothing.
        (
            cnp(f"{{{WEB}, egress: [{NAMES}]}}")
            + cnp(f"{{endpointSelector: {{}}, enableDefaultDeny: {{egress: false}}, egress: [{DNS}]}}", name="dns"),
            False,
        ),
    ],
)
def test_names_are_learnt_from_a_dns_rule_for_the_same_pods(policies: str, fires: bool) -> None:
    assert ("RF314" in codes(PODS + policies)) == fires


PORT_22 = "toPorts: [{ports: [{port: '22', protocol: TCP}]}]"
EVERY_POD = "fromEndpoints: [{}]"


@pytest.mark.parametrize(
    ("denied", "allowed", "fires"),
    [
        (EVERY_POD, EVERY_POD, True),
        (PORT_22, f"{EVERY_POD}, {PORT_22}", True),
        # Other ports, other ends: something of the rule is left.
        (PORT_22, EVERY_POD, False),
        ("fromEndpoints: [{matchLabels: {app: web}}]", EVERY_POD, False),
    ],
)
def test_an_allow_that_a_deny_undoes(denied: str, allowed: str, fires: bool) -> None:
    spec = f"{{{DB}, ingressDeny: [{{{denied}}}], ingress: [{{{allowed}}}]}}"
    assert ("RF505" in codes(PODS + cnp(spec))) == fires


def test_a_deny_of_the_other_direction_undoes_nothing() -> None:
    spec = f"{{{DB}, egressDeny: [{{toEndpoints: [{{}}]}}], ingress: [{{{EVERY_POD}}}]}}"
    assert "RF505" not in codes(PODS + cnp(spec))


@pytest.mark.parametrize(
    ("pattern", "fires"),
    [
        ("*example.com", True),
        ("**example.com", True),
        ("*.com", True),
        ("api.**.example.com", True),
        ("*.example.com", False),
        ("**.example.com", False),
        ("*-api.example.com", False),
        ("*.*.svc.cluster.local", False),
        ("*", False),
        ("example.com", False),
    ],
)
def test_patterns_that_say_something_else(pattern: str, fires: bool) -> None:
    assert ("RF605" in codes(PODS + cnp(f"{{{WEB}, egress: [{{toFQDNs: [{{matchPattern: '{pattern}'}}]}}]}}"))) == fires


def test_a_wildcard_is_told_with_what_it_matches() -> None:
    (found,) = [
        f
        for f in lint(PODS + cnp(f"{{{WEB}, egress: [{{toFQDNs: [{{matchPattern: '*example.com'}}]}}]}}"))
        if f.code.code == "RF605"
    ]
    assert "evil-example.com and not www.example.com" in found.what
    assert "matchName: example.com and matchPattern: **.example.com" in found.hint


NODE = """\
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.0.0.7}
---
"""


@pytest.mark.parametrize(
    ("rule", "fires"),
    [
        ("{toCIDR: [10.0.0.7/32]}", True),
        ("{toCIDR: [10.0.0.7]}", True),
        ("{toCIDR: [192.168.0.1/32]}", True),
        ("{toCIDRSet: [{cidr: 10.0.0.0/24, except: [10.0.0.7/32]}]}", False),
        ("{toCIDR: [10.0.0.0/8]}", False),
        ("{toCIDR: [192.0.2.0/24]}", False),
        ("{toEntities: [world]}", False),
    ],
)
def test_ranges_that_match_no_pod_though_pods_are_in_them(rule: str, fires: bool) -> None:
    found = codes(NODE + PODS + cnp(f"{{{WEB}, egress: [{rule}]}}"))
    assert ("RF211" in found) == fires
    assert "RF208" not in found


@pytest.mark.parametrize(
    ("sections", "fires"),
    [
        ("ingress: []", True),
        ("egress: []", True),
        ("ingress: [{}]", False),
        ("ingress: [], ingressDeny: [{fromEntities: [world]}]", False),
        ("ingress: [], enableDefaultDeny: {ingress: true}", False),
        ("ingress: [{}], egress: []", True),
    ],
)
def test_an_empty_list_isolates_nothing_and_is_told(sections: str, fires: bool) -> None:
    assert ("RF108" in codes(PODS + cnp(f"{{{WEB}, {sections}}}"))) == fires
