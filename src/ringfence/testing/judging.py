"""Tests judged over one engine: by rows of classes, never pod by pod.

For *allowed* only what is certain counts, for *denied* all that is possible: a rule with a name or a condition that the
input can't judge lets no test pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ringfence.engine.core import Engine
from ringfence.engine.porttable import NONE
from ringfence.engine.universe import Universe, pod_key
from ringfence.model.addresses import NO_ADDRESSES
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet
from ringfence.model.verdict import Endpoint
from ringfence.testing.atoms import Places, Rows, cells
from ringfence.testing.ends import Box, Ends
from ringfence.testing.plan import Plan, PlannedCase
from ringfence.testing.suite import Expect, Side


@dataclass(frozen=True, slots=True)
class Block:
    """Pairs of a box, each of some atoms with each of others: all ``kept`` as promised, or none."""

    sources: int
    destinations: int
    kept: bool


class Bench:
    """One engine, ready to judge the tests of a plan."""

    def __init__(self, plan: Plan, engine: Engine, *, like: Bench | None = None) -> None:
        """``like`` is the bench of an engine that this one came from; what didn't change is shared.

        Pods and namespaces that the tests invent are put in, unless the engine came from a bench's, which has them.
        """
        self.plan = plan
        self.engine = _with_new(plan, engine.with_icmp() if plan.names_icmp else engine)
        universe = self.engine.universe
        self.places: Places = _places(plan, universe, like)
        self._certain = Rows(self.engine)
        self._possible = self._certain
        if has_uncertain(self.engine):
            self._possible = Rows(self.engine.reading(certain=False))

    def passes(self, case: PlannedCase) -> bool:
        """True where the promise holds."""
        if case.one_is_enough(Side.FROM) or case.one_is_enough(Side.TO):
            return not any(self.lonely(case))
        return not any(self._is_real(box, block) for box, block in self.broken(case))

    def broken(self, case: PlannedCase) -> Iterator[tuple[Box, Block]]:
        """The blocks whose pairs are not as promised. Some pairs of a block may be exempt, even all of them."""
        for box in case.boxes:
            kept = self._keeps(case, box.ports)
            for block in self._blocks(case.expect, box, kept):
                if not block.kept:
                    yield box, block

    def kept(self, case: PlannedCase) -> Iterator[tuple[Box, Block]]:
        """The blocks whose pairs are as promised. Some pairs of a block may be exempt, even all of them."""
        for box in case.boxes:
            kept = self._keeps(case, box.ports)
            for block in self._blocks(case.expect, box, kept):
                if block.kept:
                    yield box, block

    def lonely(self, case: PlannedCase) -> Iterator[Ends]:
        """With ``exists``: the sources, or destinations, that lack the one that would be enough.

        Where one pair of all is enough and there is none: every source.
        """
        from_any, to_any = case.one_is_enough(Side.FROM), case.one_is_enough(Side.TO)
        met = [self.real(box, block) for box, block in self.kept(case)]
        side = 0 if to_any else 1
        lacking = Ends()
        for box in case.boxes:
            lacking |= self.left(box.sources, box.destinations)[side]
        if from_any and to_any:
            if not any(pair[0] for pair in met):
                yield lacking
            return
        for pair in met:
            lacking -= pair[side]
        if any(self.places.of(lacking)):
            yield lacking

    def real(self, box: Box, block: Block) -> tuple[Ends, Ends]:
        """The sources and destinations of a block that have a pair to judge in it."""
        within = self.places.within
        return self.left(within(box.sources, block.sources), within(box.destinations, block.destinations))

    def left(self, sources: Ends, destinations: Ends) -> tuple[Ends, Ends]:
        """Those of the sources and destinations that have a pair to judge: exempt ones are left out."""
        from_outside, to_outside = bool(self.places.of(sources)[1]), bool(self.places.of(destinations)[1])
        exempt = self.plan.exempt
        starts = exempt.sources(sources.points, destinations.points, outside=to_outside)
        ends = exempt.destinations(sources.points, destinations.points, outside=from_outside)
        judged_from, judged_to = exempt.addresses(destinations.points), exempt.addresses(sources.points)
        return (
            Ends(starts, sources.addresses if judged_from and from_outside else NO_ADDRESSES),
            Ends(ends, destinations.addresses if judged_to and to_outside else NO_ADDRESSES),
        )

    def allowed(self, source: Endpoint, destination: Endpoint, *, certain: bool) -> PortSet:
        """The ports that policies allow from one end to another, surely or possibly."""
        rows = self._certain if certain else self._possible
        return rows.engine.allowed(source, destination)

    # ---- blocks --------------------------------------------------------------------------------------------------

    def _is_real(self, box: Box, block: Block) -> bool:
        sources, destinations = self.real(box, block)
        return bool(sources and destinations)

    def _keeps(self, case: PlannedCase, ports: PortSet) -> Callable[[int], bool]:
        """Whether what a pair may use is as promised, of the ports that are asked about."""
        table = self.engine.table
        asked = table.intern(ports)
        some = case.one_is_enough(Side.PORTS)
        if case.expect is Expect.ALLOWED:
            if some:
                return lambda allowed: table.intersection(asked, allowed) != NONE
            return lambda allowed: table.difference(asked, allowed) == NONE
        if some:
            return lambda allowed: table.difference(asked, allowed) != NONE
        return lambda allowed: table.intersection(asked, allowed) == NONE

    def _blocks(self, expect: Expect, box: Box, kept: Callable[[int], bool]) -> Iterator[Block]:
        """The pairs of a box, those that are treated alike together.

        What is as promised for the ports that egress allows, and for none, is so for all between, whatever ingress
        says: these pairs are not taken apart.
        """
        rows = self._certain if expect is Expect.ALLOWED else self._possible
        table = rows.engine.table
        sources, destinations = (_union(self.places.of(ends)) for ends in (box.sources, box.destinations))
        if not sources or not destinations:
            return
        nothing = kept(NONE)
        ingress = rows.groups(Direction.INGRESS, destinations)
        for row, senders in rows.groups(Direction.EGRESS, sources):
            for out, receivers in cells(row, destinations):
                if kept(out) is nothing:
                    yield Block(senders, receivers, nothing)
                    continue
                for guard, guarded in ingress:
                    reached = guarded & receivers
                    if reached:
                        for into, admitted in cells(guard, senders):
                            yield Block(admitted, reached, kept(table.intersection(out, into)))


def _places(plan: Plan, universe: Universe, like: Bench | None) -> Places:
    places = like.places if like is not None else None
    if places is not None and places.universe is universe and places.version == universe.version:
        return places
    return Places(plan, universe)


def _union(atoms: tuple[int, int]) -> int:
    return atoms[0] | atoms[1]


def has_uncertain(engine: Engine) -> bool:
    """True where some rule depends on names or conditions that the input can't judge."""
    return any(
        rule.uncertain
        for policy in engine.program.compiled.values()
        for rules in policy.rules.values()
        for rule in rules
    )


def _with_new(plan: Plan, engine: Engine) -> Engine:
    """The engine with the pods and namespaces that the tests invent."""
    if not plan.new_pods or pod_key(plan.new_pods[0]) in engine.universe.atom_of:
        return engine
    for namespace in plan.new_namespaces:
        engine = engine.with_namespace(namespace)
    return engine.with_pods((), plan.new_pods)
