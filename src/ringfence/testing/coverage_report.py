"""The answer of mutation coverage: which rules a test depends on, and what no test would notice."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ringfence.explain.words import rule_number
from ringfence.model.origin import Origin
from ringfence.model.policy import Direction, Policy, Rule
from ringfence.testing.coverage_reasons import Same
from ringfence.testing.coverage_witness import Change
from ringfence.testing.mutants import Mutant, Place


class Status(enum.Enum):
    """What tests say of a rule, or of a policy as a whole."""

    TESTED = "tested"
    """Whatever is changed in it, a test fails."""
    PARTLY = "partly tested"
    """A test fails for some changes and not for others."""
    UNTESTED = "untested"
    """No test depends on it."""
    IDLE = "without effect"
    """No change of it changes a connection, so no test can notice."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Noticed:
    """A mutant that made a test fail: the first one found, by name."""

    mutant: Mutant
    case: str


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that changes connections and that no test notices.

    ``change`` is one of the connections, and ``test`` a test case, as the text of one entry of a suite, that passes
    without the mutant and fails with it.
    """

    mutant: Mutant
    change: Change
    test: str


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that changes no connection, and why."""

    mutant: Mutant
    same: Same


@dataclass(frozen=True, slots=True)
class _Numbered:
    policy: Policy
    rule: Rule
    direction: Direction
    index: int


@dataclass(frozen=True, slots=True)
class PlaceCoverage:
    """The mutants of one rule, or of one policy as a whole."""

    place: Place
    noticed: tuple[Noticed, ...] = ()
    survivors: tuple[Survivor, ...] = ()
    equivalent: tuple[Equivalent, ...] = ()

    @property
    def status(self) -> Status:
        """What tests say of it."""
        if not self.survivors:
            return Status.TESTED if self.noticed else Status.IDLE
        return Status.PARTLY if self.noticed else Status.UNTESTED

    @property
    def name(self) -> str:
        """``egress rule 1``, as the manifest numbers it from 1, or ``the policy``."""
        place = self.place
        if place.index is None or place.direction is None:
            return "the policy"
        rule = place.policy.rules(place.direction)[place.index]
        return rule_number(_Numbered(place.policy, rule, place.direction, place.index))

    @property
    def origin(self) -> Origin:
        """Where it stands in the input."""
        return self.place.origin


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """Mutation coverage of a policy set by some test cases.

    ``places`` go by policy, in the order of the stages: the policy as a whole, then its rules. ``cases`` counts the
    test cases that were judged; ``failing`` names those that fail as things stand, which say nothing of mutants.
    """

    places: tuple[PlaceCoverage, ...]
    cases: int
    failing: tuple[str, ...] = ()

    @property
    def noticed(self) -> int:
        """Mutants that some test notices."""
        return sum(len(place.noticed) for place in self.places)

    @property
    def survived(self) -> int:
        """Mutants that change connections and that no test notices."""
        return sum(len(place.survivors) for place in self.places)

    @property
    def equivalent(self) -> int:
        """Mutants that change no connection."""
        return sum(len(place.equivalent) for place in self.places)

    @property
    def percent(self) -> float:
        """The score: mutants noticed of those that change something; 100 where none does."""
        judged = self.noticed + self.survived
        return 100.0 * self.noticed / judged if judged else 100.0

    @property
    def rules(self) -> tuple[PlaceCoverage, ...]:
        """The rules alone, without the policies as a whole."""
        return tuple(place for place in self.places if place.place.index is not None)

    def with_status(self, status: Status) -> tuple[PlaceCoverage, ...]:
        """The rules of one status."""
        return tuple(place for place in self.rules if place.status is status)
