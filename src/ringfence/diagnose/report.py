"""What a diagnosis says: problems by root cause, remarks, and what works."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from ringfence.model.finding import Code, Severity
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet, Protocol
from ringfence.survey import Evidence


class LossKind(enum.Enum):
    """What a cut connection is for."""

    DNS = "dns"
    """Pods ask the cluster's DNS."""
    UPSTREAM = "upstream"
    """The cluster's DNS asks resolvers outside, or the API server."""
    CACHE = "cache"
    """NodeLocal DNSCache asks the cluster's DNS."""
    DEPENDENCY = "dependency"
    """The manifests show that it is needed."""
    WANTED = "wanted"
    """The user says that it is needed."""
    METRICS = "metrics"
    """Pods have a port for metrics, and the collector can't get there."""
    HALF_OPEN = "half-open"
    """A rule of one end names the other, whose own policies deny it."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Loss:
    """One connection that is cut, from all pods of a workload to a target.

    ``severity`` is ``NOTE`` where the pods may well do without, such as DNS for pods that may not go anywhere.

    ``port`` is the one asked for, a Service's where the target is one; ``pod_port`` where it arrives. ``directions``
    are the sides that deny it. ``partial`` is true where some pairs of replicas are allowed. ``source`` and ``target``
    are endpoint texts, as ``why`` takes them, but for ``UPSTREAM``. ``seen`` is a clause about what flows have of it.
    """

    kind: LossKind
    source: str
    namespace: str
    target: str
    target_namespace: str
    protocol: Protocol
    port: int
    pod_port: int
    directions: tuple[Direction, ...]
    severity: Severity
    partial: bool = False
    evidence: Evidence | None = None
    seen: str = ""

    @property
    def question(self) -> str:
        """The destination as ``why`` takes it: ``service:shop/cart:80``."""
        suffix = "" if self.protocol is Protocol.TCP else f"/{self.protocol}"
        return f"{self.target}:{self.port}{suffix}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One root cause and all that it cuts, worst first.

    ``what`` is what it does, ``cause`` why, each a sentence; ``change`` tells what to change, ``commands`` are command
    lines that answer or repair. ``works`` says what the affected workloads still reach.
    """

    severity: Severity
    what: str
    cause: str
    policy: ObjectRef | None
    origin: Origin
    losses: tuple[Loss, ...]
    change: str = ""
    commands: tuple[str, ...] = ()
    works: str = ""

    @property
    def workloads(self) -> tuple[str, ...]:
        """The workloads that lose something, each once."""
        return tuple(dict.fromkeys(loss.source for loss in self.losses))

    @property
    def cut(self) -> bool:
        """True where something that is needed is cut. A half-open pair alone is not known to be needed."""
        return any(loss.kind is not LossKind.HALF_OPEN and loss.severity > Severity.NOTE for loss in self.losses)

    def of(self, *kinds: LossKind) -> tuple[Loss, ...]:
        """The losses of some kinds."""
        return tuple(loss for loss in self.losses if loss.kind in kinds)


