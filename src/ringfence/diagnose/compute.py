"""The diagnosis of a cluster: what is needed and cut, by root cause, and what else deserves a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ringfence.diagnose.half_open import find_half_open
from ringfence.diagnose.idle import idle
from ringfence.diagnose.internet import internet
from ringfence.diagnose.losses import Ledger, Search
from ringfence.diagnose.open_rules import too_wide, without_effect
from ringfence.diagnose.report import Diagnosis, DnsStatus, Loss, LossKind, Problem, Remark
from ringfence.diagnose.roots import Root, Roots
from ringfence.diagnose.ways_out import ways_out
from ringfence.diagnose.wording import change_of, commands_of, consequence, headline
from ringfence.engine import Engine
from ringfence.explain.endpoints import Endpoints
from ringfence.model.addresses import format_address
from ringfence.model.finding import Finding
from ringfence.model.objects import Snapshot
from ringfence.survey import Dependency, DnsServer, Survey

_ORDER = {kind: place for place, kind in enumerate(LossKind)}


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
) -> Diagnosis:
    """Everything at a glance, worst first.

    ``wanted`` adds connections to the needs that the survey found, ``remarks`` what is to be said besides.
    ``namespaces`` keeps what concerns them; ``paths`` are the input's, for command lines.
    ``findings`` are those about the policies: an error that leaves a rule without effect is a cause.
    """
    ledger = Ledger()
    search = Search(engine, Roots(engine, endpoints, findings), ledger)
    asked = {str(workload): cut for workload, cut in search.dns(survey, snapshot.pods)}
    search.upstream(survey.dns)
    needs = [need for need in (*survey.dependencies, *wanted) if _concerns(need, namespaces)]
    met = [need for need in needs if search.dependency(need)]
    find_half_open(engine, search)
    works = _Works(needs, met, asked)
    problems = _problems(ledger, works, namespaces, paths)
    told = {problem.origin for problem in problems}
    leading = (
        remark
        for remark in (*without_effect(engine, findings), *too_wide(engine))
        if remark.origin not in told and _about(remark, namespaces)
    )
    first = (*remarks, *leading)
    told |= {remark.origin for remark in first}
    idles = [
        remark
        for remark in idle(engine, snapshot, engine.policy_set, whole=bool(survey.dns))
        if remark.origin not in told
    ]
    accesses = internet(engine, namespaces=namespaces)
    out = tuple(
        remark
        for remark in ways_out(engine, snapshot.pods, accesses)
        if not namespaces or any(f"namespace {name} to" in remark.what for name in namespaces)
    )
    host: dict[str, int] = {}
    for pod in snapshot.pods:
        if pod.host_network and (not namespaces or pod.namespace in namespaces):
            host[str(pod.workload)] = host.get(str(pod.workload), 0) + 1
    return Diagnosis(
        headline(problems, (*first, *out), needs=len(needs), dns=bool(survey.dns)),
        problems,
        (*first, *(remark for remark in idles if _about(remark, namespaces)), *out),
        accesses,
        tuple(sorted(host.items())),
        tuple(_server(server) for server in survey.dns),
        _dns_status(asked, namespaces),
        len(needs),
        len(met),
        {
            "namespaces": len({pod.namespace for pod in snapshot.pods}),
            "workloads": len({pod.workload for pod in snapshot.pods}),
            "pods": len(snapshot.pods),
            "policies": sum(1 for _ in engine.policy_set.policies()),
        },
    )


def _dns_status(asked: Mapping[str, bool], namespaces: frozenset[str]) -> tuple[DnsStatus, ...]:
    by_namespace: dict[str, list[bool]] = {}
    for workload, cut in asked.items():
        by_namespace.setdefault(workload.partition("/")[0], []).append(cut)
    return tuple(
        DnsStatus(name, len(cuts), sum(cuts))
        for name, cuts in sorted(by_namespace.items())
        if not namespaces or name in namespaces
    )


def _problems(ledger: Ledger, works: _Works, namespaces: frozenset[str], paths: Sequence[str]) -> tuple[Problem, ...]:
    problems = []
    for key, root in ledger.roots.items():
        kept = [
            loss
            for loss in ledger.losses[key]
            if not namespaces or loss.namespace in namespaces or loss.target_namespace in namespaces
        ]
        if kept:
            problems.append(_problem(root, kept, works, paths))
    return tuple(sorted(problems, key=_weight))


def _problem(root: Root, losses: list[Loss], works: _Works, paths: Sequence[str]) -> Problem:
    losses.sort(key=lambda loss: (-loss.severity, _ORDER[loss.kind], loss.source, loss.target, loss.protocol))
    return Problem(
        losses[0].severity,
        consequence(losses),
        root.text,
        root.policy,
        root.origin,
        tuple(losses),
        change_of(root.kind, losses),
        commands_of(root.kind, losses, paths),
        works.sentence(losses),
    )


def _weight(problem: Problem) -> tuple[int, int, int, int, str]:
    """Worst first: DNS before all else, then by how much is cut."""
    dns = problem.of(LossKind.DNS, LossKind.UPSTREAM)
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


def _about(remark: Remark, namespaces: frozenset[str]) -> bool:
    return not namespaces or (remark.subject is not None and remark.subject.namespace in namespaces)


def _server(server: DnsServer) -> str:
    if server.address is not None:
        return f"{server.name} ({format_address(server.address)}, {server.ports})"
    return f"{server.name} ({len(server.pods)} {'pod' if len(server.pods) == 1 else 'pods'}, {server.ports})"
