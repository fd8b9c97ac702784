"""Questions about a cluster as a whole: its policies, what is wrong with them, and what others would be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringfence.cluster.connections import Connections
from ringfence.lint.context import LintContext, Settings
from ringfence.lint.registry import choose
from ringfence.lint.run import LintReport, run
from ringfence.model.errors import InputError, QueryError
from ringfence.model.origin import ObjectRef

if TYPE_CHECKING:
    from ringfence.convert import Conversion
    from ringfence.diagnose import Diagnosis, Remark
    from ringfence.diff import By, DiffReport
    from ringfence.egress import Proposal as EgressProposal
    from ringfence.generate import Dialect, Generated
    from ringfence.survey import Dependency
    from ringfence.testing.report import TestReport


class Cluster(Connections):
    """A snapshot with its policies, and all that can be asked about it. The engine is built at the first question.

    Endpoints are written as on the command line: ``namespace/pod``, ``namespace/Kind/name``, an IP address, or, as a
    destination, ``service:namespace/name`` or a DNS name. ``names`` are recorded DNS answers, which say what names
    mean. ``staged`` reads policies that are staged as if they were enforced.
    """

    def convert(self, to: str, *, kinds: Sequence[str] = (), namespace: str = "") -> Conversion:
        """The policies in another dialect, with what is lost and a proof; the options are those of the command.

        Raises:
            QueryError: there is no such dialect, or no policy was chosen.
        """
        from ringfence.convert import convert

        return convert(self.snapshot, to, kinds=kinds, namespace=namespace, cni=self._asked_cni)

    def egress(self, *paths: str, to: str, today: dt.date | None = None, take_expired: bool = False) -> EgressProposal:
        """The policies that requests for egress (``kind: EgressRequest``) in these files ask for, in dialect ``to``.

        ``today`` tells which requests are expired; by default it is the day in UTC.

        Raises:
            InputError: a path can't be read, has no request, or one is wrong.
            QueryError: the dialect isn't known, or can't say it.
        """
        from ringfence.egress import KIND, Choice, propose, read
        from ringfence.generate.request import Given
        from ringfence.sources.documents import read_documents

        try:
            choice = Choice(to)
        except ValueError:
            raise QueryError(f"{to!r} is no dialect. Known: {', '.join(each.value for each in Choice)}.") from None
        documents = read_documents(paths, (KIND,))
        requests = read(documents.objects, documents.problems)
        if not requests:
            raise InputError(f"There is no {KIND} in {', '.join(paths) or 'no path'}.")
        given = Given(self.snapshot, self.survey, self.engine)
        day = today or dt.datetime.now(tz=dt.UTC).date()
        return propose(given, requests, choice, today=day, cni=self.cni, take_expired=take_expired)

    def lint(
        self, select: Sequence[str] = (), ignore: Sequence[str] = (), *, settings: Settings | None = None
    ) -> LintReport:
        """What the lint rules find; ``select`` and ``ignore`` name rules as on the command line.

        Raises:
            QueryError: a name fits no rule.
        """
        findings = (*self.snapshot.findings, *self._policy_findings)
        context = LintContext(self.snapshot, self._policies, findings, settings, engine=lambda: self.engine)
        return run(context, choose(select, ignore))

    def diagnose(
        self,
        *,
        namespaces: Sequence[str] = (),
        wanted: Sequence[Dependency] = (),
        remarks: Sequence[Remark] = (),
        paths: Sequence[str] = (),
    ) -> Diagnosis:
        """What is cut that the cluster needs, by root cause, and what else deserves a look; worst first.

        ``namespaces`` keeps what concerns them, ``wanted`` adds needs, ``remarks`` what is to be said besides.
        ``paths`` are the input's, for the command lines in the answer. An annotation for the linter sets a remark
        aside.

        Raises:
            QueryError: a namespace is not in the input.
        """
        # Imported here, as below, so that what needs none of it starts without it.
        from ringfence.diagnose import diagnose

        for name in namespaces:
            if name not in self.snapshot.namespaces:
                raise QueryError(f"There is no namespace {name} in the input.")
        return diagnose(
            self.engine,
            self.snapshot,
            self.endpoints,
            self.survey,
            wanted=wanted,
            remarks=remarks,
            namespaces=frozenset(namespaces),
            paths=paths,
            findings=self.findings,
            suppressed=self._suppressed(),
            cni=self.cni,
        )

    def _suppressed(self) -> frozenset[tuple[str, ObjectRef]]:
        """The codes that annotations set aside today, each with its object."""
        from ringfence.lint.suppressions import read

        today = dt.datetime.now(tz=dt.UTC).date()
        suppressions, _ = read(self.snapshot)
        return frozenset((one.code, one.subject) for one in suppressions if one.until is None or one.until >= today)

    def diff(
        self, other: Cluster, *, by: str | By = "workload", external: bool = True, owner_label: str = ""
    ) -> DiffReport:
        """Every connection that ``other``, the later state, treats differently from this one, and why.

        ``by`` is ``workload`` or ``pod``; ``external`` takes in addresses outside the cluster.

        Raises:
            QueryError: ``by`` is neither, or neither cluster has a pod, so that nothing could differ.
        """
        from ringfence.diff import By, State, compute_diff

        try:
            ends = By(by)
        except ValueError:
            raise QueryError(f"{by!r} is no kind of end. Use pod or workload.") from None
        if not self.snapshot.pods and not other.snapshot.pods:
            raise QueryError("Neither cluster has a pod or workload, so no connection can differ.")
        states = (State(self.snapshot, self.policies, self.engine), State(other.snapshot, other.policies))
        return compute_diff(*states, ends, external=external, owner_label=owner_label)

    def generate(
        self,
        template: str,
        namespace: str = "",
        *,
        tenant: str = "",
        resolver: str = "",
        dialect: str | Dialect = "networkpolicy",
        shared: Sequence[str] = (),
        callers: Sequence[str] = (),
        owner_label: str = "team",
    ) -> Generated:
        """The policies of a template for this cluster, checked against it; the options are those of the command.

        ``tenant`` is ``key=value``, a label of namespaces; ``shared`` and ``callers`` are such as ``monitoring:9090``.

        Raises:
            QueryError: an option or the template is not known or not well formed, a namespace is not in the input, or
                the template can't hold what it promises in this cluster.
        """
        from ringfence.generate import generate, request_of

        request = request_of(
            self.snapshot,
            namespace=namespace,
            tenant=tenant,
            resolver=resolver,
            dialect=dialect,
            shared=shared,
            callers=callers,
            owner_label=owner_label,
        )
        return generate(template, request, self.snapshot, self.survey, self.engine, cni=self.cni)

    def test(self, *suites: str, owner_label: str = "") -> TestReport:
        """Judges the policy tests in these files and directories.

        ``owner_label`` is the namespace label that names the team, for suites that don't say.

        Raises:
            InputError: a suite is wrong, can't be read or is not there. No test is judged then.
        """
        from ringfence.sources.documents import read_documents
        from ringfence.testing.planning import plan
        from ringfence.testing.reading import read
        from ringfence.testing.running import run as run_tests
        from ringfence.testing.suite import KIND

        documents = read_documents(suites, (KIND,))
        tests = read(documents.objects, documents.problems)
        if not tests:
            raise InputError(f"There is no {KIND} in {', '.join(suites) or 'no path'}.")
        return run_tests(plan(tests, self.snapshot, owner_label), self.engine, self.findings)
