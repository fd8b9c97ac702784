"""The policies that could have a say on a pod, found by its namespace: of thousands, only a few are looked at.

Known for each engine from the first question on, for as long as it lives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from ringfence.engine import Engine
from ringfence.explain.near_subjects import additive_policies
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Policy, Stage, StageKind
from ringfence.model.verdict import Endpoint

_Placed = tuple[int, Policy]


class Candidates:
    """The policies of one engine by the namespace of their subjects, in the order of the policy set."""

    def __init__(self, engine: Engine) -> None:
        self._additive = _by_namespace(additive_policies(engine.policy_set))
        self._stages: dict[int, tuple[Stage, dict[str | None, list[_Placed]], list[_Placed]]] = {}
        having = _selecting(engine)
        for layer in engine.policy_set.layers:
            for stage in layer.stages:
                idle = [(place, each) for place, each in enumerate(stage.policies) if id(each) not in having]
                self._stages[id(stage)] = stage, _by_namespace(stage.policies), idle

    def additive(self, ends: Iterable[Endpoint]) -> tuple[Policy, ...]:
        """Of :func:`ringfence.explain.near_subjects.additive_policies`, those whose subjects may be one of ``ends``."""
        namespaces = {end.namespace for end in ends if isinstance(end, Pod)}
        placed = [each for name in (None, *namespaces) for each in self._additive.get(name, ())]
        return tuple(policy for _, policy in sorted(placed, key=_place))

    def meant_for(self, stage: Stage, pod: Pod) -> Iterator[Policy]:
        """The policies of a stage that select ``pod``, or might by a slip.

        Those are of its namespace or of the whole cluster. One that guards, and selects no pod at all, may also have
        been put into another namespace than it was meant for.
        """
        _, by_namespace, idle = self._stages[id(stage)]
        placed = [*by_namespace.get(pod.namespace, ()), *by_namespace.get(None, ())]
        if stage.kind is StageKind.ADDITIVE:
            placed += [each for each in idle if each[1].subject.namespace not in (None, pod.namespace)]
        return (policy for _, policy in sorted(placed, key=_place))


_known: WeakKeyDictionary[Engine, Candidates] = WeakKeyDictionary()


def candidates(engine: Engine) -> Candidates:
    """Those of an engine, which are looked up once."""
    found = _known.get(engine)
    if found is None:
        found = _known[engine] = Candidates(engine)
    return found


def _selecting(engine: Engine) -> set[int]:
    """The identities of policies that have a say on some pod."""
    # An atom that lost its last pod keeps the numbers of then, and those policies may be gone.
    atoms = set(engine.universe.atom_of.values())
    numbers = {number for atom in atoms for direction in Direction for number in engine.policies_of(direction, atom)}
    return {id(engine.program.compiled[number].policy) for number in numbers}


def _by_namespace(policies: Iterable[Policy]) -> dict[str | None, list[_Placed]]:
    found: dict[str | None, list[_Placed]] = {}
    for place, policy in enumerate(policies):
        found.setdefault(policy.subject.namespace, []).append((place, policy))
    return found


def _place(placed: _Placed) -> int:
    return placed[0]
