"""From pairs of pods whose ports differ to connections of pods or workloads, and of these with addresses outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.diff.ends import Allowed, Ends, end_of
from ringfence.diff.outside import Region, known_addresses, regions
from ringfence.diff.report import By, End
from ringfence.engine.difference import compare
from ringfence.model.addresses import AddressSet, format_range
from ringfence.model.intervals import Interval
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction


@dataclass(frozen=True, slots=True)
class Connection:
    """Two ends whose ports differ; ``addresses`` are those of the external end, where there is one."""

    src: End
    dst: End
    before: Allowed
    after: Allowed
    addresses: Interval | None = None


class Connections:
    """Compares two engines end by end. The exact answer is the engine's; here it is put together by end."""

    def __init__(self, old: Ends, new: Ends, *, external: bool) -> None:
        self._old = old
        self._new = new
        self._external = external
        self._by = new.by
        self.known: set[int] = set()
        self._regions: list[Region] | None = None

    def differing(self) -> Iterator[Connection]:
        """Every connection that differs, in order of ends; external ends come after the others of a source."""
        pairs, outside = self._touched()
        found: list[Connection] = []
        for src, dst in pairs:
            before, after = self._old.between(src, dst), self._new.between(src, dst)
            if before != after:
                found.append(Connection(src, dst, before, after))
        for direction, end in outside:
            found += self._ranges(direction, end)
        yield from sorted(found, key=_order)

    def _touched(self) -> tuple[set[tuple[End, End]], set[tuple[Direction, End]]]:
        """The pairs of ends that may differ; ends whose connections with addresses outside may."""
        pairs: set[tuple[End, End]] = self._old.on_same_node() ^ self._new.on_same_node()
        outside: set[tuple[Direction, End]] = set()
        regrouped = set(self._regrouped())
        ends = {*self._old.pods, *self._new.pods} if regrouped else set()
        for end in regrouped:
            pairs.update((end, other) for other in ends if other != end)
            pairs.update((other, end) for other in ends if other != end)
            outside.update((direction, end) for direction in Direction)
        for change in compare(self._old.engine, self._new.engine, nodes=self._by is By.POD):
            if isinstance(change.sources, AddressSet):
                if not isinstance(change.destinations, AddressSet):
                    outside.update((Direction.INGRESS, end) for end in self._ends(change.destinations))
            elif isinstance(change.destinations, AddressSet):
                outside.update((Direction.EGRESS, end) for end in self._ends(change.sources))
            else:
                destinations = self._ends(change.destinations)
                for src in self._ends(change.sources):
                    pairs.update((src, dst) for dst in destinations if src != dst)
        return pairs, outside if self._external else set()

    def _regrouped(self) -> Iterator[End]:
        """Ends with other pods than before.

        Pods are compared by name, so a pod that changed its workload is not seen to come, nor one that might do
        nothing to go, which changes what *every* replica may.
        """
        if self._new.pods is self._old.pods:
            return
        related = self._old.engine.table is self._new.engine.table
        for end in self._new.pods:
            if end not in self._old or self._old.keys(end) == self._new.keys(end):
                continue
            if not related or self._old.atoms(end) != self._new.atoms(end):
                yield end
        moved = self._new.by_key.keys() & self._old.by_key.keys()
        for key in moved:
            ends = [end_of(side.by_key[key], self._by) for side in (self._old, self._new)]
            if ends[0] != ends[1]:
                yield from ends

    def _ends(self, pods: tuple[Pod, ...]) -> set[End]:
        return {self._new.end_of(pod) for pod in pods}

    def _ranges(self, direction: Direction, end: End) -> Iterator[Connection]:
        """The widest ranges over which what the end may use, before and after, is the same and differs."""
        if self._regions is None:
            self.known = known_addresses(self._old.engine) | known_addresses(self._new.engine)
            self._regions = regions(self._old.engine, self._new.engine, self.known)
        spans: dict[tuple[Allowed, Allowed], list[Interval]] = {}
        for region in self._regions:
            before = self._old.outside(direction, end, region.old)
            after = self._new.outside(direction, end, region.new)
            if before != after:
                spans.setdefault((before, after), []).extend(region.addresses)
        for (before, after), intervals in spans.items():
            for span in AddressSet.of(intervals):
                other = End(format_range(span))
                ends = (end, other) if direction is Direction.EGRESS else (other, end)
                yield Connection(*ends, before, after, span)


def _order(connection: Connection) -> tuple[bool, str, bool, Interval, str]:
    src, dst = connection.src, connection.dst
    span = connection.addresses or (0, 0)
    return src.external, "" if src.external else src.name, dst.external, span, "" if dst.external else dst.name
