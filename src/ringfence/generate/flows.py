"""Changes of many pairs told as few lines: from namespace to namespace, opened or closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.engine.difference import Ends, PairChange
from ringfence.model.addresses import NO_ADDRESSES, AddressSet, format_address
from ringfence.model.ports import NO_PORTS, PortSet

OUTSIDE = "outside the cluster"

_FEW = 4
"""So many single addresses are told one by one."""


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """What changed from one namespace, or from outside, to another.

    ``ports`` are those that changed for some pair; ``workloads`` counts those at the source, or at the destination
    where the source is outside.
    """

    source: str
    destination: str
    ports: PortSet
    workloads: int


def opened(changes: Iterable[PairChange]) -> tuple[Flow, ...]:
    """What the changes open."""
    return _flows((change.sources, change.destinations, change.opened) for change in changes)


def closed(changes: Iterable[PairChange]) -> tuple[Flow, ...]:
    """What the changes close."""
    return _flows((change.sources, change.destinations, change.closed) for change in changes)


def _flows(changes: Iterable[tuple[Ends, Ends, PortSet]]) -> tuple[Flow, ...]:
    ports: dict[tuple[str, str], PortSet] = {}
    workloads: dict[tuple[str, str], set[str]] = {}
    addresses: dict[tuple[str, str], AddressSet] = {}
    for sources, destinations, some in changes:
        if not some:
            continue
        for source, starters in _namespaces(sources).items():
            for destination, enders in _namespaces(destinations).items():
                key = (source, destination)
                ports[key] = ports.get(key, NO_PORTS) | some
                workloads.setdefault(key, set()).update(starters or enders)
                for ends in (sources, destinations):
                    if isinstance(ends, AddressSet):
                        addresses[key] = addresses.get(key, NO_ADDRESSES) | ends
    return tuple(
        Flow(*_named(key, addresses.get(key, NO_ADDRESSES)), ports[key], len(workloads[key])) for key in sorted(ports)
    )


def _named(key: tuple[str, str], addresses: AddressSet) -> tuple[str, str]:
    """The two ends, with the outside told by its addresses where these are few."""
    if addresses.size > _FEW:
        return key
    few = ", ".join(format_address(address) for lo, hi in addresses for address in range(lo, hi + 1))
    source, destination = (few if end == OUTSIDE else end for end in key)
    return source, destination


def _namespaces(ends: Ends) -> dict[str, set[str]]:
    if isinstance(ends, AddressSet):
        return {OUTSIDE: set()}
    found: dict[str, set[str]] = {}
    for pod in ends:
        found.setdefault(pod.namespace, set()).add(str(pod.workload))
    return found
