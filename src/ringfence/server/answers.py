"""Questions to the source, one at a time, with what is asked again and again kept until the cluster changes."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast

from ringfence.cluster import Cluster
from ringfence.diagnose.report import Diagnosis
from ringfence.diff import DiffReport
from ringfence.explain.bulk import answer_rows
from ringfence.explain.queries import Row
from ringfence.explain.query import split_destination
from ringfence.explain.why import WhyAnswer, why
from ringfence.fix.propose import propose
from ringfence.fix.search import Fix
from ringfence.lint.run import LintReport
from ringfence.lint.suppression_file import Kept
from ringfence.model.errors import QueryError
from ringfence.model.finding import Finding
from ringfence.model.ports import Icmp
from ringfence.reach.filters import Filters
from ringfence.reach.report import Connection, ReachReport, ReachSummary
from ringfence.render import reach_json, verdicts
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.source import Source
from ringfence.server.suppress import Suppressions

T = TypeVar("T")

LONGEST: Final = 1024
"""Characters of an endpoint's name in a request."""

_SERVICE = "service:"
_FIXED = 2
"""Fixes are made for so many denied ports."""
_MOST_FOR_FIXES = 20_000
"""With more pods than this, finding a fix takes longer than the answer itself."""
_MOST_FOR_EVERY_FIX = 500
"""Up to so many pods every fix is tried, with more the likeliest only."""
_MOST_COMPLETIONS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """A ``why`` with what goes with it: fixes by the number of the judgement that they are for."""

    cluster: Cluster
    answer: WhyAnswer
    fixes: dict[int, Fix]


