"""Addresses outside the cluster, cut where either of two engines treats them differently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.model.addresses import AddressSet
from ringfence.model.intervals import Interval


@dataclass(frozen=True, slots=True)
class Region:
    """Addresses that each engine holds in one atom: ``old`` and ``new`` are the atoms' numbers."""

    old: int
    new: int
    addresses: AddressSet


def known_addresses(engine: Engine) -> set[int]:
    """The addresses of pods and nodes."""
    known = set(engine.facts.node_of_address)
    known.update(address for atom in engine.universe.atoms for pod in atom.pods for address in pod.addresses)
    return known


def regions(old: Engine, new: Engine, known: set[int]) -> list[Region]:
    """All addresses, but for regions that consist of ``known`` addresses only: those answer for themselves."""
    spans: dict[tuple[int, int], list[Interval]] = {}
    for span, before, after in _walk(_spans(old), _spans(new)):
        spans.setdefault((before, after), []).append(span)
    found = [Region(before, after, AddressSet.of(intervals)) for (before, after), intervals in spans.items()]
    return [region for region in found if not _all_known(region.addresses, known)]


def _walk(ours: list[tuple[int, int, int]], theirs: list[tuple[int, int, int]]) -> Iterator[tuple[Interval, int, int]]:
    i = j = 0
    while i < len(ours) and j < len(theirs):
        lo, hi = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
        if lo <= hi:
            yield (lo, hi), ours[i][2], theirs[j][2]
        if ours[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1


def _spans(engine: Engine) -> list[tuple[int, int, int]]:
    universe = engine.universe
    return sorted((lo, hi, number) for number in universe.address_atoms for lo, hi in universe.atoms[number].addresses)


def _all_known(addresses: AddressSet, known: set[int]) -> bool:
    if addresses.size > len(known):
        return False
    return all(address in known for lo, hi in addresses for address in range(lo, hi + 1))
