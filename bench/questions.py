"""Questions to a served cluster, as people and programs ask them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringfence.cluster import Cluster

Question = tuple[str, str, int]
"""Source, destination and port."""

POPULAR = 40
"""Questions that are asked again and again: shared links, and pages that are loaded anew."""

_PORTS = (80, 443, 5432, 8080, 9090)
_KINDS = 4
_TRIES = 50


def questions(cluster: Cluster, name: str, count: int) -> list[Question]:
    """So many: allowed and denied alike; of pods, workloads and Services; a third asked before."""
    rng = random.Random(f"serve {name} {len(cluster.snapshot.pods)}")
    fresh = _drawn(cluster, rng)
    popular = list(itertools.islice(fresh, POPULAR))
    return [rng.choice(popular) if number % 3 == 0 else next(fresh) for number in range(count)]


def _drawn(cluster: Cluster, rng: random.Random) -> Iterator[Question]:
    """New questions without end. Every other one looks for a source that is allowed, which few pairs are."""
    from ringfence.model.ports import Protocol

    snapshot = cluster.snapshot
    services = [each for each in snapshot.services if each.ports and each.ports[0].protocol is Protocol.TCP]
    for number in itertools.count():
        source, destination = rng.sample(snapshot.pods, 2)
        ends, port = (str(source), str(destination)), rng.choice(_PORTS)
        match number // 2 % _KINDS:
            case 1:
                ends = str(source.workload), str(destination.workload)
            case 2:
                service = rng.choice(services)
                ends, port = (str(source), f"service:{service.namespace}/{service.name}"), service.ports[0].port
        for _ in range(_TRIES):
            if number % 2 or cluster.verdict(*ends, port).allowed:
                break
            ends = str(rng.choice(snapshot.pods)), ends[1]
        yield (*ends, port)
