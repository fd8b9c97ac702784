"""Which change of the policies cuts a connection: a rule that allowed it and is gone, or a policy that is new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.explain.recorded_reasons import Reason
from ringfence.explain.words import object_name, rule_number
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Policy, PolicySet
from ringfence.model.verdict import RuleTrace


class Changes:
    """The policies of today and the proposed ones, by name. One name may stand for several in the intermediate form."""

    def __init__(self, today: PolicySet, proposed: PolicySet) -> None:
        self._today, self._proposed = _by_ref(today), _by_ref(proposed)

    def first(self, reasons: Iterable[Reason], allowed: Iterable[RuleTrace]) -> tuple[Reason, ...]:
        """The reasons with what changed before what didn't: rules that allowed it, then policies that differ."""
        denied = list(reasons)
        directions = {reason.direction for reason in denied}
        lost = dict.fromkeys(self._lost(trace for trace in allowed if trace.direction in directions))
        denied.sort(key=lambda reason: self._is_same(reason.policy))
        return (*lost, *denied)

    def _lost(self, allowed: Iterable[RuleTrace]) -> Iterator[Reason]:
        for trace in allowed:
            name = f"{object_name(trace.policy.ref)}, {rule_number(trace)} allowed it, and is"
            there = self._proposed.get(trace.policy.ref)
            if there is None:
                yield Reason(trace.direction, f"{name} removed", trace.policy.ref, trace.rule.origin)
            elif not any(trace.rule in policy.rules(trace.direction) for policy in there):
                rules = [rule for policy in there for rule in policy.rules(trace.direction)]
                counterpart = rules[trace.index].origin if trace.index < len(rules) else there[0].origin
                word = "changed" if trace.index < len(rules) else "removed"
                yield Reason(trace.direction, f"{name} {word}", trace.policy.ref, counterpart)

    def _is_same(self, ref: ObjectRef | None) -> bool:
        return ref is not None and self._today.get(ref) == self._proposed.get(ref)


def _by_ref(policies: PolicySet) -> dict[ObjectRef, tuple[Policy, ...]]:
    found: dict[ObjectRef, tuple[Policy, ...]] = {}
    for policy in policies.policies():
        found[policy.ref] = (*found.get(policy.ref, ()), policy)
    return found
