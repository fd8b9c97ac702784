"""The engine before and after, over the cluster's pods and over pods that could be made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.convert.future import Future, future_of
from ringfence.convert.report import Difference, Proof
from ringfence.engine import Engine
from ringfence.engine.difference import Ends, PairChange, compare
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
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
    engines = (Engine.build(everything, before), Engine.build(everything, after))
    found = list(_differences(engines, future, certain=True))
    known = {(each.sources, each.destinations, each.opened, each.closed) for each in found}
    possible = [engine.reading(certain=False) for engine in engines]
    found += [
        each
        for each in _differences(possible, future, certain=False)
        if (each.sources, each.destinations, each.opened, each.closed) not in known
    ]
    return Proof(len(snapshot.pods), len(future.pods), tuple(found), future.limits)


@dataclass(frozen=True, slots=True)
class _Key:
    """What differences have in common that are told as one."""

    end: Ends
    opened: PortSet
    closed: PortSet


def _differences(engines: Sequence[Engine], future: Future, *, certain: bool) -> Iterator[Difference]:
    made = {id(pod) for pod in future.pods}
    for sources, destinations, key in _together(compare(*engines)):
        for some, source_is_made in _apart(sources, made):
            for others, destination_is_made in _apart(destinations, made):
                yield Difference(
                    _names(some),
                    _names(others),
                    key.opened,
                    key.closed,
                    future=source_is_made or destination_is_made,
                    certain=certain,
                )


def _together(changes: Iterable[PairChange]) -> Iterator[tuple[Ends, Ends, _Key]]:
    """The changes, those put together that differ in addresses alone."""
    to_pods: dict[_Key, AddressSet] = {}
    from_pods: dict[_Key, AddressSet] = {}
    for change in changes:
        if isinstance(change.sources, AddressSet):
            key = _Key(change.destinations, change.opened, change.closed)
            to_pods[key] = to_pods.get(key, NO_ADDRESSES) | change.sources
        elif isinstance(change.destinations, AddressSet):
            key = _Key(change.sources, change.opened, change.closed)
            from_pods[key] = from_pods.get(key, NO_ADDRESSES) | change.destinations
        else:
            yield change.sources, change.destinations, _Key((), change.opened, change.closed)
    yield from ((addresses, key.end, key) for key, addresses in to_pods.items())
    yield from ((key.end, addresses, key) for key, addresses in from_pods.items())


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
