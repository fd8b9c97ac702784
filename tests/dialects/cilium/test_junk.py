"""Whatever stands in a Cilium policy, or in a group of ranges, reading it ends in findings."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings, strategies as st

from ringfence.dialects import read_policies
from ringfence.model.finding import Severity
from ringfence.model.objects import Snapshot
from tests.clusters import snapshot_with
from tests.dialects.test_junk import junk, places

RULE: dict[str, Any] = {
    "toPorts": [
        {
            "ports": [{"port": "80", "endPort": 90, "protocol": "TCP"}, {"port": "http", "protocol": "TCP"}],
            "rules": {
                "http": [{"method": "GET", "path": "/", "headers": ["A: b"], "headerMatches": [{"name": "x"}]}],
            },
        },
        {"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*.a.example"}]}},
        {"ports": [{"port": "9092", "protocol": "TCP"}], "rules": {"kafka": [{"role": "produce", "topic": "t"}]}},
        {"ports": [{"port": "99", "protocol": "TCP"}], "rules": {"l7proto": "r2d2", "l7": [{"cmd": "READ"}]}},
        {"ports": [{"port": "443", "protocol": "TCP"}], "serverNames": ["a.example"], "listener": {"name": "l"}},
    ],
    "authentication": {"mode": "required"},
}
SELECTOR: dict[str, Any] = {
    "matchLabels": {"k8s:app": "web", "io.kubernetes.pod.namespace": "shop"},
    "matchExpressions": [
        {"key": "reserved:host", "operator": "DoesNotExist"},
        {"key": "a", "operator": "In", "values": ["b"]},
    ],
}
PEERS: tuple[dict[str, Any], ...] = (
    {"toEndpoints": [SELECTOR]},
    {"toCIDR": ["10.0.0.0/8", "::1"]},
    {
        "toCIDRSet": [
            {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]},
            {"cidrGroupRef": "g"},
            {"cidrGroupSelector": {"matchLabels": {"a": "b"}}},
        ]
    },
    {"toEntities": ["world", "host"]},
    {"toFQDNs": [{"matchName": "a.example"}, {"matchPattern": "*.a.example"}]},
    {
        "toServices": [
            {"k8sService": {"serviceName": "s", "namespace": "n"}},
            {"k8sServiceSelector": {"selector": SELECTOR}},
        ]
    },
    {"toNodes": [SELECTOR], "toRequires": [SELECTOR]},
    {"toGroups": [{"aws": {"region": "r"}}]},
)
SPECS: tuple[dict[str, Any], ...] = (
    *({"endpointSelector": SELECTOR, "egress": [{**RULE, **peers}]} for peers in PEERS),
    *({"endpointSelector": {}, "egressDeny": [peers]} for peers in PEERS),
    {
        "endpointSelector": {},
        "enableDefaultDeny": {"ingress": True, "egress": False},
        "ingress": [{"fromEndpoints": [{}], "fromRequires": [SELECTOR]}, {"icmps": [{"fields": [{"type": 8}]}]}],
        "ingressDeny": [{"fromEntities": ["world"], "toPorts": [{"ports": [{"port": "0"}]}]}],
    },
    {"nodeSelector": SELECTOR, "ingress": [{}]},
)
GROUP: dict[str, Any] = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumCIDRGroup",
    "metadata": {"name": "g", "labels": {"a": "b"}},
    "spec": {"externalCIDRs": ["10.0.0.0/8", "fd00::/8"]},
}


def body(spec: object) -> dict[str, Any]:
    """A policy with this spec."""
    metadata = {"name": "p", "namespace": "shop"}
    return {"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata, "spec": spec}


def broken(whole: Any, data: st.DataObject, below: tuple[Any, ...]) -> Any:
    """A copy with junk in the place of one value."""
    result = copy.deepcopy(whole)
    start = result
    for step in below:
        start = start[step]
    path = (*below, *data.draw(st.sampled_from(places(start))))
    target = result
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = data.draw(junk)
    return result


def test_every_part_that_junk_is_put_into_is_read_as_it_stands() -> None:
    for spec in SPECS:
        _, findings = read_policies(snapshot_with(Snapshot(), [body(spec), GROUP]))
        assert not any(finding.code.code == "RF115" for finding in findings), (spec, findings)


@given(st.sampled_from(SPECS), st.data())
@settings(max_examples=300)
def test_a_policy_with_a_part_replaced_by_junk_is_read(spec: dict[str, Any], data: st.DataObject) -> None:
    policy_set, findings = read_policies(snapshot_with(Snapshot(), [broken(body(spec), data, ("spec",)), GROUP]))
    assert all(finding.what.endswith(".") for finding in findings)
    if any(finding.code.code == "RF115" for finding in findings):
        assert not list(policy_set.policies())
        assert any(finding.severity is Severity.ERROR and finding.code.code != "RF115" for finding in findings)


@given(st.data())
def test_a_group_with_a_part_replaced_by_junk_is_read(data: st.DataObject) -> None:
    read_policies(snapshot_with(Snapshot(), [body(SPECS[2]), broken(GROUP, data, ("spec",))]))


@given(junk)
def test_a_spec_of_junk_is_read(spec: object) -> None:
    read_policies(snapshot_with(Snapshot(), [body(spec), GROUP]))


@given(junk, junk)
def test_two_kinds_of_specs_of_junk_are_read(spec: object, specs: object) -> None:
    read_policies(snapshot_with(Snapshot(), [{**body(spec), "specs": specs}]))
