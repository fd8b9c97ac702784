"""FQDNNetworkPolicy ``networking.gke.io/v1alpha1`` of GKE Dataplane V2: what pods may reach outside, by DNS name.

It stands among the NetworkPolicies: egress of a pod that any of them selects is limited to what one of them allows, and
there is no order between them. Rules only ever allow. A name means the addresses that the cluster's DNS gives for it,
and never a Service or a pod, whose addresses are translated before. Without ``ports`` a rule is for every port.

The documentation's own example resolves names with no rule for DNS, and says nowhere that a pod which only such a
policy selects may do so: it is a condition here, and certain only where a NetworkPolicy allows DNS.

Source: Google Kubernetes Engine, "Control Pod egress traffic using FQDN network policies". ``v1alpha2`` and
``v1alpha3`` are of another product, gke-fqdnnetworkpolicies-golang, which makes NetworkPolicies of its objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.dialects.fields import Field, spec_of
from ringfence.dialects.reading import NETWORK_POLICY, Reading, ReadPolicy
from ringfence.dialects.schema import refused
from ringfence.dialects.selectors import read_selector
from ringfence.model.labels import EVERYTHING, AllOf, Operator, Requirement
from ringfence.model.objects import RawObject
from ringfence.model.origin import Origin
from ringfence.model.policy import Action, Condition, Direction, NamePeer, PodPeer, Policy, Rule
from ringfence.model.ports import NamedPort, PortMatch, PortRange, Protocol

GROUP = "networking.gke.io"
DNS_NAMESPACE, DNS_LABEL = "kube-system", ("k8s-app", "kube-dns")
DNS_PORT = 53
OWN_DNS = "DNS of the cluster"
"""The name of the rule by which GKE lets pods ask for names: no author wrote it."""

_DNS = Condition("GKE lets the pods that an FQDNNetworkPolicy selects ask the cluster's DNS")


def read_fqdn_policy(raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:  # noqa: ARG001 -- a Reader
    """Read one object; None where the API refuses it, which the table of its fields tells."""
    if refused(raw, GROUP):
        return None
    spec = spec_of(raw, [])
    pods = read_selector(spec.get("podSelector"))
    if pods is None:
        return None
    egress = spec.get("egress")
    rules = tuple(_read_rule(item) for item in (egress.items() if egress is not None else ()) or ())
    policy = Policy(
        raw.ref,
        PodPeer(raw.ref.namespace, EVERYTHING, pods, spec.at("podSelector").origin),
        frozenset({Direction.EGRESS}),
        egress=(*rules, _dns_rule(spec.origin)),
        order=(0.0, raw.ref.name),
        origin=raw.origin(),
    )
    return (ReadPolicy(NETWORK_POLICY, policy),)


def _read_rule(rule: Field) -> Rule:
    matches, ports = rule.get("matches"), rule.get("ports")
    peers = tuple(peer for item in (matches.items() if matches is not None else ()) or () for peer in _names(item))
    listed = tuple(_read_port(item) for item in (ports.items() if ports is not None else ()) or ())
    return Rule(Action.ALLOW, peers, listed or None, origin=rule.origin)


def _names(match: Field) -> Iterator[NamePeer]:
    for key in match.present(("name", "pattern")):
        field = match.at(key)
        yield NamePeer(str(field.value).lower().removesuffix("."), field.origin)


def _read_port(entry: Field) -> PortMatch:
    protocol = entry.value.get("protocol") or "TCP"
    lo = entry.value.get("port")
    if lo is None:
        return PortRange(Protocol[protocol], origin=entry.origin)
    if isinstance(lo, str):
        return NamedPort(lo, Protocol[protocol], entry.origin)  # which nothing outside declares
    return PortRange(Protocol[protocol], int(lo), int(entry.value.get("endPort") or lo), entry.origin)


def _dns_rule(origin: Origin) -> Rule:
    key, value = DNS_LABEL
    servers = PodPeer(DNS_NAMESPACE, EVERYTHING, AllOf((Requirement(key, Operator.IN, (value,)),)), origin)
    ports = tuple(PortRange(protocol, DNS_PORT, DNS_PORT, origin) for protocol in (Protocol.UDP, Protocol.TCP))
    return Rule(Action.ALLOW, (servers,), ports, (_DNS,), OWN_DNS, origin)
