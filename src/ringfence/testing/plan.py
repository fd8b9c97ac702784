"""Tests over one cluster: every end and port resolved, whatever the policies."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.model.objects import Namespace, Pod, Snapshot
from ringfence.model.ports import ALL_ICMP
from ringfence.testing.ends import Box
from ringfence.testing.exempt import Exempt
from ringfence.testing.points import Points
from ringfence.testing.suite import Case, Expect, Side, Suite


@dataclass(frozen=True, slots=True)
class PlannedCase:
    """One test with what it means here: the connections of all ``boxes``, none of which is in two.

    ``notes`` say what was left out, such as pods without a port of the name asked for.
    """

    suite: Suite
    case: Case
    boxes: tuple[Box, ...]
    notes: tuple[str, ...] = ()

    @property
    def expect(self) -> Expect:
        """What is promised of the connections."""
        return self.case.expect

    def one_is_enough(self, side: Side) -> bool:
        """True where one source, destination or port is enough."""
        return side in self.case.exists


@dataclass(frozen=True, slots=True)
class Plan:
    """The tests of all suites. ``new_pods`` and ``new_namespaces`` are those that the tests invent."""

    points: Points
    exempt: Exempt
    cases: tuple[PlannedCase, ...]
    new_pods: tuple[Pod, ...] = ()
    new_namespaces: tuple[Namespace, ...] = ()

    @property
    def names_icmp(self) -> bool:
        """True where a test asks about ICMP."""
        return any(box.ports & ALL_ICMP for case in self.cases for box in case.boxes)

    @property
    def snapshot(self) -> Snapshot:
        """The cluster."""
        return self.points.snapshot
