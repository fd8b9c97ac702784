"""What replaying recorded traffic came to: values only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ringfence.explain.evidence import Evidence
from ringfence.explain.recorded import RecordedEnd
from ringfence.explain.recorded_reasons import Reason, Standing
from ringfence.model.ports import AnyProtocol


class Fate(Enum):
    """What the proposed policies mean for a connection that was recorded."""

    CUT = "cut"  # it was seen to pass, or passes under today's policies, and would be denied
    UNSURE = "unsure"  # it passed, and would only pass if names or requests are as a rule asks
    OPENED = "opened"  # it was denied, and would be allowed


@dataclass(frozen=True, slots=True)
class Replayed:
    """One connection whose fate isn't to stay as it is.

    ``port`` is the type for ICMP. ``passed``, ``denied`` and ``other`` count what was seen of it; ``other`` were lost
    for a reason that is no policy, or their outcome isn't known. ``first`` and ``last`` are the times of what is lost
    or gained: of connections that passed, or, for one that opens, that were denied; where none is, of all. ``today`` is
    what the policies of the input say, None where none were given. ``failing`` of ``pairs`` pairs of replicas are
    denied, and today ``failing_today`` of them.
    """

    fate: Fate
    source: RecordedEnd
    destination: RecordedEnd
    protocol: AnyProtocol
    port: int
    passed: int
    denied: int
    other: int
    first: float
    last: float
    today: Standing | None
    pairs: int
    failing: int
    reasons: tuple[Reason, ...]
    failing_today: int = 0
    source_team: str = ""
    destination_team: str = ""

    @property
    def connections(self) -> int:
        """All that was seen of it."""
        return self.passed + self.denied + self.other

    @property
    def denied_today(self) -> bool:
        """True where today's policies deny it already, so the proposed ones aren't what cuts it."""
        return self.fate is Fate.CUT and self.today is Standing.DENIED and self.failing_today >= self.failing


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Connections that can't be judged: why, how many, and some of them."""

    why: str
    edges: int
    connections: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """The whole answer.

    ``edges`` counts distinct connections (ends, protocol and port), ``connections`` how often they were opened.
    ``kept`` pass as they did, ``denied`` stay denied. ``own_node`` came from a node that runs one of the pods, which
    no policy cuts; ``by_labels`` have an end that is gone, and were judged by its recorded labels.
    """

    edges: int
    connections: int
    rows: tuple[Replayed, ...]
    kept: int
    kept_connections: int
    denied: int
    denied_connections: int
    own_node: int
    by_labels: int
    unjudged: tuple[Unjudged, ...]
    evidence: Evidence

    def of(self, fate: Fate) -> Iterator[Replayed]:
        """The rows of one fate."""
        return (row for row in self.rows if row.fate is fate)

    @property
    def cuts(self) -> bool:
        """True where a connection would be cut."""
        return any(row.fate is Fate.CUT for row in self.rows)
