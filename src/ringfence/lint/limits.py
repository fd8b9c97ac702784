"""What network plugins have to store for the policies of a pod, counted as they count it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

from ringfence.lint.context import LintContext
from ringfence.model.policy import AddressPeer, Peer, PodPeer, Rule
from ringfence.model.ports import IcmpRange, PortMatch, PortRange, Protocol

VPC_CNI_PORTS = 24
"""Combinations of port and protocol for one address range, over all policies (Amazon EKS user guide)."""

CILIUM_ENTRIES = 16_384
"""Entries of the policy map of one endpoint: ``bpf-policy-map-max`` by default (Cilium, "eBPF Maps")."""

_VOLATILE = ("pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name")
"""Labels that Cilium leaves out of an identity by default, as far as they come with every pod."""


class Plugin(enum.Enum):
    """A network plugin with a limit that is known; the value is its name."""

    VPC_CNI = "Amazon VPC CNI"
    CILIUM = "Cilium"
    DATAPLANE_V2 = "GKE Dataplane V2"


_AGENTS = {"aws-node": Plugin.VPC_CNI, "cilium": Plugin.CILIUM, "anetd": Plugin.DATAPLANE_V2}
"""The DaemonSet of each plugin's agent, in namespace kube-system."""


def plugin_of(context: LintContext) -> Plugin | None:
    """The plugin whose agent is among the pods."""
    for pod in context.snapshot.pods:
        if pod.namespace == "kube-system" and pod.workload.kind == "DaemonSet" and pod.workload.name in _AGENTS:
            return _AGENTS[pod.workload.name]
    return None


def cilium_entries(context: LintContext, rules: Iterable[Rule], known: dict[Peer, int]) -> int:
    """The entries of a policy map: for each rule, identities of its peers times ports. ``known`` is filled."""
    total = 0
    for rule in rules:
        peers = 1 if rule.peers is None else sum(_identities(context, peer, known) for peer in rule.peers)
        ports = 1 if rule.ports is None else sum(port_blocks(port) for port in rule.ports)
        total += peers * ports
    return total


def vpc_cni_ports(context: LintContext, rules: Iterable[Rule]) -> int:
    """The most combinations of port and protocol that one peer gets."""
    entries = [(rule, frozenset(_combinations(rule))) for rule in rules]
    if len(frozenset().union(*(ports for _, ports in entries))) <= VPC_CNI_PORTS:
        return 0
    by_peer: dict[object, set[tuple[object, ...]]] = {}
    for rule, ports in entries:
        for key in _ranges(context, rule):
            by_peer.setdefault(key, set()).update(ports)
    return max((len(ports) for ports in by_peer.values()), default=0)


def _identities(context: LintContext, peer: Peer, known: dict[Peer, int]) -> int:
    if isinstance(peer, AddressPeer):
        return len(peer.addresses.intervals)
    if not isinstance(peer, PodPeer):
        return 1
    if peer not in known:
        known[peer] = len(
            {
                (pod.namespace, frozenset(item for item in pod.labels.items() if item[0] not in _VOLATILE))
                for pod in context.selected(peer)
            }
        )
    return known[peer]


def port_blocks(port: PortMatch) -> int:
    """A range of ports is stored as the least number of aligned blocks of a power of two (Cilium 1.16)."""
    if not isinstance(port, PortRange):
        return 1
    lo, end, number = port.lo, port.hi + 1, 0
    if (lo, end) == (1, 65536):
        return 1
    while lo < end:
        size = lo & -lo
        while lo + size > end:
            size //= 2
        lo += size
        number += 1
    return number


def _combinations(rule: Rule) -> Iterator[tuple[object, ...]]:
    for port in rule.ports or ():
        if isinstance(port, PortRange):
            yield port.protocol, port.lo, port.hi
        elif isinstance(port, IcmpRange):
            for kind in range(port.lo // 256, port.hi // 256 + 1):
                yield port.protocol, kind
        else:
            yield port.protocol if port.protocol is not None else Protocol.TCP, port.name


def _ranges(context: LintContext, rule: Rule) -> Iterator[object]:
    if rule.peers is None:
        yield "everybody"
    for peer in rule.peers or ():
        if isinstance(peer, AddressPeer):
            yield peer.text
        else:
            yield from (id(pod) for pod in context.selected(peer))
