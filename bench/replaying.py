"""Replay of a week's traffic: a million distinct connections against a cluster's policies, of which some changed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.measure import Case, Numbers, loaded, measured, read

if TYPE_CHECKING:
    from ringfence.flows.edges import EdgeSet, Party
    from ringfence.model.objects import Snapshot
    from ringfence.model.policy import PolicySet

EDGES = 1_000_000
_LARGE = 10_000
"""Smaller clusters have no million of distinct connections."""
_FEW = 1_000
_CHANGED = 50
_OUTSIDE = 2_000


def replay(case: Case) -> Numbers:
    """From edges in columns and a loaded snapshot to what would be cut; both policy sets are read before."""
    from ringfence.replay.compute import replay as run

    snapshot = loaded(case.pods)
    today = read(snapshot)
    edges = traffic(snapshot, today, EDGES if case.pods >= _LARGE else _FEW, random.Random(f"replay {case.pods}"))
    proposed = _changed(today, random.Random(f"proposed {case.pods}"))
    with measured() as work:
        report = run(edges, snapshot, proposed, today)
    return work.numbers("replay") | {
        "replay_edges": len(edges),
        "replay_policies": sum(1 for _ in today.policies()),
        "replay_cut": sum(row.fate.value == "cut" for row in report.rows),
    }


def traffic(snapshot: Snapshot, policies: PolicySet, number: int, rng: random.Random) -> EdgeSet:
    """Distinct connections between workloads, and to addresses outside, with the outcome that the policies bring."""
    import numpy as np

    from ringfence.explain.recorded import RecordedEnds
    from ringfence.flows.edges import EdgeSet
    from ringfence.model.flow import Outcome
    from ringfence.replay.grouping import group
    from ringfence.replay.judging import ALLOWED, Judging

    parties, ports = _parties(snapshot)
    inside = [place for place, served in enumerate(ports) if served]
    calls: dict[tuple[int, int, int], None] = {}
    while len(calls) < number:
        source = rng.choice(inside)
        if rng.random() < 0.1:
            calls[source, rng.randrange(len(ports), len(parties)), 443] = None
        else:
            destination = rng.choice(inside)
            calls[source, destination, rng.choice(ports[destination])] = None
    columns = list(zip(*calls, strict=True))
    edges = EdgeSet(
        parties,
        list(columns[0]),
        list(columns[1]),
        ["TCP"] * number,
        list(columns[2]),
        [Outcome.UNKNOWN] * number,
        [rng.randrange(1, 1000) for _ in range(number)],
        [0.0] * number,
        [604_800.0] * number,
    )
    ends = RecordedEnds(snapshot, parties)
    groups = group(edges, ends.numbers)
    found = Judging(ends, policies).standings(groups.calls, np.zeros(len(groups), dtype=np.bool_))
    edges.outcome = [Outcome.UNKNOWN] * number
    for place, standing in enumerate(found.tolist()):
        for edge in groups.members(place):
            edges.outcome[edge] = Outcome.ALLOWED if standing == ALLOWED else Outcome.DENIED
    return edges


def _parties(snapshot: Snapshot) -> tuple[list[Party], list[list[int]]]:
    """The workloads, with the TCP ports that they listen on, and then addresses outside."""
    from ringfence.flows.edges import Party, PartyKind
    from ringfence.model.ports import Protocol

    served: dict[tuple[str, str], list[int]] = {}
    for pod in snapshot.pods:
        key = pod.namespace, f"{pod.workload.kind}/{pod.workload.name}"
        served.setdefault(key, [port.number for port in pod.ports if port.protocol is Protocol.TCP])
    parties = [Party(PartyKind.WORKLOAD, *key) for key in served]
    outside = [Party(PartyKind.EXTERNAL, address=f"198.18.{n // 256}.{n % 256}") for n in range(_OUTSIDE)]
    return [*parties, *outside], list(served.values())


def _changed(policies: PolicySet, rng: random.Random) -> PolicySet:
    """The policies after a careless change: some have lost their last rule."""
    every = [policy for policy in policies.policies() if policy.ingress]
    gone = {id(policy) for policy in rng.sample(every, min(_CHANGED, len(every)))}
    layers = tuple(
        replace(
            layer,
            stages=tuple(
                replace(
                    stage,
                    policies=tuple(
                        replace(policy, ingress=policy.ingress[:-1]) if id(policy) in gone else policy
                        for policy in stage.policies
                    ),
                )
                for stage in layer.stages
            ),
        )
        for layer in policies.layers
    )
    return replace(policies, layers=layers)
