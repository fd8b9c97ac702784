"""A NetworkPolicy that closes one connection by allowing all others, since NetworkPolicy can't deny."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.fix.candidate import Case, Step, StepKind, ports_text
from ringfence.fix.network_policy import API_VERSION
from ringfence.fix.shapes import (
    NETWORK_POLICY,
    Body,
    exact_labels,
    groups_of,
    match_labels,
    namespace_selector,
    network_policy_ports,
    object_name,
    peer_list,
)
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch
from ringfence.model.ports import MAX_PORT, MIN_PORT, Protocol

_ANYWHERE = {"cilium"}
"""CNIs for which an ipBlock never means a pod, so that one of everything is everything outside."""


def everyone_but(case: Case) -> list[Body] | None:
    """Peers for everybody but the case's peers; ``None`` where selectors can't say that.

    Outside addresses are among them only where an ``ipBlock`` can be told apart from the pods that are left out.
    """
    pods = [end for end in case.peers if isinstance(end, Pod) and not end.host_network]
    if not pods:
        return [{"namespaceSelector": {}}, *_outside(case)]
    if len(pods) != len(case.peers):
        return None
    groups = list(groups_of(pods, case.world))
    if len(groups) != 1 or len(groups[0][1]) != 1:
        return None
    namespace, labels = groups[0]
    ((key, value),) = labels.items()
    peers: list[Body] = [
        {"namespaceSelector": {"matchExpressions": [_not_in(NAMESPACE_NAME_LABEL, namespace)]}},
        {
            "namespaceSelector": namespace_selector(namespace),
            "podSelector": {"matchExpressions": [_not_in(key, value)]},
        },
    ]
    if case.world.base.cni in _ANYWHERE:
        peers += [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
    return peers


def _outside(case: Case) -> list[Body]:
    addresses = [a for end in case.peers for a in (end.addresses if isinstance(end, Pod) else (end.address,))]
    four = [f"{format_address(each)}/32" for each in addresses if each <= V4_MAX]
    six = [f"{format_address(each)}/128" for each in addresses if each > V4_MAX]
    return [_block("0.0.0.0/0", four), _block("::/0", six)]


def _block(cidr: str, holes: list[str]) -> Body:
    return {"ipBlock": {"cidr": cidr, "except": holes} if holes else {"cidr": cidr}}


def _not_in(key: str, value: str) -> Body:
    return {"key": key, "operator": "NotIn", "values": [value]}


def other_ports(protocol: Protocol, number: int) -> list[Body]:
    """Entries for every port but one."""
    entries: list[Body] = []
    for lo, hi in ((MIN_PORT, number - 1), (number + 1, MAX_PORT)):
        if lo <= hi:
            entries.append({"protocol": str(protocol), "port": lo} | ({"endPort": hi} if hi > lo else {}))
    return entries + [{"protocol": str(other)} for other in Protocol if other is not protocol]


def isolating_policy(case: Case) -> Iterator[Step]:
    """A new policy for pods that nothing isolates: every other port, and this one from everybody else."""
    pods = [end for end in case.subjects if isinstance(end, Pod)]
    others = everyone_but(case)
    if not others or len(case.ports) != 1 or len({pod.namespace for pod in pods}) != 1:
        return
    namespace = pods[0].namespace
    name = object_name("close", case.source, case.destination, case.world.policy_names(namespace))
    side, way = str(case.direction), peer_list(case.direction)
    body = {
        "apiVersion": API_VERSION,
        "kind": NETWORK_POLICY,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "podSelector": match_labels(exact_labels(pods, case.world)),
            "policyTypes": [side.capitalize()],
            side: [
                {"ports": other_ports(*case.ports[0])},
                {way: others, "ports": network_policy_ports(case.ports)},
            ],
        },
    }
    ref = ObjectRef(NETWORK_POLICY, name, namespace, API_VERSION)
    title = f"Add NetworkPolicy {namespace}/{name}: all {side} but {way} {case.peer_name} on {ports_text(case.ports)}"
    yield Step(StepKind.NEW_POLICY, case.direction, (Patch(title, ref, manifest=body),))
