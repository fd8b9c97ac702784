"""A policy for many connections as each API writes it: NetworkPolicy, Cilium or Calico, as the one that isolates.

What is to be written comes as selectors and peers of NetworkPolicy, which all of them can say, and ends of no selector.

Source: Cilium documentation, "Layer 3 policies"; Calico reference, "NetworkPolicy" (selectors, nets of one family).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ringfence.explain.calico import is_tier
from ringfence.explain.cilium import is_cilium
from ringfence.fix import calico_shapes, cilium_shapes
from ringfence.fix.shapes import NETWORK_POLICY, Body, Port, network_policy_peers, network_policy_ports, peer_list
from ringfence.fix.world import World
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction
from ringfence.model.verdict import DirectionVerdict, Endpoint

_SPACE, _PODS = "namespaceSelector", "podSelector"


class Api(enum.Enum):
    """The API of a new policy; the value is the kind and the version of it."""

    KUBERNETES = (NETWORK_POLICY, "networking.k8s.io/v1")
    CILIUM = (cilium_shapes.KIND, cilium_shapes.API_VERSION)
    CALICO = (calico_shapes.NETWORK_POLICY, calico_shapes.API_VERSION)

    def ref(self, name: str, namespace: str) -> ObjectRef:
        """The object of this name."""
        kind, version = self.value
        return ObjectRef(kind, name, namespace, version)

    @property
    def called(self) -> str:
        """The kind in words."""
        return "NetworkPolicy of Calico" if self is Api.CALICO else self.value[0]


def api_of(side: DirectionVerdict) -> Api:
    """The API whose policies deny for the lack of a rule: its people are the ones to read the new one."""
    last = side.stages[-1] if side.stages else None
    if last is not None and is_tier(last.stage):
        return Api.CALICO
    if last is not None and any(is_cilium(policy.ref) for policy in last.selecting):
        return Api.CILIUM
    return Api.KUBERNETES


@dataclass(frozen=True, slots=True)
class Need:
    """Peers on the same ports: ``peers`` are entries of a NetworkPolicy, ``others`` ends that no selector means."""

    peers: Sequence[Body]
    others: Sequence[Endpoint]
    ports: Sequence[Port]


def body_of(
    api: Api, ref: ObjectRef, selector: Body, needs: dict[Direction, list[Need]], world: World
) -> dict[str, Any] | None:
    """The whole object; ``None`` where nothing can be written."""
    rules = {side: list(_RULES[api](side, ref.namespace, needs[side], world)) for side in needs}
    rules = {side: written for side, written in rules.items() if written}
    if not rules:
        return None
    types = [str(side).capitalize() for side in rules]
    sections = {str(side): written for side, written in rules.items()}
    spec: Body = {_PODS: selector, "policyTypes": types, **sections}
    if api is Api.CILIUM:
        spec = {"endpointSelector": selector, **sections}
    elif api is Api.CALICO:
        spec = {"selector": _expression(selector), "types": types, **sections}
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": spec,
    }


def _kubernetes(side: Direction, namespace: str, needs: Iterable[Need], world: World) -> Iterator[Body]:
    for need in needs:
        entries = [*need.peers, *(network_policy_peers(need.others, namespace, world) or ())]
        if entries:
            yield {peer_list(side): entries, "ports": network_policy_ports(need.ports)}


def _cilium(side: Direction, namespace: str, needs: Iterable[Need], world: World) -> Iterator[Body]:
    for need in needs:
        ports = {"toPorts": [cilium_shapes.port_list(need.ports)]}
        if need.peers:
            listed = [_endpoints(peer) for peer in need.peers]
            yield {cilium_shapes.field_of(side, "Endpoints"): listed, **ports}
        for peers in cilium_shapes.peer_lists(need.others, namespace, side, world):
            yield {**peers, **ports}


def _endpoints(peer: Body) -> Body:
    """A peer as a selector of Cilium, which means the policy's own namespace where it names none."""
    selector = dict(peer.get(_PODS) or {})
    place = _place(peer)
    if place:
        labels = {cilium_shapes.NAMESPACE_LABEL: place, **selector.get("matchLabels", {})}
        selector = {**selector, "matchLabels": labels}
    return selector


def _calico(side: Direction, namespace: str, needs: Iterable[Need], world: World) -> Iterator[Body]:
    for need in needs:
        ends = [_entity(peer) for peer in need.peers]
        ends += calico_shapes.entities(need.others, namespace, world) or []
        yield from calico_shapes.rules("Allow", side, ends, need.ports)


def _entity(peer: Body) -> Body:
    place, selector = _place(peer), peer.get(_PODS) or {}
    space = {_SPACE: f"projectcalico.org/name == '{place}'"} if place else {}
    return {**space, **({"selector": _expression(selector)} if selector or not place else {})}


def _place(peer: Body) -> str:
    return str(((peer.get(_SPACE) or {}).get("matchLabels") or {}).get(NAMESPACE_NAME_LABEL, ""))


def _expression(selector: Body) -> str:
    """The selector of this package's own making: labels, or one label's values."""
    parts = [f"{key} == '{value}'" for key, value in (selector.get("matchLabels") or {}).items()]
    for asked in selector.get("matchExpressions") or ():
        values = ", ".join(f"'{value}'" for value in asked["values"])
        parts.append(f"{asked['key']} in {{{values}}}")
    return " && ".join(parts) or "all()"


_RULES = {Api.KUBERNETES: _kubernetes, Api.CILIUM: _cilium, Api.CALICO: _calico}
