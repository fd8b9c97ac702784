"""Places for the ends of a service map: callers left of what they call, few crossings.

A small layered layout after K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
structures" (1981): layers by the longest path, order within them by the mean of the neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SWEEPS = 6

Pair = tuple[int, int]


def layers(count: int, links: Sequence[Pair]) -> list[list[int]]:
    """The ends of each layer, top to bottom; a cycle is cut where a walk from the first end meets itself."""
    following: dict[int, list[int]] = {number: [] for number in range(count)}
    for source, destination in links:
        if source != destination:
            following[source].append(destination)
    forward = _acyclic(count, following)
    level = dict.fromkeys(range(count), 0)
    for _ in range(count):
        moved = False
        for source, destination in forward:
            if level[destination] <= level[source]:
                level[destination] = level[source] + 1
                moved = True
        if not moved:
            break
    found: list[list[int]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for number in range(count):
        found[level[number]].append(number)
    return _ordered(found, links)


def _acyclic(count: int, following: Mapping[int, list[int]]) -> list[Pair]:
    """The links without those that close a cycle; ends that nobody calls are walked from first."""
    called = {destination for targets in following.values() for destination in targets}
    starts = sorted(range(count), key=lambda number: (number in called, number))
    done: set[int] = set()
    kept: list[Pair] = []
    for start in starts:
        if start in done:
            continue
        path, walk = {start}, [(start, iter(following[start]))]
        while walk:
            number, rest = walk[-1]
            target = next(rest, None)
            if target is None:
                walk.pop()
                path.discard(number)
                done.add(number)
                continue
            if target in path:
                continue
            kept.append((number, target))
            if target not in done:
                path.add(target)
                walk.append((target, iter(following[target])))
    return kept


def _ordered(found: list[list[int]], links: Sequence[Pair]) -> list[list[int]]:
    near: dict[int, list[int]] = {}
    for source, destination in links:
        near.setdefault(source, []).append(destination)
        near.setdefault(destination, []).append(source)
    place = {number: index / max(len(layer), 1) for layer in found for index, number in enumerate(layer)}
    for _ in range(_SWEEPS):
        for layer in found:
            weight = {
                number: sum(place[each] for each in near.get(number, [number])) / len(near.get(number, [number]))
                for number in layer
            }
            layer.sort(key=lambda number: (weight[number], number))
            place.update({number: (index + 0.5) / len(layer) for index, number in enumerate(layer)})
    return found
