"""Addresses outside the cluster, as the fewest ranges that are treated alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ringfence.engine import Engine
from ringfence.engine.pairs import Numbers
from ringfence.model.addresses import AddressSet
from ringfence.model.intervals import Interval


class ExternalSpace:
    """The address atoms of an engine as ranges in ascending order, IPv4 before IPv6.

    Ranges that consist of addresses of known pods and nodes only are left out: those answer for themselves. A wider
    range that happens to contain such an address speaks about its other addresses.
    """

    def __init__(self, engine: Engine) -> None:
        universe = engine.universe
        known = set(engine.facts.node_of_address)
        known.update(address for atom in universe.atoms for pod in atom.pods for address in pod.addresses)
        self.atoms = [
            number for number in universe.address_atoms if not _all_known(universe.atoms[number].addresses, known)
        ]
        spans = sorted((lo, hi, number) for number in self.atoms for lo, hi in universe.atoms[number].addresses)
        self._spans: list[Interval] = [(lo, hi) for lo, hi, _ in spans]
        self._owner: Numbers = np.array([number for _, _, number in spans], dtype=np.int64)
        self._follows = np.array(
            [False, *(spans[i][0] == spans[i - 1][1] + 1 for i in range(1, len(spans)))], dtype=np.bool_
        )[: len(spans)]

    def ranges(self, *by_atom: Numbers) -> Iterator[tuple[Interval, tuple[int, ...]]]:
        """The widest ranges over which each of the given values, arrays by atom number, stays the same."""
        if not self._spans:
            return
        values = np.stack([array[self._owner] for array in by_atom])
        same = self._follows.copy()
        same[1:] &= np.all(values[:, 1:] == values[:, :-1], axis=0)
        starts = np.flatnonzero(~same).tolist()
        for start, end in zip(starts, [*starts[1:], len(self._spans)], strict=True):
            yield (self._spans[start][0], self._spans[end - 1][1]), tuple(values[:, start].tolist())


def _all_known(addresses: AddressSet, known: set[int]) -> bool:
    if addresses.size > len(known):
        return False
    return all(address in known for lo, hi in addresses for address in range(lo, hi + 1))
