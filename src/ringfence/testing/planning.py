"""Suites over one cluster: what every test speaks of, as boxes of sources, destinations and ports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ringfence.model.finding import Finding
from ringfence.model.objects import Snapshot
from ringfence.testing.destinations import Destinations, Part
from ringfence.testing.ends import NOBODY, Box, Ends
from ringfence.testing.exempt import Exempt
from ringfence.testing.newpods import NewPods
from ringfence.testing.plan import Plan, PlannedCase
from ringfence.testing.points import Points
from ringfence.testing.problems import BadSuiteError
from ringfence.testing.resolving import Resolver
from ringfence.testing.suite import Case, Connections, Expect, Group, GroupEnd, Suite


def plan(suites: Iterable[Suite], snapshot: Snapshot, owner_label: str = "") -> Plan:
    """Resolves every end and port of the suites.

    ``owner_label`` is the namespace label that names the team, for suites that name none; empty for the usual ones.

    Raises:
        BadSuiteError: an end or a port means nothing here, or no policy decides about what a test speaks of.
    """
    suites = tuple(suites)
    sink: list[Finding] = []
    new = NewPods(suites, snapshot, sink)
    if sink:
        raise BadSuiteError(sink)
    pods = tuple({id(pod): pod for pod in new.pods.values()}.values())
    points = Points(snapshot, pods)
    planner = _Planner(Resolver(points, new, sink, owner_label), Exempt(points))
    cases = tuple(planner.case(suite, case) for suite in suites for case in suite.cases)
    if sink:
        raise BadSuiteError(sink)
    return Plan(points, planner.exempt, cases, pods, tuple(new.namespaces.values()))


class _Planner:
    def __init__(self, resolver: Resolver, exempt: Exempt) -> None:
        self._resolver = resolver
        self.exempt = exempt

    def case(self, suite: Suite, case: Case) -> PlannedCase:
        """One test, with what it means."""
        resolver = self._resolver
        before = resolver.problems
        boxes, notes = self._boxes(suite, case.connections, case.expect)
        excepted = [(each, self._boxes(suite, each, None)[0]) for each in case.exceptions]
        if resolver.problems > before:
            return PlannedCase(suite, case, ())
        whole = boxes
        for connections, others in excepted:
            if not any(box.without(other) != (box,) for box in whole for other in others):
                resolver.report(connections.origin, "This names no connection that the test speaks of.")
            for other in others:
                boxes = [part for box in boxes for part in box.without(other)]
        if resolver.problems == before and not any(self._judged(box) for box in boxes):
            self._nothing(case, whole)
        return PlannedCase(suite, case, tuple(boxes), notes)

    def _judged(self, box: Box) -> bool:
        unknown = self._resolver.points.first_unknown
        return self.exempt.pairs(
            box.sources.points,
            box.destinations.points,
            from_outside=unknown(box.sources.addresses) is not None,
            to_outside=unknown(box.destinations.addresses) is not None,
        )

    def _nothing(self, case: Case, boxes: Sequence[Box]) -> None:
        if any(self._judged(box) for box in boxes):
            what = "The exceptions leave no connection to test."
        elif not any(box.sources.points or box.destinations.points for box in boxes):
            what = "Neither end is a pod, so no policy decides about this."
        else:
            what = "No policy decides about this: a pod may always reach itself, and a node the pods that it runs."
        self._resolver.report(case.origin, what)

    def _boxes(
        self, suite: Suite, connections: Connections, expect: Expect | None
    ) -> tuple[list[Box], tuple[str, ...]]:
        """The boxes of some connections, and what was left out of them."""
        owner = suite.owner_label
        before = self._resolver.problems
        found = Destinations(self._resolver, connections, expect, owner)
        parts = found.parts()
        sources = connections.sources or (GroupEnd(Group.ANYWHERE, connections.origin),)
        starts = NOBODY
        for end in sources:
            starts |= self._resolver.end(end, owner, expect)
        relative = [
            key
            for key, ends in (("from", connections.sources), ("to", connections.destinations))
            if any(isinstance(end, GroupEnd) and end.group is Group.OTHER_TEAMS for end in ends or ())
        ]
        if not relative:
            return _product(starts, parts), tuple(found.notes())
        place = connections.place(relative[0])
        if expect is None:
            self._resolver.report(place, "other-teams can't be excepted: it depends on the other end.")
            return [], ()
        if any(len(ends or ()) > 1 for ends in (connections.sources, connections.destinations)):
            self._resolver.report(
                place, "other-teams must stand alone, and so must the other end.", "Write more tests."
            )
            return [], ()
        boxes: list[Box] = []
        for pods in self._resolver.teams(owner).values():
            team = Ends(pods)
            if "to" in relative:
                boxes += _product(starts & team, [(ends - team, ports) for ends, ports in parts])
            else:
                boxes += _product(starts - team, [(ends & team, ports) for ends, ports in parts])
        if not boxes and self._resolver.problems == before:
            side, key = ("sources", "from") if "to" in relative else ("destinations", "to")
            what = f"The {side} belong to no team, so there is no other team."
            self._resolver.report(connections.place(key), what)
        return boxes, tuple(found.notes())


def _product(sources: Ends, parts: Sequence[Part]) -> list[Box]:
    return [box for ends, ports in parts if (box := Box(sources, ends, ports))]


__all__ = ["plan"]
