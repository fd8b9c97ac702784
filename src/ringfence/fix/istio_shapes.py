"""Callers, ports and policies as Istio writes them, for pods and addresses that are to be named exactly.

Source: Istio reference, "AuthorizationPolicy" (Source, Operation) and "PeerAuthentication".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ringfence.fix.candidate import Case
from ringfence.fix.shapes import Body, groups_of, object_name
from ringfence.model import derived
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch
from ringfence.model.ports import Protocol
from ringfence.model.verdict import Endpoint

API_VERSION = "security.istio.io/v1"
AUTHORIZATION = "AuthorizationPolicy"
AUTHENTICATION = "PeerAuthentication"


@dataclass(frozen=True, slots=True)
class Callers:
    """The callers of a case as a mesh tells them apart: by identity, or by an address that lasts.

    ``anonymous`` are pods outside the mesh: they have neither.
    """

    principals: tuple[str, ...]
    namespaces: tuple[str, ...]
    ranges: tuple[str, ...]
    anonymous: tuple[Pod, ...]

    @property
    def source(self) -> Body | None:
        """The source that means just these; ``None`` where no source can."""
        if self.anonymous or bool(self.principals) == bool(self.ranges):
            return None
        return {"principals": list(self.principals)} if self.principals else {"ipBlocks": list(self.ranges)}


def callers_of(case: Case) -> Callers:
    """The ends that call in the case."""
    principals: dict[str, None] = {}
    namespaces: dict[str, None] = {}
    ranges: dict[str, None] = {}
    anonymous: list[Pod] = []
    for end in case.peers:
        identity = case.world.engine.facts.derived_label(end, derived.PRINCIPAL) if isinstance(end, Pod) else None
        addresses = _lasting(end)
        if identity is not None and isinstance(end, Pod):
            principals[identity] = namespaces[end.namespace] = None
        elif addresses:
            ranges.update(dict.fromkeys(f"{format_address(a)}/{32 if a <= V4_MAX else 128}" for a in addresses))
        elif isinstance(end, Pod):
            anonymous.append(end)
    return Callers(tuple(principals), tuple(namespaces), tuple(ranges), tuple(anonymous))


def _lasting(end: Endpoint) -> tuple[int, ...]:
    """Addresses that outlive a pod: those of nodes and from outside."""
    if isinstance(end, Pod):
        return end.addresses if end.host_network else ()
    return (end.address,)


def ports_of(case: Case) -> list[str]:
    """The ports of the case as an operation lists them; a mesh judges TCP alone."""
    return [str(number) for protocol, number in case.ports if protocol is Protocol.TCP]


def rule_for(source: Body | None, ports: Sequence[str]) -> Body:
    """A rule for these ports, and for this caller or everybody."""
    sources: Body = {"from": [{"source": source}]} if source is not None else {}
    return {**sources, "to": [{"operation": {"ports": list(ports)}}]}


def new_object(case: Case, kind: str, verb: str, spec: Mapping[str, object], does: str) -> Patch | None:
    """A new policy of the mesh for just the workloads that are called; ``None`` where labels can't select just them."""
    pods = [end for end in case.subjects if isinstance(end, Pod) and not end.host_network]
    groups = list(groups_of(pods, case.world))
    if len(pods) != len(case.subjects) or len(groups) != 1:
        return None
    namespace, labels = groups[0]
    if not labels:
        return None
    name = object_name(verb, case.source, case.destination, case.world.policy_names(namespace))
    body = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, **spec},
    }
    title = f"Add {kind} {namespace}/{name}: {does}"
    return Patch(title, ObjectRef(kind, name, namespace, API_VERSION), manifest=body)
