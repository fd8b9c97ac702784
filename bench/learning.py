"""Learning from a week's traffic: 500 workloads, each calling some others and some names outside."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.measure import Case, Numbers, loaded, measured

if TYPE_CHECKING:
    from ringfence.flows.edges import Edge, EdgeSet, Party
    from ringfence.model.objects import Snapshot

WORKLOADS = 500
_CALLS, _OUTSIDE = 12, 4
_HOURS = range(490_000, 490_168)
_HOUR = 3_600


def learning(case: Case) -> Numbers:
    """From whole edges and a loaded snapshot to written, read again, proved policies."""
    from ringfence.learn import Settings, learn

    snapshot = _first_workloads(loaded(case.pods))
    edges = traffic(snapshot, random.Random(f"learn {case.pods}"))
    with measured() as work:
        proposal = learn(snapshot, edges, Settings("cilium"))
    return work.numbers("learn") | {
        "learn_edges": len(edges),
        "learn_workloads": len(proposal.workloads),
        "learn_objects": len(proposal.objects),
        "learn_cut": len(proposal.proof.cut),
    }


def _first_workloads(snapshot: Snapshot) -> Snapshot:
    """The part of the cluster that 500 workloads are, without policies."""
    wanted = set(list(snapshot.workloads())[:WORKLOADS])
    return replace(snapshot, pods=tuple(pod for pod in snapshot.pods if pod.workload in wanted), policies=())


def traffic(snapshot: Snapshot, rng: random.Random) -> EdgeSet:
    """What each workload calls in a week."""
    from ringfence.flows.edges import Coverage, EdgeSet, Party, PartyKind

    served = {pod.workload: (pod.labels, pod.ports) for pod in snapshot.pods if not pod.host_network}
    parties = {
        workload: Party(
            PartyKind.WORKLOAD,
            workload.namespace,
            f"{workload.kind}/{workload.name}",
            labels=tuple(sorted(labels.items())),
        )
        for workload, (labels, _) in served.items()
    }
    targets = [workload for workload, (_, ports) in served.items() if ports]
    edges: list[Edge] = []
    for source in parties.values():
        for destination in rng.sample(targets, min(_CALLS, len(targets))):
            port = rng.choice(served[destination][1])
            edges.append(_edge(source, parties[destination], str(port.protocol), port.number, rng))
        for _ in range(_OUTSIDE):
            number = rng.randrange(4_000)
            names = (f"api-{number}.partner.example",) if number % 2 else ()
            address = f"198.18.{number // 256}.{number % 256}"
            edges.append(_edge(source, Party(PartyKind.EXTERNAL, address=address, names=names), "TCP", 443, rng))
    coverage = Coverage(_HOURS[0] * _HOUR, (_HOURS[-1] + 1) * _HOUR - 1, tuple(_HOURS), ("hubble",), records=10**7)
    return EdgeSet.of(edges, coverage)


def _edge(source: Party, destination: Party, protocol: str, port: int, rng: random.Random) -> Edge:
    from ringfence.flows.edges import Edge
    from ringfence.model.flow import Outcome

    hours = tuple((hour, rng.randrange(1, 50)) for hour in sorted(rng.sample(_HOURS, 40)))
    first, last = hours[0][0] * _HOUR, (hours[-1][0] + 1) * _HOUR - 1
    total = sum(count for _, count in hours)
    return Edge(
        source, destination, protocol, port, Outcome.ALLOWED, total, first, last, hours=hours, formats=("hubble",)
    )
