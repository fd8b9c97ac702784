"""Addresses and names for pods that come and go."""

from __future__ import annotations

from random import Random

from ringfence.model.addresses import format_address, parse_address

_PODS = "10.244.0.0"
_SERVICES = "10.96.0.0"
_NODES = "172.18.0.2"
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' alphabet for generated names (k8s.io/apimachinery, util/rand)."""


class Addresses:
    """Hands out addresses of a node's range (a /24 of 10.244.0.0/16) and takes them back.

    A free address is given out again rather than a fresh one now and then, as CNIs do: so one address is another pod's
    an hour later.
    """

    def __init__(self, taken: set[int], rng: Random) -> None:
        self._taken = taken
        self._rng = rng
        self._fresh: dict[int, int] = {}
        self._free: dict[int, list[int]] = {}

    def take(self, node: int) -> str:
        """An address that no pod has."""
        free = self._free.get(node)
        if free and self._rng.random() < 0.5:
            return format_address(free.pop(0))
        point = self._fresh.get(node, parse_address(_PODS) + node * 256 + 4)
        while point in self._taken:
            point += 1
        self._fresh[node] = point + 1
        self._taken.add(point)
        return format_address(point)

    def give_back(self, node: int, address: str) -> None:
        """The pod with this address is gone."""
        self._free.setdefault(node, []).append(parse_address(address))


def service_address(number: int) -> str:
    """The cluster address of the Service with this number, where the input has none."""
    return format_address(parse_address(_SERVICES) + 10 + number)


def node_address(number: int) -> str:
    """The address of the node with this number, where the input has none. Number 0 is the control plane."""
    return format_address(parse_address(_NODES) + number)


def suffix(rng: Random, length: int) -> str:
    """Letters as the API server generates them for names."""
    return "".join(rng.choice(_LETTERS) for _ in range(length))
