"""Which change of the cluster came before a denial: consecutive snapshots, and the first that denies it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.explain.endpoints import Target
from ringfence.explain.pair_kinds import pair_kinds
from ringfence.explain.recorded import Basis, RecordedEnds
from ringfence.explain.recorded_reasons import Reason, Standing
from ringfence.explain.recorded_verdict import RecordedJudge, RecordedVerdict
from ringfence.explain.words import object_name
from ringfence.flows.edges import Party
from ringfence.model.objects import Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Policy, PolicySet
from ringfence.model.ports import Protocol
from ringfence.observe.calls import Call
from ringfence.observe.report import Change


@dataclass(frozen=True, slots=True)
class Moment:
    """A cluster at a time, in seconds since 1970; ``name`` is the input that it was read from."""

    time: float
    name: str
    snapshot: Snapshot
    policies: PolicySet


@dataclass(slots=True)
class _State:
    moment: Moment
    ends: RecordedEnds
    judge: RecordedJudge
    by_ref: dict[ObjectRef, tuple[Policy, ...]] = field(default_factory=dict)


class History:
    """Snapshots in the order of time. Calls are judged under each."""

    def __init__(self, moments: Sequence[Moment], parties: Sequence[Party]) -> None:
        self._states = [_state(moment, parties) for moment in sorted(moments, key=lambda moment: moment.time)]

    def __bool__(self) -> bool:
        return len(self._states) > 1

    def before(self, call: Call, moment: float) -> tuple[Change, ...]:
        """What first denied the call, in the last change that may have come before the moment."""
        verdicts = [self._verdict(state, call) for state in self._states]
        for number in range(len(self._states) - 1, 0, -1):
            earlier, later = verdicts[number - 1 : number + 1]
            if self._states[number - 1].moment.time > moment:
                continue
            if later.standing is Standing.DENIED and earlier.standing not in (Standing.DENIED, None):
                return tuple(self._changes(number, call, later))
        return ()

    def denied_at(self, call: Call, moment: float) -> bool | None:
        """Whether the policies of that time deny the call; None where no snapshot is as old, or it can't be judged."""
        states = [state for state in self._states if state.moment.time <= moment]
        if not states:
            return None
        standing = self._verdict(states[-1], call).standing
        return standing is Standing.DENIED if standing is not None else None

    def _verdict(self, state: _State, call: Call) -> RecordedVerdict:
        source, destination = (state.ends.numbers[party] for party in call.parties)
        return state.judge.verdict(source, destination, call.protocol, call.port)

    def _changes(self, number: int, call: Call, verdict: RecordedVerdict) -> Iterator[Change]:
        before, after = self._states[number - 1 : number + 1]
        times = before.moment.time, after.moment.time
        told = False
        for reason in verdict.reasons:
            text = _policy_change(reason, before, after)
            if text:
                told = True
                yield Change(*times, text, reason.policy, reason.origin)
        for ref in self._allowing(before, call):
            if ref not in after.by_ref:
                told = True
                yield Change(*times, f"{object_name(ref)}, which allowed it, is removed", ref)
            elif before.by_ref[ref] != after.by_ref[ref] and all(reason.policy != ref for reason in verdict.reasons):
                told = True
                origin = after.by_ref[ref][0].origin
                yield Change(*times, f"{object_name(ref)}, which allowed it, is changed", ref, origin)
        if not told:
            for reason in verdict.reasons:
                text = f"labels of pods or namespaces changed, and now {reason.text}"
                yield Change(*times, text, reason.policy, reason.origin)

    def _allowing(self, state: _State, call: Call) -> Iterator[ObjectRef]:
        """The policies whose rules allow the call."""
        source, destination = (state.ends[party] for party in call.parties)
        if destination.basis is Basis.SERVICE or call.port is None:
            return
        targets = [Target(each, call.port) for each in destination.end.endpoints]
        found: dict[ObjectRef, None] = {}
        for kind in pair_kinds(state.judge.engine, source.end.endpoints, targets):
            verdict = state.judge.engine.verdict(
                kind.source, kind.target.endpoint, Protocol[call.protocol], call.port, misses=False
            )
            for side in (verdict.egress, verdict.ingress):
                if side.allowed:
                    found.update(dict.fromkeys(trace.policy.ref for trace in side.deciding))
        yield from found

    def policy_changes(self) -> Iterator[Change]:
        """Every policy that came, went or was changed, snapshot by snapshot."""
        for before, after in zip(self._states, self._states[1:], strict=False):
            times = before.moment.time, after.moment.time
            for ref in dict.fromkeys((*before.by_ref, *after.by_ref)):
                old, new = before.by_ref.get(ref), after.by_ref.get(ref)
                if old == new:
                    continue
                word = "is new" if old is None else "is removed" if new is None else "is changed"
                policy = (new or old or ())[0]
                yield Change(*times, f"{object_name(ref)} {word}", ref, policy.origin)


def _policy_change(reason: Reason, before: _State, after: _State) -> str:
    """How the policy that denies differs from the snapshot before; empty where it doesn't."""
    if reason.policy is None:
        return ""
    old, new = before.by_ref.get(reason.policy), after.by_ref.get(reason.policy)
    if old == new:
        return ""
    return f"{object_name(reason.policy)} {'is new' if old is None else 'is changed'}: {reason.text}"


def _state(moment: Moment, parties: Sequence[Party]) -> _State:
    ends = RecordedEnds(moment.snapshot, parties)
    found: dict[ObjectRef, tuple[Policy, ...]] = {}
    for policy in moment.policies.policies():
        found[policy.ref] = (*found.get(policy.ref, ()), policy)
    return _State(moment, ends, RecordedJudge(ends, moment.policies), found)
