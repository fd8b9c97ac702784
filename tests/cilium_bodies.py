"""Hypothesis strategies: Cilium's policies as authors write them, of layers 3 and 4."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import (
    ACCOUNTS,
    CIDRS,
    NAMESPACE_LABELS,
    NAMESPACES,
    POD_LABELS,
    PORT_NAMES,
    PORT_NUMBERS,
    ip_blocks,
    network_policy_bodies,
    selector_bodies,
)

Body = dict[str, Any]
ENTITIES = ("all", "world", "cluster", "host", "remote-node", "health")

_OWN = {**POD_LABELS, "k8s:app": POD_LABELS["app"], "io.cilium.k8s.policy.serviceaccount": ACCOUNTS}
_ANYWHERE = {
    **_OWN,
    "k8s:io.kubernetes.pod.namespace": NAMESPACES,
    "any:io.kubernetes.pod.namespace": NAMESPACES,
    "k8s:io.cilium.k8s.namespace.labels.team": NAMESPACE_LABELS["team"],
}
_subjects = selector_bodies({**_OWN, "io.cilium.k8s.namespace.labels.team": NAMESPACE_LABELS["team"]})


@st.composite
def ports(draw: st.DrawFn) -> Body:
    """A number, a range, every port, or a name; with a protocol, with ``ANY``, or without."""
    entry: Body = {}
    form = draw(st.sampled_from(("number", "range", "zero", "name")))
    low, high = sorted((draw(st.sampled_from(PORT_NUMBERS)), draw(st.sampled_from(PORT_NUMBERS))))
    entry["port"] = {"number": str(low), "range": str(low), "zero": "0", "name": draw(st.sampled_from(PORT_NAMES))}[
        form
    ]
    if form == "range":
        entry["endPort"] = high
    if draw(st.booleans()):
        entry["protocol"] = draw(st.sampled_from(("TCP", "UDP", "SCTP", "ANY")))
    return entry


icmp_fields: st.SearchStrategy[Body] = st.fixed_dictionaries(
    {"type": st.sampled_from((0, 8, 128, "EchoRequest"))}, optional={"family": st.sampled_from(("IPv4", "IPv6"))}
)


_peers: dict[str, st.SearchStrategy[list[Any]]] = {
    "Endpoints": st.lists(selector_bodies(_ANYWHERE), max_size=2),
    "CIDR": st.lists(st.sampled_from(sorted(CIDRS)), max_size=2),
    "CIDRSet": st.lists(ip_blocks(), max_size=2),
    "Entities": st.lists(st.sampled_from(ENTITIES), max_size=2),
}


@st.composite
def rules(draw: st.DrawFn, prefix: str) -> Body:
    """A rule with peers of one kind at most, and ports or none."""
    rule: Body = {}
    kind = draw(st.sampled_from(("", "Endpoints", "Endpoints", "Endpoints", "CIDR", "CIDRSet", "Entities")))
    if kind:
        rule[prefix + kind] = draw(_peers[kind])
    what = draw(st.sampled_from(("ports", "", "icmps")))
    if what == "icmps":
        fields = st.lists(icmp_fields, max_size=2).map(lambda found: {"fields": found})
        rule["icmps"] = draw(st.lists(fields, max_size=2))
    if what == "ports":
        lists = st.lists(ports(), min_size=1, max_size=2).map(lambda found: {"ports": found})
        rule["toPorts"] = draw(st.lists(lists, max_size=2))
    return rule


@st.composite
def cilium_bodies(draw: st.DrawFn, number: int) -> Body:
    """A policy of a namespace or of the cluster, with any of the four sections."""
    spec: Body = {"endpointSelector": draw(_subjects)}
    for direction, prefix in (("ingress", "from"), ("egress", "to")):
        for section in (direction, f"{direction}Deny"):
            if draw(st.booleans()):
                spec[section] = draw(st.lists(rules(prefix), max_size=2))
    if draw(st.booleans()):
        said = st.fixed_dictionaries({}, optional={"ingress": st.booleans(), "egress": st.booleans()})
        spec["enableDefaultDeny"] = draw(said)
    clusterwide = draw(st.booleans())
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumClusterwideNetworkPolicy" if clusterwide else "CiliumNetworkPolicy",
        "metadata": {
            "name": f"cilium-{number}",
            **({} if clusterwide else {"namespace": draw(st.sampled_from(NAMESPACES))}),
        },
        "spec": spec,
    }


@st.composite
def mixed_bodies(draw: st.DrawFn) -> list[Body]:
    """Cilium's policies with NetworkPolicies beside them."""
    bodies = [draw(cilium_bodies(number)) for number in range(draw(st.integers(1, 3)))]
    return bodies + [draw(network_policy_bodies(number)) for number in range(draw(st.integers(0, 2)))]
