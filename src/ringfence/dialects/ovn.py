"""EgressFirewall ``k8s.ovn.org/v1`` of OVN-Kubernetes: what the pods of a namespace may reach outside the pod network.

Rules are judged in the order written, the first that matches decides, and what none matches is allowed. It stands
beside the network's policies, not among them: a connection must be allowed by both, since the rules are applied in
another pipeline than those of policies. Ranges never match pods of the cluster; they do match nodes. Pods of the host
network are not subject.

Source: ovn-kubernetes, docs/features/network-security-controls/egress-firewall.md, EgressFirewall in the CRD
reference, and go-controller/pkg/ovn/egressfirewall.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.dialects.fields import Field, spec_of
from ringfence.dialects.reading import FIREWALL_LAYER, Reading, ReadPolicy, StageKey
from ringfence.dialects.scalars import read_cidr
from ringfence.dialects.schema import refused
from ringfence.dialects.selectors import read_selector
from ringfence.model.objects import RawObject
from ringfence.model.policy import (
    Action,
    AddressPeer,
    Direction,
    NamePeer,
    NodePeer,
    Peer,
    PodPeer,
    Policy,
    Rule,
    StageKind,
)
from ringfence.model.ports import PortMatch, PortRange, Protocol

EGRESS_FIREWALL = StageKey(1.0, "egress-firewall", StageKind.ORDERED, layer=FIREWALL_LAYER)

_ACTIONS = {"Allow": Action.ALLOW, "Deny": Action.DENY}


def read_egress_firewall(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:  # noqa: ARG001 -- a Reader
    """Read one object; None where the API refuses it, which the table of its fields tells."""
    if refused(raw, "k8s.ovn.org"):
        return None
    spec = spec_of(raw, [])
    read = [_read_rule(item) for item in spec.at("egress").items() or ()]
    rules = tuple(rule for rule in read if rule is not None)
    if len(rules) < len(read):
        return None
    subject = PodPeer(raw.ref.namespace, origin=spec.origin)
    egress = frozenset({Direction.EGRESS})
    policy = Policy(raw.ref, subject, egress, rules, (), (0.0, raw.ref.namespace), raw.origin())
    return (ReadPolicy(EGRESS_FIREWALL, policy),)


def _read_rule(rule: Field) -> Rule | None:
    peer, ports = _read_destination(rule.at("to")), rule.get("ports")
    if peer is None:
        return None
    listed = tuple(_read_port(item) for item in (ports.items() if ports is not None else ()) or ())
    return Rule(_ACTIONS[rule.at("type").value], (peer,), listed or None, origin=rule.origin)


def _read_destination(to: Field) -> Peer | None:
    nodes, name = to.get("nodeSelector"), to.get("dnsName")
    if nodes is not None:
        labels = read_selector(nodes)
        return None if labels is None else NodePeer(labels, to.origin)
    if name is not None:
        return NamePeer(name.value.lower().removesuffix("."), name.origin)
    cidr = to.at("cidrSelector")
    addresses = read_cidr(cidr)
    return None if addresses is None else AddressPeer(addresses, False, cidr.value, addresses, to.origin)


def _read_port(entry: Field) -> PortMatch:
    number = int(entry.at("port").value)
    return PortRange(Protocol[entry.at("protocol").value], number, number, entry.origin)
