"""Questions to the source: quick ones, slow ones and what is known of the whole, each by an engine of its own."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

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
from ringfence.model.ports import Icmp
from ringfence.reach.filters import Filters
from ringfence.reach.report import Connection, ReachReport, ReachSummary
from ringfence.render import fix_json, reach_json, verdicts, why_json
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.desk import Desk, warmed
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.source import Source
from ringfence.server.study import Study
from ringfence.server.suppress import Suppressions
from ringfence.server.texts import Question, Texts
from ringfence.testing.suite import Suite

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
    """Answers about one source. Quick questions, slow ones and the study of the whole don't wait for one another."""

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
        self.suites: tuple[Suite, ...] = ()
        """The policy tests that are served."""
        self.preparing = False
        """True while flows and changes are still being made."""
        self.study = Study(source.cluster)
        """What is known of the cluster as a whole."""
        self._quick = Desk(source.cluster)
        self._slow = Desk(source.cluster, apart=True)
        self._texts = Texts()
        self._thread = ThreadPoolExecutor(1, "ringfence-quick")

    def cluster(self) -> Cluster:
        """The newest cluster."""
        return self.source.cluster()

    def made(self, name: str, make: Callable[[Cluster], T]) -> T:
        """What a part of the server makes of the cluster, under its own name; kept until the cluster changes."""
        return self._slow.kept(name, make)

    def asked(self, ask: Callable[[Cluster], T]) -> T:
        """What a part of the server asks of the cluster, alone with its engine; not kept."""
        return self._slow.ask(ask)

    async def quickly(self, work: Callable[[], T]) -> T:
        """What quick questions make, one after the other in a thread of their own: none waits for a slow one.

        Threads that wait for one engine would hand it on at the pace at which the interpreter switches them.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def summary(self) -> ReachSummary:
        """Counts over all pairs of pods."""
        return self.study.newest().found.summary

    def lint(self) -> LintReport:
        """What the linter finds, less what is suppressed here."""
        return self.less(self.study.newest().found.lint)

    def less(self, report: LintReport) -> LintReport:
        """A report less what is suppressed here."""
        return report if self.suppressions is None else self.suppressions.over(report)

    def kept(self) -> tuple[Kept, ...]:
        """What is suppressed here."""
        return () if self.suppressions is None else self.suppressions.kept()

    def diagnosis(self) -> Diagnosis:
        """What is cut, by root cause."""
        return self.study.newest().found.diagnosis

    def warm(self) -> None:
        """Makes what the first quick question would wait for."""
        self._names()
        self._quick.ask(warmed)

    def _names(self) -> tuple[str, ...]:
        return self._quick.kept("names", _names)

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

        def ask(cluster: Cluster) -> Asked:
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

        return (self._slow if fixes else self._quick).ask(ask)

    def why_report(self, question: Question) -> str:
        """A WhyReport.

        Raises:
            EndpointError, QueryError: as :meth:`why`.
        """
        known = self._texts.get(self.cluster().snapshot, question)
        if known is not None:
            return known
        *ends, fixes = question
        asked = self.why(*ends, fixes=fixes)
        text = why_json.render(asked.answer, asked.cluster.findings, map(fix_json.fix, asked.fixes.values()))
        self._texts.put(asked.cluster.snapshot, question, text)
        return text

    def verdict(self, row: dict[str, str]) -> str:
        """One VerdictReport with one row.

        Raises:
            QueryError: the question can't be answered.
        """

        def ask(cluster: Cluster) -> str:
            answers = list(answer_rows(cluster.engine, cluster.endpoints, [Row(1, dict(row))]))
            if answers[0].error:
                raise QueryError(answers[0].error)
            out = io.StringIO()
            verdicts.write_json(answers, cluster.findings, out)
            return out.getvalue()

        return self._quick.ask(ask)

    def reach(self, namespaces: Iterable[str], most: int) -> str:
        """A ReachReport between workloads.

        Raises:
            QueryError: a namespace isn't there, or there are more than ``most`` connections.
        """

        def ask(cluster: Cluster) -> str:
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

        return self._slow.ask(ask)

    def diff(self, text: bytes) -> tuple[DiffReport, Cluster]:
        """What the manifests would change, and the cluster with them.

        Raises:
            InputError: the text can't be read.
            QueryError: there is no pod.
        """
        after = self.source.proposed(text)
        return self._slow.ask(lambda cluster: cluster.diff(after)), after


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
