"""What flows add to ``ringfence diagnose``: needed connections that passed, and how often what is cut is tried."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ringfence.cli.flow_input import read_edges
from ringfence.model.objects import Pod
from ringfence.model.ports import Protocol

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.diagnose import Diagnosis
    from ringfence.diagnose.report import Loss, Remark
    from ringfence.diagnose.seen import SeenUse
    from ringfence.model.verdict import Endpoint
    from ringfence.observe.needed import Needed
    from ringfence.observe.usage import Used
    from ringfence.survey import Dependency

NAME = "the flows"
_SHOWN = 3


def read_used(store: str, name: str, cluster: Cluster) -> Used:
    """The connections of a store, or, where it keeps several clusters, of the one with this name.

    Raises:
        InputError: the store isn't there, is none, or has no connection.
    """
    from ringfence.observe.usage import Used

    return Used(read_edges(store, whole=True, cluster=name), cluster.snapshot)


def asked(used: Used, cluster: Cluster) -> Needed:
    """What the flows need, and what of them is none: see :class:`ringfence.observe.needed.Needed`."""
    from ringfence.observe.needed import needed

    return needed(used, cluster.policies)


def wanted(needed: Needed, cluster: Cluster) -> tuple[Dependency, ...]:
    """Every connection that the flows need and that no manifest names: policies may deny it now."""
    from ringfence.diagnose import wanted_dependencies
    from ringfence.explain.queries import Row

    rows = (
        Row(0, {"src": source, "dst": destination, "protocol": usage.protocol, "port": usage.port})
        for source, destination, usage in needed.connections
    )
    # An end that the cluster doesn't have any more needs nothing.
    found, _ = wanted_dependencies(rows, cluster.endpoints, NAME)
    known = _known(cluster)
    return tuple(need for need in found if not all(key in known for key in _keys(need)))


def disagreements(refused: Sequence[str], store: str, paths: Sequence[str]) -> tuple[Remark, ...]:
    """What passed though the policies deny it: nothing says that it is cut."""
    from ringfence.diagnose.report import Remark, Topic
    from ringfence.model.finding import Severity

    if not refused:
        return ()
    number, rest = len(refused), len(refused) - _SHOWN
    shown = ", ".join(refused[:_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")
    what = f"{number:,} connection{'s' if number > 1 else ''} passed in the flows that the policies deny: {shown}."
    return (
        Remark(
            Topic.NOT_ENFORCED,
            Severity.WARNING,
            what,
            change="Either the policies are not enforced there, or they are younger than the records (RF701):",
            commands=(shlex.join(["ringfence", "flows", "denied", "--store", store, *paths]),),
        ),
    )


def _known(cluster: Cluster) -> set[tuple[str, str, Protocol, int]]:
    """What is asked about anyway: dependencies of the manifests, and DNS."""
    found = {key for need in cluster.survey.dependencies for key in _keys(need)}
    sources = {_end(pod) for pod in cluster.snapshot.pods}
    for server in cluster.survey.dns:
        for protocol in Protocol:
            ports = [lo for lo, _ in server.ports.of_protocol(protocol)]
            names = {_end(pod) for pod in server.pods}
            found |= {(source, name, protocol, port) for source in sources for name in names for port in ports}
    return found


def _keys(need: Dependency) -> Iterator[tuple[str, str, Protocol, int]]:
    for route in need.routes:
        for source in need.sources:
            for target in route.targets:
                yield _end(source), _end(target.endpoint), route.protocol, target.port


def _end(end: Endpoint) -> str:
    return str(end.workload) if isinstance(end, Pod) else str(end)


def ranked(
    report: Diagnosis, used: Used, needed: Needed, cluster: Cluster, store: str, paths: Sequence[str]
) -> Diagnosis:
    """The diagnosis in the order of what is tried most, with what was seen of each loss."""
    from ringfence.diagnose.name_rules import name_rules
    from ringfence.diagnose.seen import by_use

    def told(passing: Sequence[Loss]) -> tuple[Remark, ...]:
        known = set(needed.refused)
        more = [f"{loss.source} → {loss.question}" for loss in passing if not known.intersection(_calls(loss, cluster))]
        return disagreements((*needed.refused, *dict.fromkeys(more)), store, paths)

    return by_use(
        report, lambda loss: _use(loss, used, cluster), told, name_rules(cluster.engine), _evidence(used, needed)
    )


def _calls(loss: Loss, cluster: Cluster) -> Iterator[str]:
    """A loss as recorded connections, in the words of those that are refused."""
    for source in cluster.endpoints.source(loss.source).endpoints:
        for destination in cluster.endpoints.destination(loss.target).endpoints:
            yield f"{_end(source)} → {_end(destination)} {loss.protocol} {loss.pod_port}"


def _use(loss: Loss, used: Used, cluster: Cluster) -> SeenUse:
    from ringfence.diagnose.seen import SeenUse
    from ringfence.model.errors import RingfenceError
    from ringfence.render.flows_evidence import moment

    try:
        sources = cluster.endpoints.source(loss.source).endpoints
        destinations = cluster.endpoints.destination(loss.target).endpoints
    except RingfenceError:
        return SeenUse(0, "")
    asked = str(loss.protocol), loss.pod_port
    usage = next((each for each in used.between(sources, destinations) if (each.protocol, each.port) == asked), None)
    if usage is None or not usage.tried:
        return SeenUse(0, "never tried in the flows")
    parts = []
    disagrees = ", though the policies deny it: they are younger, or not enforced" if usage.passes else ""
    if usage.denied and usage.last_denied is not None:
        parts.append(f"denied {usage.denied:,} times, last {moment(usage.last_denied)}")
    if usage.passed and usage.last_passed is not None:
        parts.append(f"passed {usage.passed:,} times, last {moment(usage.last_passed)}{disagrees}")
    return SeenUse(usage.tried, "; ".join(parts) or f"tried {usage.tried:,} times", bool(usage.passes))


def _evidence(used: Used, needed: Needed) -> tuple[str, ...]:
    from ringfence.explain.evidence import evidence
    from ringfence.render.flows_evidence import gaps, window

    found = evidence(used.coverage, None, ())
    told = [f"Evidence: {window(found)}", *(f"Not covered: {gap}." for gap in gaps(found))]
    if needed.probes:
        one = needed.probes == 1
        told.append(
            f"{needed.probes:,} connection{'' if one else 's'} from a node to a workload that has pods on it, or may "
            f"have, {'is' if one else 'are'} taken as the kubelet's probes, which no policy cuts."
        )
    return tuple(told)
