"""Sets of ends: pods and nodes by number, and addresses."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.ports import PortSet


@dataclass(frozen=True, slots=True)
class Ends:
    """Pods and nodes, as a bit set over the points of a plan, and addresses.

    Of ``addresses`` only those count that are no pod's and no node's: these are points.
    """

    points: int = 0
    addresses: AddressSet = NO_ADDRESSES

    def __bool__(self) -> bool:
        return bool(self.points or self.addresses)

    def __or__(self, other: Ends) -> Ends:
        return Ends(self.points | other.points, self.addresses | other.addresses)

    def __and__(self, other: Ends) -> Ends:
        if not self.addresses or not other.addresses:
            return Ends(self.points & other.points)
        return Ends(self.points & other.points, self.addresses & other.addresses)

    def __sub__(self, other: Ends) -> Ends:
        addresses = self.addresses
        if addresses and other.addresses:
            addresses -= other.addresses
        return Ends(self.points & ~other.points, addresses)


NOBODY = Ends()


@dataclass(frozen=True, slots=True)
class Box:
    """Every connection from one of ``sources`` to one of ``destinations`` on one of ``ports``."""

    sources: Ends
    destinations: Ends
    ports: PortSet

    def __bool__(self) -> bool:
        return bool(self.sources and self.destinations and self.ports)

    def without(self, other: Box) -> tuple[Box, ...]:
        """This box less another, as up to three boxes that have nothing in common."""
        sources, destinations = self.sources & other.sources, self.destinations & other.destinations
        ports = self.ports & other.ports
        if not (sources and destinations and ports):
            return (self,)
        parts = (
            Box(self.sources - other.sources, self.destinations, self.ports),
            Box(sources, self.destinations - other.destinations, self.ports),
            Box(sources, destinations, self.ports - other.ports),
        )
        return tuple(part for part in parts if part)
