"""Who was denied, by what, and since when: values only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ringfence.explain.evidence import Evidence
from ringfence.explain.recorded import RecordedEnd
from ringfence.explain.recorded_verdict import RecordedVerdict
from ringfence.model.finding import Finding
from ringfence.model.flow import RecordedRule
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin


class Ending(Enum):
    """How connections ended that didn't do what they were opened for; those that a policy ends come first."""

    DROPPED = "dropped"  # by a policy: the client waits for its time-out
    REJECTED = "rejected"  # on behalf of a policy: the client sees "refused"
    AUDITED = "audited"  # passed, and would be denied if the policy were enforced
    ALLOW_ALL = "allow-all"  # passed because no policy isolates: a default deny would cut it
    NOT_LISTENING = "not-listening"  # reached a pod on which nothing listens at the port
    RESET = "reset"  # answered by the destination with a reset: nothing listens, or it refuses
    NO_ANSWER = "no-answer"  # passed, and nothing came back
    FAILED = "failed"  # lost for a reason that is no policy
    REPLY = "reply"  # an answer that was logged as denied: policies let answers pass

    @property
    def by_policy(self) -> bool:
        """True where a policy ended it."""
        return self in (Ending.DROPPED, Ending.REJECTED)


@dataclass(frozen=True, slots=True)
class Change:
    """What changed between two snapshots so that a connection is denied: a clause, and its place in the later one."""

    after: float
    before: float
    text: str
    policy: ObjectRef | None = None
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class Denial:
    """One kind of connection with one ending.

    ``recorded`` are the policies that the records name, ``reason`` the source's word. ``egress`` and ``ingress`` tell
    which side's records say so. ``verdict`` is what the policies of the input say, None where none were asked.
    ``worked_until`` is when such a connection last passed before the first of these, ``works_since`` when one passed
    after the last; None where none did. ``also_passed`` is when one last passed where that doesn't tell that it works
    again: of replicas, some may pass and others not. ``source_pods`` and ``destination_pods`` are those that a policy
    stopped, as far as they are known.
    """

    ending: Ending
    source: RecordedEnd
    destination: RecordedEnd
    protocol: str
    port: int | None
    connections: int
    first: float
    last: float
    hours: tuple[tuple[int, int], ...] = ()
    recorded: tuple[RecordedRule, ...] = ()
    reason: str = ""
    egress: bool = False
    ingress: bool = False
    verdict: RecordedVerdict | None = None
    worked_until: float | None = None
    works_since: float | None = None
    also_passed: float | None = None
    changes: tuple[Change, ...] = ()
    source_pods: tuple[str, ...] = ()
    destination_pods: tuple[str, ...] = ()

    @property
    def explicit(self) -> bool | None:
        """True where a rule denied it, False for a default; None where neither the record nor the engine tells."""
        if any(rule.name and rule.action != "" for rule in self.recorded) or self.reason == "POLICY_DENY":
            return True
        if self.reason == "POLICY_DENIED":
            return False
        if self.verdict is not None and self.verdict.reasons:
            return not all(reason.implicit for reason in self.verdict.reasons)
        return None


@dataclass(frozen=True, slots=True)
class DeniedReport:
    """The whole answer. ``findings`` tell where the records and the policies disagree."""

    rows: tuple[Denial, ...]
    findings: tuple[Finding, ...]
    edges: int
    connections: int
    evidence: Evidence

    def of(self, *endings: Ending) -> Iterator[Denial]:
        """The rows with one of these endings."""
        return (row for row in self.rows if row.ending in endings)
