"""The pairs of replicas behind a call, those that no rule can tell apart together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.engine.match import is_self
from ringfence.explain.endpoints import Target
from ringfence.model.objects import Pod
from ringfence.model.verdict import Endpoint


@dataclass(frozen=True, slots=True)
class PairKind:
    """A pair that stands for ``count`` pairs. A node's calls to its own pods, and of a pod to itself, are in none."""

    source: Endpoint
    target: Target
    count: int


def pair_kinds(engine: Engine, sources: Sequence[Endpoint], targets: Sequence[Target]) -> Iterator[PairKind]:
    """Every kind of pair that a policy may cut. A pod's call to itself counts where there is nothing else."""
    alone = len(sources) == len(targets) == 1
    left: dict[int, list[Endpoint]] = {}
    right: dict[tuple[int, int], list[Target]] = {}
    for end in sources:
        left.setdefault(engine.atom(end), []).append(end)
    for target in targets:
        right.setdefault((engine.atom(target.endpoint), target.port), []).append(target)
    for senders in left.values():
        for receivers in right.values():
            count = len(senders) * len(receivers) - _exempt(engine, senders, receivers)
            if not alone:
                count -= _themselves(senders, receivers)
            if count > 0:
                yield PairKind(*_example(engine, senders, receivers, alone=alone), count)


def _exempt(engine: Engine, senders: Iterable[Endpoint], receivers: Iterable[Target]) -> int:
    """How many pairs are of a node and a pod that it runs."""
    nodes = Counter(node for end in senders if (node := node_of(engine, end)))
    if not nodes:
        return 0
    return sum(nodes[each.endpoint.node] for each in receivers if isinstance(each.endpoint, Pod))


def node_of(engine: Engine, source: Endpoint) -> str:
    """The node whose traffic this is; empty for an ordinary pod and for an address that is no node's."""
    if isinstance(source, Pod):
        if not source.host_network:
            return ""
        known = (engine.facts.node_of_address.get(address) for address in source.addresses)
        return source.node or next(filter(None, known), "")
    return engine.facts.node_of_address.get(source.address, "")


def _themselves(senders: Iterable[Endpoint], receivers: Iterable[Target]) -> int:
    """How many pairs are a pod and itself; a host-network pod and itself is on one node, and counted there."""
    known = {
        id(end) for end in senders if isinstance(end, Pod) and not end.planned and not (end.host_network and end.node)
    }
    return sum(id(each.endpoint) in known for each in receivers)


def _example(
    engine: Engine, senders: Iterable[Endpoint], receivers: Sequence[Target], *, alone: bool
) -> tuple[Endpoint, Target]:
    for source in senders:
        node = node_of(engine, source)
        for target in receivers:
            end = target.endpoint
            if node and isinstance(end, Pod) and end.node == node:
                continue
            if alone or not is_self(source, end):
                return source, target
    raise AssertionError  # the caller has counted such a pair
