"""The engine before and after, over the cluster's pods and over pods that could be made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ringfence.convert.future import Future, future_of
from ringfence.convert.report import Difference, Proof
from ringfence.convert.responsible import responsible
from ringfence.engine import Engine
from ringfence.engine.difference import Ends, PairChange, compare
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.icmp import names_icmp
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.ports import PortSet

_SHOWN_RANGES = 4


def prove(snapshot: Snapshot, before: PolicySet, after: PolicySet) -> Proof:
    """Every connection that differs between two policy sets, of pods that are and that could be.

    Both are compared by what is certain, and by what is possible where names or layer 7 have the last word.
    """
    future = future_of(snapshot, before, after)
    everything = replace(
        snapshot,
        namespaces={**snapshot.namespaces, **{space.name: space for space in future.namespaces}},
        pods=(*snapshot.pods, *future.pods),
        nodes=(*snapshot.nodes, *future.nodes),
    )
    icmp = names_icmp((*before.policies(), *after.policies()))
    engines = [Engine.build(everything, policies) for policies in (before, after)]
    if icmp:
        engines = [engine.with_icmp() for engine in engines]
    found = list(dict.fromkeys(_differences(engines, future, engines[0], certain=True)))
    known = {(each.sources, each.destinations, each.opened, each.closed) for each in found}
    possible = [engine.reading(certain=False) for engine in engines]
    found += [
        each
        for each in _differences(possible, future, engines[0], certain=False)
        if (each.sources, each.destinations, each.opened, each.closed) not in known
    ]
    return Proof(len(snapshot.pods), len(future.pods), tuple(found), future.limits)


def _differences(engines: Sequence[Engine], future: Future, before: Engine, *, certain: bool) -> Iterator[Difference]:
    made = {id(pod) for pod in future.pods}
    for sources, destinations, opened, closed in _together(compare(*engines)):
        for some, source_is_made in _apart(sources, made):
            for others, destination_is_made in _apart(destinations, made):
                yield Difference(
                    _names(some),
                    _names(others),
                    opened,
                    closed,
                    future=source_is_made or destination_is_made,
                    certain=certain,
                    rules=responsible(before, some, others, opened, closed),
                )


def _together(changes: Iterable[PairChange]) -> Iterator[tuple[Ends, Ends, PortSet, PortSet]]:
    """Who differs with whom, at which ports; what differs in addresses alone is put together."""
    found: dict[tuple[bool, tuple[int, ...], PortSet, PortSet], tuple[Ends, AddressSet]] = {}
    for change in changes:
        opened, closed = change.opened, change.closed
        addresses, pods, inward = change.sources, change.destinations, True
        if not isinstance(addresses, AddressSet):
            addresses, pods, inward = change.destinations, change.sources, False
        if not isinstance(addresses, AddressSet):
            yield change.sources, change.destinations, opened, closed
            continue
        key = (inward, tuple(map(id, pods)), opened, closed)
        found[key] = (pods, (found[key][1] if key in found else NO_ADDRESSES) | addresses)
    for (inward, _, opened, closed), (pods, addresses) in found.items():
        ends = (addresses, pods) if inward else (pods, addresses)
        yield *ends, opened, closed


def _apart(ends: Ends, made: set[int]) -> Iterator[tuple[Ends, bool]]:
    """Pods that are, and pods that could be, apart."""
    if isinstance(ends, AddressSet):
        yield ends, False
        return
    for is_made in (False, True):
        some = tuple(pod for pod in ends if (id(pod) in made) is is_made)
        if some:
            yield some, is_made


def _names(ends: Ends) -> tuple[str, ...]:
    if not isinstance(ends, AddressSet):
        return tuple(dict.fromkeys(_pods(ends)))
    ranges = str(ends).split(",")
    more = len(ranges) - _SHOWN_RANGES
    return (*ranges[:_SHOWN_RANGES], f"{more} more ranges") if more > 0 else tuple(ranges)


def _pods(pods: Iterable[Pod]) -> Iterator[str]:
    for pod in pods:
        yield str(pod.workload)
