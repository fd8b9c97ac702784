"""All tests of a plan, and for each that fails the connections that show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ringfence.engine import Engine, bits
from ringfence.explain.causes import causes_of
from ringfence.explain.endpoints import End, Endpoints
from ringfence.explain.judge import judge
from ringfence.explain.near_subjects import additive_policies
from ringfence.explain.notes import notes_for
from ringfence.explain.why import WhyAnswer
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.ports import AnyProtocol, Icmp, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.testing.ends import NOBODY, Box, Ends
from ringfence.testing.judging import Bench, Block
from ringfence.testing.plan import Plan, PlannedCase
from ringfence.testing.report import Example, Failure, Result, Share, TestReport
from ringfence.testing.suite import Expect, Side

_EXAMPLES = 3

_TRIED = 20
"""Ends that are looked at for examples."""

_EXPLAINED = 50
"""Failures that are explained; an explanation costs as much as a hundred tests."""

_Sides = tuple[Ends, Ends]


def run(plan: Plan, engine: Engine, findings: Sequence[Finding] = ()) -> TestReport:
    """Judges every test. ``findings`` are those about the policies, for explanations."""
    runner = _Runner(plan, engine, findings)
    return TestReport(tuple(runner.result(case) for case in plan.cases))


class _Runner:
    def __init__(self, plan: Plan, engine: Engine, findings: Sequence[Finding]) -> None:
        self._plan = plan
        self._bench = Bench(plan, engine)
        self._findings = findings
        self._endpoints: Endpoints | None = None
        self._explained = 0

    def result(self, case: PlannedCase) -> Result:
        """What came of one test."""
        if self._bench.passes(case):
            return Result(case)
        return Result(case, self._failure(case))

    def _failure(self, case: PlannedCase) -> Failure:
        bench = self._bench
        bad: _Sides = (NOBODY, NOBODY)
        whole: _Sides = (NOBODY, NOBODY)
        for box in case.boxes:
            whole = _both(whole, bench.left(box.sources, box.destinations))
        broken = list(self._broken(case))
        for _, sides in broken:
            bad = _both(bad, sides)
        examples = tuple(self._examples(case, broken))
        why = None
        if examples and self._explained < _EXPLAINED:
            self._explained += 1
            why = self._why(examples[0])
        return Failure(_share(bad[0], whole[0]), _share(bad[1], whole[1]), examples, why)

    def _broken(self, case: PlannedCase) -> Iterator[tuple[Box, _Sides]]:
        """The sources and destinations of pairs that break the promise."""
        bench = self._bench
        if not (case.one_is_enough(Side.FROM) or case.one_is_enough(Side.TO)):
            for box, block in _joined(bench.broken(case)):
                sides = bench.real(box, block)
                if all(sides):
                    yield box, sides
            return
        to_any = case.one_is_enough(Side.TO)
        for lacking in bench.lonely(case):
            for box in case.boxes:
                sources = box.sources & lacking if to_any else box.sources
                destinations = box.destinations if to_any else box.destinations & lacking
                sides = bench.left(sources, destinations)
                if all(sides):
                    yield box, sides

    # ---- examples ------------------------------------------------------------------------------------------------

    def _examples(self, case: PlannedCase, broken: Sequence[tuple[Box, _Sides]]) -> Iterator[Example]:
        """The first connections that break the promise, each between other workloads; those that surely do first."""
        seen: set[tuple[str, str]] = set()
        certain: list[Example] = []
        uncertain: list[Example] = []
        for box, sides in islice(broken, _TRIED):
            for source, destination in self._pairs(*sides):
                names = _workload(source), _workload(destination)
                if names not in seen:
                    seen.add(names)
                    example = self._example(case, box, source, destination)
                    (uncertain if example.uncertain else certain).append(example)
                if len(certain) == _EXAMPLES:
                    yield from certain
                    return
        yield from (*certain, *uncertain)[:_EXAMPLES]

    def _pairs(self, sources: Ends, destinations: Ends) -> Iterator[tuple[Endpoint, Endpoint]]:
        """Pairs that policies judge: one of each source; of a single source, one with each destination."""
        starts = list(_single(sources))
        found = [self._pair(start, destinations) for start in starts]
        if len(starts) == 1:
            found = [self._pair(sources, end) for end in _single(destinations)]
        yield from (pair for pair in found if pair is not None)

    def _pair(self, sources: Ends, destinations: Ends) -> tuple[Endpoint, Endpoint] | None:
        """The first pair that policies judge; ``None`` where there is none."""
        points, exempt = self._plan.points, self._plan.exempt
        for number in bits.members(sources.points):
            source = points.endpoints[number]
            reached = destinations.points & ~exempt.own(number)
            if not isinstance(source, Pod):
                reached &= points.pods | points.new
            if reached:
                return source, points.endpoints[(reached & -reached).bit_length() - 1]
            outside = points.first_unknown(destinations.addresses)
            if outside is not None and isinstance(source, Pod):
                return source, AddressEndpoint(outside)
        outside = points.first_unknown(sources.addresses)
        reached = destinations.points & (points.pods | points.new)
        if outside is None or not reached:
            return None
        return AddressEndpoint(outside), points.endpoints[(reached & -reached).bit_length() - 1]

    def _example(self, case: PlannedCase, box: Box, source: Endpoint, destination: Endpoint) -> Example:
        surely = self._bench.allowed(source, destination, certain=True) & box.ports
        perhaps = self._bench.allowed(source, destination, certain=False) & box.ports
        if case.expect is Expect.ALLOWED:
            wrong, certain = box.ports - surely, box.ports - perhaps
        else:
            wrong, certain = perhaps, surely
        protocol, port = _telling(certain or wrong, destination)
        return Example(source, destination, PortSet(wrong.intervals), protocol, port, uncertain=not certain)

    def _why(self, example: Example) -> WhyAnswer:
        if self._endpoints is None:
            self._endpoints = Endpoints(self._plan.points.snapshot)
        engine, endpoints = self._bench.engine, self._endpoints
        source, destination = (End(str(end), (end,)) for end in (example.source, example.destination))
        judgement = judge(engine, endpoints, source, destination, example.protocol, example.port)
        known = endpoints.services, self._findings, additive_policies(engine.policy_set)
        causes = causes_of(judgement, engine.facts, *known)
        return WhyAnswer(source, destination, (judgement,), notes_for(judgement, engine), causes=(causes,))


def _joined(broken: Iterable[tuple[Box, Block]]) -> Iterator[tuple[Box, Block]]:
    """Blocks of a box with the same sources as one, then those with the same destinations: the same pairs, in fewer."""
    boxes: dict[int, tuple[Box, dict[int, int]]] = {}
    for box, block in broken:
        by_sources = boxes.setdefault(id(box), (box, {}))[1]
        by_sources[block.sources] = by_sources.get(block.sources, 0) | block.destinations
    for box, by_sources in boxes.values():
        by_destinations: dict[int, int] = {}
        for sources, destinations in by_sources.items():
            by_destinations[destinations] = by_destinations.get(destinations, 0) | sources
        for destinations, sources in by_destinations.items():
            yield box, Block(sources, destinations, kept=False)


def _both(a: _Sides, b: _Sides) -> _Sides:
    return a[0] | b[0], a[1] | b[1]


def _share(bad: Ends, whole: Ends) -> Share:
    return Share(bad.points.bit_count(), whole.points.bit_count(), bad.addresses, whole.addresses)


def _single(ends: Ends) -> Iterator[Ends]:
    """The first points one by one, then the addresses."""
    for number in bits.members(ends.points)[:_TRIED]:
        yield Ends(1 << number)
    if ends.addresses:
        yield Ends(0, ends.addresses)


def _workload(end: Endpoint) -> str:
    return str(end.workload) if isinstance(end, Pod) else str(end)


def _telling(ports: PortSet, destination: Endpoint) -> tuple[AnyProtocol, int]:
    """The port to explain: the first that the destination declares, else the lowest."""
    if isinstance(destination, Pod):
        for declared in destination.ports:
            if ports.has(declared.protocol, declared.number):
                return declared.protocol, declared.number
    for protocol in (*Protocol, *Icmp):
        for low, _ in ports.of_protocol(protocol):
            return protocol, low
    raise AssertionError("no port is wrong")


__all__ = ["run"]
