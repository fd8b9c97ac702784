"""What came of the tests."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.explain.why import WhyAnswer
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.ports import AnyProtocol, PortSet
from ringfence.model.verdict import Endpoint
from ringfence.testing.plan import PlannedCase


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the pods and nodes at one end break the promise, and which other addresses do."""

    points: int
    of_points: int
    addresses: AddressSet = NO_ADDRESSES
    of_addresses: AddressSet = NO_ADDRESSES


@dataclass(frozen=True, slots=True)
class Example:
    """A connection that is not as promised, on ``ports``; one of them is ``protocol`` and ``port``.

    ``uncertain`` tells that the input can't say whether that port is allowed: a rule with a name or a condition is met.
    """

    source: Endpoint
    destination: Endpoint
    ports: PortSet
    protocol: AnyProtocol
    port: int
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test failed: who breaks the promise, and some of the connections, each between other workloads.

    ``why`` explains the first example; it is left out where very many tests fail.
    """

    sources: Share
    destinations: Share
    examples: tuple[Example, ...]
    why: WhyAnswer | None = None

    @property
    def uncertain(self) -> bool:
        """True where nothing is surely wrong: it depends on what the input can't say."""
        return all(example.uncertain for example in self.examples)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test."""

    planned: PlannedCase
    failure: Failure | None = None

    @property
    def passed(self) -> bool:
        """True where the promise holds."""
        return self.failure is None


@dataclass(frozen=True, slots=True)
class TestReport:
    """What came of all tests, in the order written."""

    __test__ = False  # no test of pytest's

    results: tuple[Result, ...]

    @property
    def failed(self) -> tuple[Result, ...]:
        """The tests whose promise doesn't hold."""
        return tuple(result for result in self.results if not result.passed)
