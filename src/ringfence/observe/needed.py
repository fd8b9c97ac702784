"""What recorded traffic needs: connections that pass, without those that no policy limits or that policies deny."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.explain.recorded_reasons import Standing
from ringfence.explain.recorded_verdict import RecordedJudge
from ringfence.model.policy import PolicySet
from ringfence.model.ports import Protocol
from ringfence.observe.usage import Usage, Used


@dataclass(frozen=True, slots=True)
class Needed:
    """``connections`` are pairs of ends, as ``why`` takes them, with what was seen.

    ``probes`` counts connections from nodes to pods that they may run: policies never limit those (semantics of
    NetworkPolicy: traffic to and from the node where a pod runs is always allowed). ``refused`` names connections that
    passed when they were last seen, though the policies deny them all: records and policies disagree.
    """

    connections: tuple[tuple[str, str, Usage], ...]
    probes: int
    refused: tuple[str, ...]


def needed(used: Used, policies: PolicySet) -> Needed:
    """What was seen to pass over protocols with ports.

    One that was only ever denied may be a scanner's: nobody asks for it. One that is denied since is needed.
    """
    judge = RecordedJudge(used.ends, policies)
    kept: list[tuple[str, str, Usage]] = []
    probes, refused = 0, []
    for call in used.calls:
        usage = used.usage(call)
        if not usage.passed or not usage.port or usage.protocol not in Protocol.__members__:
            continue
        if usage.probes:
            probes += 1
            continue
        verdict = judge.verdict(*call.ends, call.protocol, call.port)
        if usage.passes and verdict.standing is Standing.DENIED and verdict.failing == verdict.pairs:
            source, destination = (used.ends.ends[end].name for end in call.ends)
            refused.append(f"{source} → {destination} {usage.protocol} {usage.port}")
            continue
        kept += ((start, end, usage) for start, end in _pairs(used, call.ends))
    return Needed(tuple(kept), probes, tuple(refused))


def _pairs(used: Used, ends: tuple[int, int]) -> Iterator[tuple[str, str]]:
    sources, destinations = (used.names(end) for end in ends)
    for start in sources:
        for end in destinations:
            yield start, end