class Topic(enum.Enum):
    """What a remark is about; in the order in which they are said."""

    WANTED = "wanted"
    """A wanted connection can't be judged."""
    NOT_ENFORCED = "not-enforced"
    """The network plugin that the input shows enforces no policy, or not on every node; or records show as much."""
    INVALID = "invalid"
    """A rule opens nothing, because a part of it is invalid."""
    MISSED = "missed"
    """A policy selects no pod, and misses some by a label or by its namespace."""
    LEFT_OPEN = "left-open"
    """A policy seems to close a direction, and doesn't."""
    VARYING = "varying"
    """Policies treat replicas that should be alike differently."""
    PAST_GUARD = "past-guard"
    """A pod of the host network reaches pods of its node that a policy guards against it."""
    TOO_WIDE = "too-wide"
    """A rule opens ranges that are far wider than any need."""
    OTHER_RESOLVERS = "other-resolvers"
    """Pods that are given name servers of their own may ask any other."""
    WAY_OUT = "way-out"
    """Workloads reach the Internet from a namespace that limits egress."""
    BY_ADDRESS = "by-address"
    """A workload calls a name outside the cluster, and its policies allow some addresses."""
    OUTSIDE_CUT = "outside-cut"
    """A workload calls a name outside the cluster, and its policies allow no address there."""
    SELECTS_NOTHING = "selects-nothing"
    MATCHES_NOBODY = "matches-nobody"

    @property
    def leads(self) -> bool:
        """True for what is said first where nothing that is needed is cut."""
        return (
            self is not Topic.WANTED and not self.trails and self not in (Topic.SELECTS_NOTHING, Topic.MATCHES_NOBODY)
        )

    @property
    def trails(self) -> bool:
        """True for what is said first where nothing leads, after what is known to work."""
        return self in (Topic.BY_ADDRESS, Topic.OUTSIDE_CUT)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that cuts nothing known, and that its author hardly meant.

    ``change`` tells what to change, ``commands`` are command lines that do it or print it. ``code`` is the lint rule
    that tells the same of a document; its annotation on ``subject`` or one of ``objects`` sets the remark aside.
    """

    topic: Topic
    severity: Severity
    what: str
    origin: Origin = UNKNOWN
    subject: ObjectRef | None = None
    change: str = ""
    commands: tuple[str, ...] = ()
    code: Code | None = None
    objects: tuple[ObjectRef, ...] = ()
    namespaces: frozenset[str] = frozenset()

    @property
    def leads(self) -> bool:
        """True where it is said first if nothing that is needed is cut; a note never is."""
        return self.topic.leads and self.severity > Severity.NOTE

    def about(self, namespaces: frozenset[str]) -> bool:
        """True where it concerns one of these namespaces; of none given, always."""
        own = self.namespaces or ({self.subject.namespace} if self.subject is not None else frozenset())
        return not namespaces or not own or bool(own & namespaces)


@dataclass(frozen=True, slots=True)
class InternetAccess:
    """Workloads that may open connections to the same public addresses, for the same reason.

    ``addresses`` is in words. ``rule``, of ``policy``, is empty where nothing limits their egress.
    """

    workloads: tuple[str, ...]
    pods: int
    addresses: str
    everywhere: bool
    ports: PortSet
    rule: str = ""
    origin: Origin = UNKNOWN
    policy: ObjectRef | None = None


@dataclass(frozen=True, slots=True)
class DnsStatus:
    """A namespace and its workloads without DNS."""

    namespace: str
    workloads: int
    cut: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The whole cluster at a glance. ``headline`` is the first problem in one sentence, or that there is none.

    ``set_aside`` are the remarks that an annotation of their objects asks not to be told. ``node_resolver`` are the
    workloads that ask the resolver of their node, which the input doesn't tell. ``evidence`` are sentences about the
    flows that the answer rests on, and what these don't cover.
    """

    headline: str
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Remark, ...] = ()
    set_aside: tuple[Remark, ...] = ()
    internet: tuple[InternetAccess, ...] = ()
    host_network: tuple[tuple[str, int], ...] = ()
    dns_servers: tuple[str, ...] = ()
    dns: tuple[DnsStatus, ...] = ()
    node_resolver: tuple[str, ...] = ()
    needs: int = 0
    needs_met: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    @property
    def cut(self) -> bool:
        """True where something that is needed is cut."""
        return any(problem.cut for problem in self.problems)

    @property
    def lead(self) -> Problem | Remark | None:
        """What the headline is about, if it is about something."""
        problem = next((problem for problem in self.problems if problem.cut), None)
        leading = (remark for remark in self.remarks if remark.leads)
        trailing = (remark for remark in self.remarks if remark.topic.trails)
        return problem or next(leading, None) or next(trailing, None)

    def losses(self) -> Iterator[Loss]:
        """Every cut connection."""
        for problem in self.problems:
            yield from problem.losses
