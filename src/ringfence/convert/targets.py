"""The dialects to convert to: what each can say in stages, and its writer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ringfence.convert.fold import folded
from ringfence.dialects.calico.write import write_calico_policies
from ringfence.dialects.cilium.write import write_cilium_policies
from ringfence.dialects.istio.write import write_authorization_policies
from ringfence.dialects.writing import Target, Written
from ringfence.dialects.writing.bodies import Losses
from ringfence.dialects.writing.cluster_network_policy import write_cluster_network_policies
from ringfence.dialects.writing.network_policy import write_network_policies
from ringfence.model.policy import Action, Stage, StageKind

Write = Callable[[Sequence[Stage], Target], Written]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One target. ``cni`` is the only enforcer of its objects, where there is only one."""

    write: Write
    cni: str = ""


def _network_policy(stages: Sequence[Stage], target: Target) -> Written:
    if not any(stage.kind is StageKind.ORDERED for stage in stages):
        return write_network_policies(stages, target)
    return _folded(stages, target, write_network_policies)


def _cilium(stages: Sequence[Stage], target: Target) -> Written:
    if _denies_first(stages):
        return write_cilium_policies(stages, target)
    return _folded(stages, target, write_cilium_policies)


def _istio(stages: Sequence[Stage], target: Target) -> Written:
    if _denies_first(stages):
        return write_authorization_policies(stages, target)
    return _folded(stages, target, write_authorization_policies)


def _folded(stages: Sequence[Stage], target: Target, write: Write) -> Written:
    losses = Losses()
    written = write([folded(stages, losses, target.snapshot.namespaces)], target)
    return Written(written.objects, (*losses.found, *written.losses))


def _denies_first(stages: Sequence[Stage]) -> bool:
    """True where all ordered stages only deny and stand before the one additive stage, which is Cilium's own order."""
    kinds = [stage.kind for stage in stages]
    additive = kinds.count(StageKind.ADDITIVE)
    return additive <= 1 and (not additive or kinds[-1] is StageKind.ADDITIVE) and all(map(_only_denies, stages))


def _only_denies(stage: Stage) -> bool:
    if stage.kind is StageKind.ADDITIVE:
        return True
    rules = [rule for policy in stage.policies for rule in (*policy.egress, *policy.ingress)]
    return stage.default is not Action.DENY and all(rule.action in (Action.DENY, Action.LOG) for rule in rules)


TARGETS: Mapping[str, Dialect] = {
    "networkpolicy": Dialect(_network_policy),
    "cilium": Dialect(_cilium, "cilium"),
    "calico": Dialect(write_calico_policies, "calico"),
    "istio": Dialect(_istio),
    "cnp": Dialect(write_cluster_network_policies),
}
"""By the name on the command line."""
