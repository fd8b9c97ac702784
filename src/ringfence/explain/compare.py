"""What differs between a source that is denied and one that works: why the debug pod gets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.explain.causes import object_name
from ringfence.explain.endpoints import End, Endpoints
from ringfence.explain.judge import Judgement, direction_of, judge
from ringfence.model.labels import Labels
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Policy
from ringfence.model.verdict import RuleTrace


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same question for another source.

    ``differences`` are sentences: labels, namespace labels, the host network, the policies that guard its egress.
    ``works_by`` are the rules that let the other one through, where this one is denied.
    """

    other: Judgement
    differences: tuple[str, ...]
    works_by: tuple[RuleTrace, ...] = ()


def compare_sources(engine: Engine, endpoints: Endpoints, judgement: Judgement, other: End) -> Comparison:
    """The answer for ``other`` in the place of the source, and what differs between the two.

    Raises:
        EndpointError: the destination is a Service without the port.
    """
    second = judge(engine, endpoints, other, judgement.destination, judgement.protocol, judgement.port)
    found = tuple(_differences(engine, judgement, second))
    rules = tuple(_works_by(judgement, second))
    return Comparison(second, found, rules)


def _differences(engine: Engine, first: Judgement, second: Judgement) -> Iterator[str]:
    mine, theirs = first.source, second.source
    ours = [end for end in mine.endpoints if isinstance(end, Pod)]
    others = [end for end in theirs.endpoints if isinstance(end, Pod)]
    if not ours or not others:
        outside = mine if not ours else theirs
        yield f"{outside.name} is an address, the other is in the cluster."
        return
    if any(pod.host_network for pod in ours) != any(pod.host_network for pod in others):
        host = mine if any(pod.host_network for pod in ours) else theirs
        yield f"{host.name} is on the network of its node: its egress is free, and rules see the node's address."
    yield from _labels("pod", mine, theirs, _common(pod.labels for pod in ours), _common(pod.labels for pod in others))
    spaces = [sorted({pod.namespace for pod in pods}) for pods in (ours, others)]
    if spaces[0] != spaces[1]:
        yield f"{mine.name} is in namespace {', '.join(spaces[0])}, {theirs.name} in {', '.join(spaces[1])}."
        left, right = (_common(engine.facts.namespace_labels(name) for name in names) for names in spaces)
        yield from _labels("namespace", mine, theirs, left, right)
    yield from _policies(first, second)


def _labels(what: str, mine: End, theirs: End, left: Labels, right: Labels) -> Iterator[str]:
    of = "" if what == "pod" else "the namespace of "
    for key in sorted({*left, *right}):
        if key in ("pod-template-hash", "kubernetes.io/metadata.name") or left.get(key) == right.get(key):
            continue
        if key not in right:
            yield f"Only {of}{mine.name} has the {what} label `{key}={left[key]}`."
        elif key not in left:
            yield f"Only {of}{theirs.name} has the {what} label `{key}={right[key]}`."
        else:
            yield f"The {what} label `{key}` is `{left[key]}` on {of}{mine.name}, `{right[key]}` on {of}{theirs.name}."


def _common(sets: Iterable[Labels]) -> dict[str, str]:
    """The labels that all replicas share."""
    common: dict[str, str] | None = None
    for labels in sets:
        common = dict(labels) if common is None else {k: v for k, v in common.items() if labels.get(k) == v}
    return common or {}


def _policies(first: Judgement, second: Judgement) -> Iterator[str]:
    mine, theirs = _guarding(first), _guarding(second)
    for names, others, end in ((mine, theirs, first.source), (theirs, mine, second.source)):
        only = [name for name in names if name not in others]
        if only:
            yield f"Only the egress of {end.name} is guarded by {', '.join(only)}."
    if bool(mine) != bool(theirs):
        free = second.source if mine else first.source
        yield f"No policy guards the egress of {free.name}."


def _guarding(judgement: Judgement) -> list[str]:
    found: dict[str, Policy] = {}
    for group in judgement.groups:
        for stage in group.verdict.egress.stages:
            found.update((object_name(policy.ref), policy) for policy in stage.selecting)
    return list(found)


def _works_by(first: Judgement, second: Judgement) -> Iterator[RuleTrace]:
    for direction in Direction:
        if first.side(direction) or not second.side(direction):
            continue
        seen: set[tuple[object, int]] = set()
        for group in second.groups:
            for trace in direction_of(group.verdict, direction).deciding:
                if (trace.policy.ref, trace.index) not in seen:
                    seen.add((trace.policy.ref, trace.index))
                    yield trace
