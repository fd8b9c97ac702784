"""The public API: a cluster as its manifests describe it, and the questions that can be asked about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from ringfence.dialects import AUTO, cni_of, read_policies, staged_of, with_staged
from ringfence.dialects.unchanged import read_alike
from ringfence.engine import Engine
from ringfence.engine.changed import changed_pods
from ringfence.explain.endpoints import Endpoints
from ringfence.explain.judge import Judgement, judge
from ringfence.explain.query import parse_any, parse_protocol
from ringfence.explain.why import WhyAnswer, why
from ringfence.fix.propose import FixAnswer, propose
from ringfence.fix.world import World
from ringfence.lint.context import LintContext, Settings
from ringfence.lint.registry import choose
from ringfence.lint.run import LintReport, run
from ringfence.model.errors import InputError, QueryError
from ringfence.model.finding import Finding
from ringfence.model.names import Names
from ringfence.model.objects import Pod, RawObject, Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import PolicySet
from ringfence.model.ports import MAX_PORT, MIN_PORT, AnyProtocol, Icmp, Protocol
from ringfence.names import read_names
from ringfence.reach import compute_reach
from ringfence.reach.report import Grouping, ReachReport
from ringfence.sources import load_snapshot

if TYPE_CHECKING:
    from ringfence.convert import Conversion
    from ringfence.diagnose import Diagnosis, Remark
    from ringfence.diff import By, DiffReport
    from ringfence.egress import Proposal as EgressProposal
    from ringfence.fix.propose_all import FixSet
    from ringfence.generate import Dialect, Generated
    from ringfence.survey import Dependency, Survey
    from ringfence.testing.report import TestReport

PodFilter = Callable[[Pod], bool]


class Cluster:
    """A snapshot with its policies. The engine is built at the first question.

    Endpoints are written as on the command line: ``namespace/pod``, ``namespace/Kind/name``, an IP address, or, as a
    destination, ``service:namespace/name`` or a DNS name. ``names`` are recorded DNS answers, which say what names
    mean. ``staged`` reads policies that are staged as if they were enforced.
    """

    def __init__(
        self, snapshot: Snapshot, *, cni: str = AUTO, names: Names | None = None, staged: bool = False
    ) -> None:
        if names:
            snapshot = replace(snapshot, names=names)
        self.staged: Mapping[ObjectRef, RawObject] = {}
        """Staged policies that are read as if enforced, by what they would then be called."""
        if staged:
            self.staged = {ref: raw for (ref, _), raw in staged_of(snapshot).items()}
            snapshot = with_staged(snapshot)
        self.snapshot = snapshot
        self._asked_cni = cni
        self.cni = cni_of(snapshot) if cni == AUTO else cni
        self._asked = cni, names, staged
        self._policies, self._policy_findings = read_policies(snapshot, cni=cni)

    def renewed(self, snapshot: Snapshot) -> Cluster:
        """The cluster at a later moment, read with the same options.

        Where little but pods changed, its engine is this one's with those pods, which takes a fraction of the time; the
        answers are those of a cluster made anew.
        """
        cni, names, staged = self._asked
        if not staged and not names and read_alike(self.snapshot, snapshot, cni):
            later = self.apart()
            later.__dict__.pop("survey", None)
            later.snapshot = snapshot
        else:
            later = Cluster(snapshot, cni=cni, names=names, staged=staged)
        if "engine" in self.__dict__ and later.cni == self.cni and later.policies == self.policies:
            pods = changed_pods(self.snapshot, later.snapshot)
            if pods is not None:
                later.engine = self.engine.with_pods(*pods)
        return later

    def apart(self) -> Cluster:
        """The same cluster with an engine of its own. Engines remember what they work out: each is for one thread."""
        other = copy(self)
        for name in ("engine", "engine_with_icmp", "endpoints", "world"):
            other.__dict__.pop(name, None)
        return other

    @property
    def policies(self) -> PolicySet:
        """Every policy of the snapshot, as the stages that judge it."""
        return self._policies

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the input and its policies, worst first, in the order found among equals."""
        return tuple(sorted((*self.snapshot.findings, *self._policy_findings), key=lambda finding: -finding.severity))

    @cached_property
    def engine(self) -> Engine:
        """The engine over this snapshot."""
        return Engine.build(self.snapshot, self._policies)

    @cached_property
    def engine_with_icmp(self) -> Engine:
        """The same with ICMP in its sets of ports, which :attr:`engine` needs for no single connection."""
        return self.engine.with_icmp()

    @cached_property
    def endpoints(self) -> Endpoints:
        """Finds what endpoint texts name."""
        return Endpoints(self.snapshot)

    def verdict(self, src: str, dst: str, port: int, protocol: str | Protocol = "TCP") -> Judgement:
        """May ``src`` open a connection to ``port`` of ``dst``? A workload or Service stands for all its pods.

        The protocol may be ``ICMP`` or ``ICMPv6``, too; ``port`` is then the type, 8 or 128 for ``ping``.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: the port or protocol doesn't exist.
        """
        source, destination = self.endpoints.source(src), self.endpoints.destination(dst)
        return judge(self.engine, self.endpoints, source, destination, *_asked(protocol, port))

    def why(self, src: str, dst: str, port: int | None = None, protocol: str | Protocol = "TCP") -> WhyAnswer:
        """Why may ``src`` connect to ``dst``, or not? Without a port: for each port that ``dst`` declares.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: the port or protocol doesn't exist.
        """
        asked = None if port is None else _asked(protocol, port)
        return why(self.engine, self.endpoints, src, dst, asked, findings=self.findings)

    @cached_property
    def world(self) -> World:
        """This cluster, ready to have patches applied to it."""
        return World.of(self.snapshot, self.engine, cni=self.cni)

    def fix(self, src: str, dst: str, port: int, protocol: str | Protocol = "TCP", *, deny: bool = False) -> FixAnswer:
        """What to change so that ``src`` may connect to ``port`` of ``dst``, or, with ``deny``, may not; best first.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: the port or protocol doesn't exist.
        """
        source, destination = self.endpoints.source(src), self.endpoints.destination(dst)
        return propose(self.world, self.endpoints, source, destination, (_protocol(protocol), _port(port)), deny=deny)

    def fix_all(
        self,
        wanted: Iterable[tuple[str, str, int] | tuple[str, str, int, str]] = (),
        *,
        dependencies: bool = False,
        namespaces: Sequence[str] = (),
    ) -> FixSet:
        """One fix for many connections, each ``(src, dst, port)`` or ``(src, dst, port, protocol)``, verified together.

        ``dependencies`` adds DNS and whatever the input shows to be needed, of ``namespaces`` alone if any are given.

        Raises:
            EndpointError: a text names nothing in the snapshot, or the Service doesn't have the port.
            QueryError: a port or protocol doesn't exist.
        """
        from ringfence.fix.propose_all import propose_all
        from ringfence.fix.wanted import Wanted, needed

        asked = []
        for src, dst, port, *rest in wanted:
            protocol = _protocol(str(rest[0]) if rest else "TCP")
            source, destination = self.endpoints.source(src), self.endpoints.destination(dst)
            targets = self.endpoints.targets(destination, protocol, _port(port))
            asked.append(Wanted(source.name, source.endpoints, destination.name, targets, protocol, port))
        kept = frozenset(namespaces)
        shown = needed(self.survey, self.snapshot.pods, self.world, namespaces=kept) if dependencies else ()
        return propose_all(self.world, (*shown, *asked))

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

    @cached_property
    def survey(self) -> Survey:
        """What the cluster needs to work, as far as its manifests show: DNS, dependencies, and who serves all."""
        from ringfence.survey import survey

        return survey(self.snapshot)

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

    def reach(
        self,
        by: str | Grouping = "workload",
        *,
        sources: PodFilter | None = None,
        destinations: PodFilter | None = None,
        external: bool = True,
        summary_only: bool = False,
        icmp: bool = False,
    ) -> ReachReport:
        """Every allowed connection, by ``pod`` or ``workload``, between the pods that the filters keep.

        ``icmp`` lists messages of ICMP beside ports.

        Raises:
            QueryError: ``by`` is neither.
        """
        try:
            grouping = Grouping(by)
        except ValueError:
            raise QueryError(f"{by!r} is no grouping. Use pod or workload.") from None
        return compute_reach(
            self.engine_with_icmp if icmp else self.engine,
            grouping,
            sources=sources,
            destinations=destinations,
            external=external,
            summary_only=summary_only,
        )