class Answers:
    """Answers about one source. The engine remembers what it worked out, so one question is asked at a time."""

    def __init__(
        self, source: Source, *, flows: FlowAnswers | None = None, changes: ChangeAnswers | None = None
    ) -> None:
        self.source = source
        self.flows = flows
        """Recorded traffic, if a store of it is served."""
        self.changes = changes
        """The history of policies, if one is served."""
        self.suppressions: Suppressions | None = None
        """What editors suppress, if it is kept."""
        self.preparing = False
        """True while flows and changes are still being made."""
        self._lock = threading.RLock()
        self._of: Cluster | None = None
        self._kept: dict[str, Any] = {}

    def cluster(self) -> Cluster:
        """The newest cluster."""
        return self.source.cluster()

    def _keep(self, name: str, make: Callable[[Cluster], T]) -> T:
        """What was made of this cluster before, or is made now."""
        with self._lock:
            cluster = self.cluster()
            if self._of is not cluster:
                self._of, self._kept = cluster, {}
            if name not in self._kept:
                self._kept[name] = make(cluster)
            return cast("T", self._kept[name])

    def made(self, name: str, make: Callable[[Cluster], T]) -> T:
        """What a part of the server makes of the cluster, under its own name; kept until the cluster changes."""
        return self._keep(name, make)

    def asked(self, ask: Callable[[Cluster], T]) -> T:
        """What a part of the server asks of the cluster, alone with its engine; not kept."""
        with self._lock:
            return ask(self.cluster())

    def summary(self) -> ReachSummary:
        """Counts over all pairs of pods."""
        return self._keep("summary", lambda cluster: cluster.reach(summary_only=True).summary)

    def lint(self) -> LintReport:
        """What the linter finds."""
        return self.less(self._keep("lint", lambda cluster: cluster.lint()))

    def less(self, report: LintReport) -> LintReport:
        """A report less what is suppressed here."""
        return report if self.suppressions is None else self.suppressions.over(report)

    def kept(self) -> tuple[Kept, ...]:
        """What is suppressed here."""
        return () if self.suppressions is None else self.suppressions.kept()

    def diagnosis(self) -> Diagnosis:
        """What is cut, by root cause."""
        return self._keep("diagnosis", lambda cluster: cluster.diagnose())

    def connections(self) -> tuple[Connection, ...]:
        """Every allowed connection between workloads."""
        return self._keep("connections", lambda cluster: tuple(cluster.reach(external=False).connections))

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the input."""
        return self._keep("findings", lambda cluster: cluster.findings)

    def _names(self) -> tuple[str, ...]:
        return self._keep("names", _names)

    def complete(self, text: str, *, services: bool = True) -> list[str]:
        """Endpoints with this text in their names; those that begin with it come first. A Service is no source."""
        wanted = text.strip().lower()
        found = [
            name for name in self._names() if wanted in name.lower() and (services or not name.startswith(_SERVICE))
        ]
        found.sort(key=lambda name: (not name.lower().startswith(wanted), name))
        return found[:_MOST_COMPLETIONS]

    def why(self, source: str, destination: str, port: str = "", *, fixes: bool = True) -> Asked:
        """May ``source`` connect to ``destination``, and why? ``port`` may stand in the destination, too.

        Raises:
            EndpointError, QueryError: as :meth:`ringfence.cluster.Cluster.why`.
        """
        if port.strip():
            if split_destination(destination)[1] is not None:
                raise QueryError("The destination has a port already: leave one of them out.")
            bare = ":" in destination and not destination.lower().startswith("service:")
            destination = f"[{destination.strip('[]')}]:{port}" if bare else f"{destination}:{port}"
        target, asked = split_destination(destination)
        with self._lock:
            cluster = self.cluster()
            answer = why(
                cluster.engine,
                cluster.endpoints,
                source,
                target,
                asked,
                findings=cluster.findings,
                written=lambda ref, direction: cluster.world.writes(ref, direction),  # noqa: PLW0108 -- made if asked
            )
            return Asked(cluster, answer, _fixes(cluster, answer) if fixes else {})

    def verdict(self, row: dict[str, str]) -> str:
        """One VerdictReport with one row.

        Raises:
            QueryError: the question can't be answered.
        """
        with self._lock:
            cluster = self.cluster()
            answers = list(answer_rows(cluster.engine, cluster.endpoints, [Row(1, dict(row))]))
            if answers[0].error:
                raise QueryError(answers[0].error)
            out = io.StringIO()
            verdicts.write_json(answers, cluster.findings, out)
            return out.getvalue()

    def reach(self, namespaces: Iterable[str], most: int) -> str:
        """A ReachReport between workloads.

        Raises:
            QueryError: a namespace isn't there, or there are more than ``most`` connections.
        """
        with self._lock:
            cluster = self.cluster()
            wanted = frozenset(namespaces)
            for name in sorted(wanted):
                if name not in cluster.snapshot.namespaces:
                    raise QueryError(f"There is no namespace {name!r}.")
            report: ReachReport = cluster.reach()
            kept: list[Connection] = []
            for connection in Filters(namespaces=wanted).apply(report.connections):
                if len(kept) == most:
                    raise QueryError(f"There are more than {most} connections: ask about one namespace, or for more.")
                kept.append(connection)
            out = io.StringIO()
            reach_json.write(replace(report, connections=kept), cluster.findings, out)
            return out.getvalue()

    def diff(self, text: bytes) -> tuple[DiffReport, Cluster]:
        """What the manifests would change, and the cluster with them.

        Raises:
            InputError: the text can't be read.
            QueryError: there is no pod.
        """
        with self._lock:
            after = self.source.proposed(text)
            return self.cluster().diff(after), after


def _names(cluster: Cluster) -> tuple[str, ...]:
    snapshot = cluster.snapshot
    names = {str(pod.workload): None for pod in snapshot.pods}
    names.update({f"{_SERVICE}{service.namespace}/{service.name}": None for service in snapshot.services})
    names.update({str(pod): None for pod in snapshot.pods})
    return tuple(names)


def _fixes(cluster: Cluster, answer: WhyAnswer) -> dict[int, Fix]:
    """The best fix of the first denied ports, where finding one is quick."""
    pods = len(cluster.snapshot.pods)
    found: dict[int, Fix] = {}
    if pods > _MOST_FOR_FIXES:
        return found
    denied = [number for number, judgement in enumerate(answer.judgements) if not judgement.allowed]
    for number in denied[:_FIXED]:
        judgement = answer.judgements[number]
        if judgement.conditional or isinstance(judgement.protocol, Icmp):
            continue
        ends, asked = (answer.source, answer.destination), (judgement.protocol, judgement.port)
        fixes = propose(cluster.world, cluster.endpoints, *ends, asked, quick=pods > _MOST_FOR_EVERY_FIX).fixes
        if fixes:
            found[number] = fixes[0]
    return found
