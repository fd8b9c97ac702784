"""What rules look at: the snapshot, its policies, and, built when first asked for, the engine and the survey."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ringfence.model.finding import Finding
from ringfence.model.labels import EVERYTHING, LabelExpr
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod, RawObject, Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction, Peer, PodPeer, Policy, PolicySet, Rule, Stage

if TYPE_CHECKING:  # the engine brings numpy, and rules about documents must start without it
    from ringfence.engine import Engine


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user decides about rules.

    ``annotations`` are the annotation keys that every policy must have. ``owner_label`` is the namespace label that
    says which team a namespace belongs to, where it isn't one of those usual. ``today`` is the date that expiry dates
    of suppressions are compared with.
    """

    annotations: tuple[str, ...] = ()
    owner_label: str = ""
    today: dt.date = field(default_factory=dt.date.today)


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule with its policy and direction, and its number among the policy's rules of that direction."""

    stage: Stage
    policy: Policy
    direction: Direction
    index: int
    rule: Rule


class LintContext:
    """Everything a rule may ask about one cluster. What is expensive is worked out once, when first asked for."""

    def __init__(
        self,
        snapshot: Snapshot,
        policy_set: PolicySet,
        findings: Iterable[Finding] = (),
        settings: Settings | None = None,
        *,
        engine: Engine | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.policy_set = policy_set
        self.reported = tuple(findings)
        """What reading the input and the policies found."""
        self.settings = settings or Settings()
        self._engine = engine
        self._selected: dict[tuple[str | None, LabelExpr, LabelExpr], tuple[Pod, ...]] = {}

    @cached_property
    def engine(self) -> Engine:
        """The engine over this snapshot."""
        if self._engine is not None:
            return self._engine
        from ringfence.engine import Engine

        return Engine.build(self.snapshot, self.policy_set)

    # ---- policies ------------------------------------------------------------------------------------------------

    @cached_property
    def policies(self) -> tuple[tuple[Stage, Policy], ...]:
        """Every policy with its stage."""
        return tuple(
            (stage, policy) for layer in self.policy_set.layers for stage in layer.stages for policy in stage.policies
        )

    @cached_property
    def rules(self) -> tuple[PlacedRule, ...]:
        """Every rule of every policy."""
        return tuple(
            PlacedRule(stage, policy, direction, index, rule)
            for stage, policy in self.policies
            for direction in Direction
            for index, rule in enumerate(policy.rules(direction))
        )

    def raw(self, ref: ObjectRef) -> RawObject | None:
        """The policy object as it stands in the input."""
        return self._raw.get(ref)

    @cached_property
    def _raw(self) -> dict[ObjectRef, RawObject]:
        return {raw.ref: raw for raw in self.snapshot.policies}

    # ---- pods ----------------------------------------------------------------------------------------------------

    @cached_property
    def pods_of(self) -> dict[str, tuple[Pod, ...]]:
        """The pods that policy can select, by namespace: those of the host network are left out."""
        found: dict[str, list[Pod]] = {}
        for pod in self.snapshot.pods:
            if not pod.host_network:
                found.setdefault(pod.namespace, []).append(pod)
        return {namespace: tuple(pods) for namespace, pods in found.items()}

    def selected(self, peer: Peer) -> tuple[Pod, ...]:
        """The pods that a pod peer, or a policy's subject, selects; none for other kinds of peer."""
        if not isinstance(peer, PodPeer):
            return ()
        key = (peer.namespace, peer.namespaces, peer.pods)
        pods = self._selected.get(key)
        if pods is None:
            pods = self._selected[key] = tuple(self._select(peer))
        return pods

    def _select(self, peer: PodPeer) -> Iterator[Pod]:
        universe = self.engine.universe
        from ringfence.engine import bits

        for number in bits.members(universe.pod_bits(peer)):
            yield from universe.atoms[number].pods

    def namespaces(self, peer: PodPeer) -> tuple[str, ...]:
        """The names of the namespaces that a pod peer looks at, sorted."""
        if peer.namespace is not None:
            return (peer.namespace,)
        everywhere = peer.namespaces == EVERYTHING
        return tuple(
            name
            for name, namespace in sorted(self.snapshot.namespaces.items())
            if everywhere or peer.namespaces.matches(namespace.labels)
        )

    def has_pods(self, peer: PodPeer) -> bool:
        """True where the input can say what a peer matches: it has pods of the namespaces that are looked at.

        A selector that no namespace matches can be judged where the labels of namespaces are known: in the input of
        a whole cluster, or where other namespaces have the label that is asked for.
        """
        names = self.namespaces(peer)
        if names:
            return any(name in self.pods_of for name in names)
        asked = set(peer.namespaces.keys()) - {NAMESPACE_NAME_LABEL}
        return self.whole or any(self.namespace_values(key) for key in asked)

    @cached_property
    def whole(self) -> bool:
        """True where the input looks like all of a cluster, and not like the manifests of some applications."""
        system = self.snapshot.namespaces.get("kube-system")
        return bool(self.snapshot.nodes) or (system is not None and system.given and "kube-system" in self.pods_of)

    def namespace_values(self, key: str) -> frozenset[str]:
        """The values that a label has on the namespaces of the input."""
        return self._namespace_values.get(key, frozenset())

    @cached_property
    def _namespace_values(self) -> dict[str, frozenset[str]]:
        values: dict[str, set[str]] = {}
        for namespace in self.snapshot.namespaces.values():
            for key, value in namespace.labels.items():
                values.setdefault(key, set()).add(value)
        return {key: frozenset(found) for key, found in values.items()}