def load(
    *paths: str, cni: str = AUTO, stdin: BinaryIO | None = None, resolve: str = "", staged: bool = False
) -> Cluster:
    """Reads manifests: files, directories, ``.tar.gz`` archives, or ``-`` for ``stdin``.

    ``cni`` names the enforcer whose reading to follow where they differ; ``auto`` is the one that the input speaks of.
    ``resolve`` is a file of recorded DNS answers, by which names in rules and destinations are read. ``staged`` reads
    policies that are staged as if they were enforced.

    Raises:
        InputError: a path can't be read at all, nothing could be read, or the file of DNS answers is wrong. Everything
            else that is wrong with the input is in :attr:`Cluster.findings`.
    """
    names = read_names(resolve) if resolve else None
    return Cluster(load_snapshot([str(path) for path in paths], stdin=stdin), cni=cni, names=names, staged=staged)


def _asked(protocol: str | Protocol, port: int) -> tuple[AnyProtocol, int]:
    """A protocol and a port; for ICMP by name the port is the type."""
    if isinstance(protocol, Protocol):
        return protocol, _port(port)
    if protocol.upper() in Icmp.__members__:
        return parse_any(protocol, str(port))
    return parse_protocol(protocol), _port(port)


def _protocol(value: str | Protocol) -> Protocol:
    return value if isinstance(value, Protocol) else parse_protocol(value)


def _port(value: int) -> int:
    if not MIN_PORT <= value <= MAX_PORT:
        raise QueryError(f"{value} is no port. Use a number from {MIN_PORT} to {MAX_PORT}.")
    return value
