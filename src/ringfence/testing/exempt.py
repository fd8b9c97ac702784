"""Pairs that no policy decides about, which tests leave out.

A pod and itself, and a node and the pods that it runs, are always allowed (NetworkPolicySpec ``ingress`` in the
Kubernetes API reference); and where neither end is a pod, nothing in the cluster judges. A host-network pod acts as its
node.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from ringfence.engine import bits
from ringfence.model.objects import Pod
from ringfence.model.verdict import AddressEndpoint
from ringfence.testing.points import Points


class Exempt:
    """Finds what is left of sources and destinations when exempt pairs are left out.

    The ends are given as a set of points and whether there are other addresses beside them.
    """

    def __init__(self, points: Points) -> None:
        self._points = points
        self._pods = points.pods | points.new
        self._hosts = bits.of(
            [number for number, end in enumerate(points.endpoints) if isinstance(end, Pod) and end.host_network]
        )
        self._guarded = self._pods & ~self._hosts
        self._planned = bits.of(
            [number for number, end in enumerate(points.endpoints) if isinstance(end, Pod) and end.planned]
        )
        self._local: dict[int, int] = {}

    @cached_property
    def _node_of_address(self) -> dict[int, str]:
        return {address: node.name for node in self._points.snapshot.nodes for address in node.addresses}

    @cached_property
    def _on_node(self) -> dict[str, int]:
        found: dict[str, list[int]] = {}
        for number, pod in enumerate(self._points.snapshot.pods):
            if pod.node and not pod.host_network:
                found.setdefault(pod.node, []).append(number)
        return {node: bits.of(numbers) for node, numbers in found.items()}

    def own(self, number: int) -> int:
        """The pods that a host-network pod or a node may always reach, and a pod itself."""
        local = self._local.get(number)
        if local is None:
            end = self._points.endpoints[number]
            if isinstance(end, AddressEndpoint):
                nodes = {self._node_of_address.get(end.address, "")}
                local = 0
            else:
                nodes = {end.node, *(self._node_of_address.get(address, "") for address in end.addresses)}
                local = 0 if end.planned else 1 << number
            for node in nodes - {""}:
                local |= self._on_node.get(node, 0)
            self._local[number] = local
        return local

    def sources(self, sources: int, destinations: int, *, outside: bool) -> int:
        """Those of the sources that have a pair left; ``outside`` tells of destinations that are no points."""
        if not outside and not destinations:
            return 0
        found = sources & self._guarded
        if not outside and destinations.bit_count() < 2:
            found &= ~(destinations & ~self._planned)
        acting = sources & (self._hosts | self._points.nodes)
        if not acting:
            return found
        if outside:
            found |= acting & self._hosts
        if self._on_several_nodes(destinations & self._guarded):
            return found | acting
        for number, others in self._acting_as_nodes(acting & ~found):
            if destinations & others & ~self.own(number):
                found |= 1 << number
        return found

    def _on_several_nodes(self, pods: int) -> bool:
        """True where no node runs all of some pods: whatever acts as a node then reaches one that isn't its own."""
        if not pods:
            return False
        first = self._points.endpoints[(pods & -pods).bit_length() - 1]
        return isinstance(first, Pod) and (not first.node or bool(pods & ~self._on_node.get(first.node, 0)))

    def destinations(self, sources: int, destinations: int, *, outside: bool) -> int:
        """Those of the destinations that have a pair left; ``outside`` tells of sources that are no points."""
        guarded = sources & self._guarded
        found = destinations & self._pods if outside else 0
        if guarded.bit_count() >= 2:
            found |= destinations
        elif guarded:
            found |= destinations & ~(guarded & ~self._planned)
        if found != destinations:
            for number, others in self._acting_as_nodes(sources):
                found |= destinations & others & ~self.own(number)
                if found == destinations:
                    break
        return found

    def addresses(self, points: int) -> bool:
        """True where other addresses have a pair left with these points at the other end."""
        return bool(points & self._pods)

    def pairs(self, sources: int, destinations: int, *, from_outside: bool, to_outside: bool) -> bool:
        """True where any pair is left."""
        if (from_outside and destinations & self._pods) or (to_outside and sources & self._pods):
            return True
        return bool(self.sources(sources, destinations, outside=False))

    def _acting_as_nodes(self, sources: int) -> Iterator[tuple[int, int]]:
        """Host-network pods and nodes, each with the points that it forms judged pairs with."""
        for number in bits.members(sources & self._hosts):
            yield number, -1
        for number in bits.members(sources & self._points.nodes):
            yield number, self._pods
