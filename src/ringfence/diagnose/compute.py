"""The diagnosis of a cluster: what is needed and cut, by root cause, and what else deserves a look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ringfence.diagnose.aside import Aside
from ringfence.diagnose.enforcement import enforcement
from ringfence.diagnose.guards import left_open, past_guards
from ringfence.diagnose.half_open import find_half_open
from ringfence.diagnose.idle import idle
from ringfence.diagnose.internet import internet
from ringfence.diagnose.losses import Ledger, Search
from ringfence.diagnose.name_rules import NameRule, name_rules
from ringfence.diagnose.namesakes import namesakes
from ringfence.diagnose.open_rules import too_wide, without_effect
from ringfence.diagnose.other_resolvers import other_resolvers
from ringfence.diagnose.outside_names import outside_names
from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Diagnosis, DnsStatus, Loss, LossKind, Problem, Remark, Topic
from ringfence.diagnose.roots import Root, Roots
from ringfence.diagnose.varying import varying
from ringfence.diagnose.ways_out import WaysOut
from ringfence.diagnose.wording import change_of, commands_of, consequence, headline
from ringfence.engine import Engine
from ringfence.explain.endpoints import Endpoints
from ringfence.model.addresses import format_address
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.origin import ObjectRef, Origin
from ringfence.survey import Dependency, DnsServer, Survey

_ORDER = {kind: place for place, kind in enumerate(LossKind)}
_TOPICS = {topic: place for place, topic in enumerate(Topic)}


def diagnose(
    engine: Engine,
    snapshot: Snapshot,
    endpoints: Endpoints,
    survey: Survey,
    *,
    wanted: Sequence[Dependency] = (),
    remarks: Sequence[Remark] = (),
    namespaces: frozenset[str] = frozenset(),
    paths: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    suppressed: Iterable[tuple[str, ObjectRef]] = (),
    cni: str = "generic",
) -> Diagnosis:
    """Everything at a glance, worst first.

    ``wanted`` adds connections to the needs that the survey found, ``remarks`` what is to be said besides.
    ``namespaces`` keeps what concerns them; ``paths`` are the input's, for command lines.
    ``findings`` are those about the policies: an error that leaves a rule without effect is a cause. ``suppressed`` are
    codes of lint rules with the objects for which they are set aside. ``cni`` names the reading that ``engine`` has.
    """
    ledger = Ledger()
    search = Search(engine, Roots(engine, endpoints, findings), ledger)
    asked = {str(workload): cut for workload, cut in search.dns(survey, snapshot.pods)}
    search.upstream(survey)
    needs = [need for need in (*survey.dependencies, *wanted) if _concerns(need, namespaces)]
    met = [need for need in needs if search.dependency(need)]
    find_half_open(engine, search)
    works = _Works(needs, met, asked)
    problems = _problems(ledger, works, namespaces, paths, name_rules(engine))
    remedies = Remedies(engine, snapshot, paths, cni=cni)
    aside = Aside(suppressed)
    accesses = internet(engine, namespaces=namespaces)
    told = {problem.origin for problem in problems}
    found = (
        *enforcement(engine, snapshot.pods, snapshot.nodes),
        *without_effect(engine, findings),
        *left_open(engine, findings, remedies),
        *varying(engine, snapshot.pods, remedies),
        *namesakes(engine, snapshot.pods, snapshot.services, remedies),
        *past_guards(engine, snapshot.pods, remedies),
        *too_wide(engine),
        *other_resolvers(engine, snapshot.pods, remedies),
        *WaysOut(engine, snapshot.pods, remedies, aside).remarks(accesses),
        *outside_names(engine, survey.outside, remedies, snapshot.names),
        *idle(engine, snapshot, engine.policy_set, remedies, whole=bool(survey.dns)),
    )
    kept, hidden = aside.split(remark for remark in found if remark.about(namespaces))
    ordered = [*remarks, *_once(kept, told)]
    host: dict[str, int] = {}
    for pod in snapshot.pods:
        if pod.host_network and (not namespaces or pod.namespace in namespaces):
            host[str(pod.workload)] = host.get(str(pod.workload), 0) + 1
    return Diagnosis(
        headline(problems, ordered, needs=len(needs), dns=bool(survey.dns)),
        problems,
        tuple(ordered),
        tuple(hidden),
        accesses,
        tuple(sorted(host.items())),
        tuple(_server(server) for server in survey.dns),
        _dns_status(asked, namespaces),
        _node_resolver(snapshot.pods, survey, namespaces),
        len(needs),
        len(met),
        {
            "namespaces": len({pod.namespace for pod in snapshot.pods}),
            "workloads": len({pod.workload for pod in snapshot.pods}),
            "pods": len(snapshot.pods),
            "policies": len({policy.ref for policy in engine.policy_set.policies()}),
        },
    )


def _once(remarks: Iterable[Remark], told: set[Origin]) -> list[Remark]:
    """The remarks in the order of their topics, one a place: none where a problem or a graver one stands."""
    found = []
    for remark in sorted(remarks, key=lambda remark: _TOPICS[remark.topic]):
        own = remark.topic is Topic.WAY_OUT or remark.topic.trails  # several may share the line of one limit
        if own or remark.origin not in told:
            found.append(remark)
            told.add(remark.origin)
    return found


def _dns_status(asked: Mapping[str, bool], namespaces: frozenset[str]) -> tuple[DnsStatus, ...]:
    by_namespace: dict[str, list[bool]] = {}
    for workload, cut in asked.items():
        by_namespace.setdefault(workload.partition("/")[0], []).append(cut)
    return tuple(
        DnsStatus(name, len(cuts), sum(cuts))
        for name, cuts in sorted(by_namespace.items())
        if not namespaces or name in namespaces
    )


def _node_resolver(pods: Iterable[Pod], survey: Survey, namespaces: frozenset[str]) -> tuple[str, ...]:
    """The workloads under ``dnsPolicy: Default``, but for the DNS pods, which forward to that resolver."""
    own = {id(pod) for server in survey.dns for pod in server.pods}
    found = (
        str(pod.workload)
        for pod in pods
        if pod.resolvers == () and not pod.host_network and id(pod) not in own
        if not namespaces or pod.namespace in namespaces
    )
    return tuple(dict.fromkeys(found))


def _problems(
    ledger: Ledger,
    works: _Works,
    namespaces: frozenset[str],
    paths: Sequence[str],
    names: Mapping[str, NameRule],
) -> tuple[Problem, ...]:
    problems = []
    for key, root in ledger.roots.items():
        kept = [
            loss
            for loss in ledger.losses[key]
            if not namespaces or loss.namespace in namespaces or loss.target_namespace in namespaces
        ]
        if kept:
            problems.append(_problem(root, kept, works, paths, names))
    return tuple(sorted(problems, key=_weight))


def _problem(
    root: Root, losses: list[Loss], works: _Works, paths: Sequence[str], names: Mapping[str, NameRule]
) -> Problem:
    losses.sort(key=lambda loss: (-loss.severity, _ORDER[loss.kind], loss.source, loss.target, loss.protocol))
    return Problem(
        losses[0].severity,
        consequence(losses, names),
        root.text,
        root.policy,
        root.origin,
        tuple(losses),
        change_of(root.kind, losses),
        commands_of(root.kind, losses, paths, names),
        works.sentence(losses),
    )


def _weight(problem: Problem) -> tuple[int, int, int, int, str]:
    """Worst first: DNS before all else, then by how much is cut."""
    dns = problem.of(LossKind.DNS, LossKind.UPSTREAM, LossKind.CACHE)
    grave = sum(loss.severity == problem.severity for loss in dns)
    needed = len(problem.of(LossKind.DEPENDENCY, LossKind.WANTED, LossKind.METRICS))
    return (-problem.severity, -grave, -needed, -len(problem.losses), problem.cause)


class _Works:
    """What the workloads of a problem still reach; ``asked`` tells of each that needs DNS whether it is cut."""

    def __init__(self, needs: Sequence[Dependency], met: Sequence[Dependency], asked: Mapping[str, bool]) -> None:
        self._needs = _count(needs)
        self._met = _count(met)
        self._asked = asked

    def sentence(self, losses: Sequence[Loss]) -> str:
        sources = dict.fromkeys(loss.source for loss in losses)
        needs = sum(self._needs.get(source, 0) for source in sources)
        met = sum(self._met.get(source, 0) for source in sources)
        dns = [self._asked[source] for source in sources if source in self._asked]
        parts = ["DNS"] if dns and not any(dns) else []
        if met:
            number = f"all {needs:,}" if met == needs else f"{met:,} of the {needs:,}"
            what = f"{number} connections" if needs > 1 else "the one connection"
            how = ", by address though not by name" if any(dns) else ""
            parts.append(f"{what} that they are known to need{how}")
        return f"Still allowed for these workloads: {', '.join(parts)}." if parts else ""


def _count(needs: Sequence[Dependency]) -> dict[str, int]:
    found: dict[str, int] = {}
    for need in needs:
        found[need.source] = found.get(need.source, 0) + 1
    return found


def _concerns(need: Dependency, namespaces: frozenset[str]) -> bool:
    if not namespaces:
        return True
    ends = (*need.sources, *need.targets)
    return any(getattr(end, "namespace", "") in namespaces for end in ends)


def _server(server: DnsServer) -> str:
    if server.address is not None:
        return f"{server.name} ({format_address(server.address)}, {server.ports})"
    return f"{server.name} ({len(server.pods)} {'pod' if len(server.pods) == 1 else 'pods'}, {server.ports})"
