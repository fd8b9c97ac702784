"""What flows add to ``ringfence diagnose``: needed connections that passed, and how often what is cut is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ringfence.cli.flow_input import read_edges
from ringfence.model.objects import Pod
from ringfence.model.ports import Protocol

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.diagnose import Diagnosis
    from ringfence.diagnose.report import Loss
    from ringfence.diagnose.seen import SeenUse
    from ringfence.model.verdict import Endpoint
    from ringfence.observe.usage import Used
    from ringfence.survey import Dependency

NAME = "the flows"


def read_used(store: str, name: str, cluster: Cluster) -> Used:
    """The connections of a store, or, where it keeps several clusters, of the one with this name.

    Raises:
        InputError: the store isn't there, is none, or has no connection.
    """
    from ringfence.observe.usage import Used

    return Used(read_edges(store, whole=True, cluster=name), cluster.snapshot)


def wanted(used: Used, cluster: Cluster) -> tuple[Dependency, ...]:
    """Every connection that was seen to pass and that no manifest names: policies may deny it now.

    One that was only ever denied may be a scanner's: nobody asks for it.
    """
    from ringfence.diagnose import wanted_dependencies
    from ringfence.explain.queries import Row

    def rows() -> Iterator[Row]:
        for source, destination, usages in used.pairs():
            for usage in usages:
                if usage.passed and usage.port and usage.protocol in Protocol.__members__:
                    cells = {"src": source, "dst": destination, "protocol": usage.protocol, "port": usage.port}
                    yield Row(0, cells)

    # An end that the cluster doesn't have any more needs nothing.
    found, _ = wanted_dependencies(rows(), cluster.endpoints, NAME)
    known = _known(cluster)
    return tuple(need for need in found if not all(key in known for key in _keys(need)))


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


def ranked(report: Diagnosis, used: Used, cluster: Cluster) -> Diagnosis:
    """The diagnosis in the order of what is tried most, with what was seen of each loss."""
    from ringfence.diagnose.seen import by_use

    return by_use(report, lambda loss: _use(loss, used, cluster), _evidence(used))


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
    if usage.denied and usage.last_denied is not None:
        parts.append(f"denied {usage.denied:,} times, last {moment(usage.last_denied)}")
    if usage.passed and usage.last_passed is not None:
        parts.append(f"passed {usage.passed:,} times, last {moment(usage.last_passed)}")
    return SeenUse(usage.tried, "; ".join(parts) or f"tried {usage.tried:,} times")


def _evidence(used: Used) -> tuple[str, ...]:
    from ringfence.explain.evidence import evidence
    from ringfence.render.flows_evidence import gaps, window

    found = evidence(used.coverage, None, ())
    return (f"Evidence: {window(found)}", *(f"Not covered: {gap}." for gap in gaps(found)))
