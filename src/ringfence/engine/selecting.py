"""Which policies select a pod, found by namespace first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.engine.facts import Facts
from ringfence.engine.match import pod_matches
from ringfence.engine.universe import PodKey, pod_key
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Policy, PolicySet, Stage


class SelectingIndex:
    """The policies of each stage by the namespace of their subject. Answers are remembered by pod."""

    def __init__(self, policy_set: PolicySet, facts: Facts) -> None:
        self._facts = facts
        self._of_namespace: dict[tuple[int, str], list[tuple[int, Policy]]] = {}
        self._of_cluster: dict[int, list[tuple[int, Policy]]] = {}
        self._stages: dict[int, int] = {}
        self._remembered: dict[tuple[int, PodKey], list[Policy]] = {}
        stages = [stage for layer in policy_set.layers for stage in layer.stages]
        for number, stage in enumerate(stages):
            self._stages[id(stage)] = number
            for place, policy in enumerate(stage.policies):
                if policy.subject.namespace is not None:
                    self._of_namespace.setdefault((number, policy.subject.namespace), []).append((place, policy))
                else:
                    self._of_cluster.setdefault(number, []).append((place, policy))

    def __call__(self, stage: Stage, pod: Pod, direction: Direction) -> Sequence[Policy]:
        """The policies of ``stage`` that select ``pod`` and have a say on ``direction``, in the stage's order."""
        key = (self._stages[id(stage)], pod_key(pod))
        selecting = self._remembered.get(key)
        if selecting is None:
            selecting = self._remembered[key] = list(self._select(key[0], pod))
        return [policy for policy in selecting if stage.heeds(policy, direction)]

    def numbered(self, pod: Pod) -> Iterator[tuple[int, Policy]]:
        """Every policy that selects ``pod``, with the number of its stage."""
        for number in range(len(self._stages)):
            for policy in self._select(number, pod):
                yield number, policy

    def _select(self, stage: int, pod: Pod) -> Iterator[Policy]:
        candidates = [*self._of_namespace.get((stage, pod.namespace), ()), *self._of_cluster.get(stage, ())]
        for _, policy in sorted(candidates, key=lambda candidate: candidate[0]):
            if pod_matches(policy.subject, pod, self._facts):
                yield policy
