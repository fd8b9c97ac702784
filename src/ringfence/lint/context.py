"""What rules look at: the snapshot, its policies, and, built when first asked for, the engine and the survey."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.finding import Finding
from ringfence.model.icmp import names_icmp
from ringfence.model.labels import EVERYTHING, LabelExpr
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod, RawObject, Service, Snapshot
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import (
    AddressPeer,
    Direction,
    NamePeer,
    Peer,
    PodPeer,
    Policy,
    PolicySet,
    Rule,
    Stage,
    leaves,
)
from ringfence.model.ports import Protocol

if TYPE_CHECKING:  # the engine brings numpy, and rules about documents must start without it
    from ringfence.engine import Engine
    from ringfence.survey import Survey

T = TypeVar("T")


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
        engine: Callable[[], Engine] | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.policy_set = policy_set
        self.reported = tuple(findings)
        """What reading the input and the policies found."""
        self.settings = settings or Settings()
        self._engine = engine
        self._selected: dict[tuple[str | None, LabelExpr, LabelExpr], tuple[Pod, ...]] = {}
        self._names: dict[LabelExpr, tuple[str, ...]] = {}
        self._made: dict[Callable[[LintContext], Any], Any] = {}

    @cached_property
    def engine(self) -> Engine:
        """The engine over this snapshot."""
        if self._engine is not None:
            return self._engine()
        from ringfence.engine import Engine

        return Engine.build(self.snapshot, self.policy_set)

    @cached_property
    def exact(self) -> Engine:
        """The engine with ICMP in its sets of ports where a policy names it: for what must change nothing at all."""
        return self.engine.with_icmp() if names_icmp(self.policy_set.policies()) else self.engine

    @cached_property
    def possible(self) -> Engine:
        """The engine with every connection allowed that is possible, whatever names and layer 7 decide.

        Rules about cuts ask this one: what is allowed under a condition is cut by nobody.
        """
        unsure = any(
            placed.rule.conditions
            or any(isinstance(leaf, NamePeer) and leaf.uncertain for leaf in leaves(placed.rule.peers or ()))
            for placed in self.rules
        )
        return self.engine.reading(certain=False) if unsure else self.engine

    @cached_property
    def survey(self) -> Survey:
        """What the cluster needs to work."""
        from ringfence.survey import survey

        return survey(self.snapshot, owner_label=self.settings.owner_label)

    def once(self, make: Callable[[LintContext], T]) -> T:
        """What ``make`` works out of this context, remembered for the rules that share it."""
        if make not in self._made:
            self._made[make] = make(self)
        found: T = self._made[make]
        return found

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
            if rule.name != OTHER_PROTOCOLS  # which nobody wrote
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

    def destinations(self, placed: PlacedRule) -> tuple[Pod, ...]:
        """The pods that a rule's ports are ports of: the policy's for ingress, the peers for egress.

        Pods that an address range holds count as peers; an egress rule without peers has every pod as destination.
        """
        if placed.direction is Direction.INGRESS:
            return self.selected(placed.policy.subject)
        peers = placed.rule.peers
        if peers is None:
            return tuple(pod for pods in self.pods_of.values() for pod in pods)
        found: dict[int, Pod] = {}
        for peer in peers:
            held = self.holders(peer.addresses) if isinstance(peer, AddressPeer) else self.selected(peer)
            found.update((id(pod), pod) for pod in held if not pod.host_network)
        return tuple(found.values())

    def holders(self, addresses: AddressSet) -> tuple[Pod, ...]:
        """The pods, of the host network too, that have an address in a set."""
        found: dict[int, Pod] = {}
        points, pods = self._addresses
        for lo, hi in addresses:
            for position in range(bisect_left(points, lo), bisect_right(points, hi)):
                found[id(pods[position])] = pods[position]
        return tuple(found.values())

    @cached_property
    def _addresses(self) -> tuple[list[int], list[Pod]]:
        held = sorted(
            ((address, pod) for pod in self.snapshot.pods for address in pod.addresses), key=lambda pair: pair[0]
        )
        return [address for address, _ in held], [pod for _, pod in held]

    def namespaces(self, peer: PodPeer) -> tuple[str, ...]:
        """The names of the namespaces that a pod peer looks at, sorted."""
        if peer.namespace is not None:
            return (peer.namespace,)
        names = self._names.get(peer.namespaces)
        if names is None:
            everywhere = peer.namespaces == EVERYTHING
            names = self._names[peer.namespaces] = tuple(
                name
                for name, namespace in sorted(self.snapshot.namespaces.items())
                if everywhere or peer.namespaces.matches(namespace.labels)
            )
        return names

    def kinds(self, pods: Iterable[Pod]) -> tuple[Pod, ...]:
        """One pod of each kind that policies can tell apart."""
        atoms = {self.engine.atom(pod): pod for pod in pods}
        return tuple(atoms.values())

    def has_pods(self, peer: PodPeer) -> bool:
        """True where the input can say what a peer matches: it has pods of the namespaces that are looked at.

        A selector that no namespace matches can be judged where the labels of namespaces are known: in the input of
        a whole cluster, or where other namespaces have the label that is asked for.
        """
        names = self.namespaces(peer)
        if peer.namespace is None and peer.namespaces == EVERYTHING:
            return self.whole
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

    # ---- services ------------------------------------------------------------------------------------------------

    def serves(self, protocol: Protocol, port: int) -> bool:
        """True where some Service has this port and sends it to another port of its pods."""
        return (protocol, port) in self._service_ports

    @cached_property
    def _service_ports(self) -> frozenset[tuple[Protocol, int]]:
        return frozenset(
            (port.protocol, port.port)
            for service in self.snapshot.services
            for port in service.ports
            if port.port != port.target
        )

    def services_of(self, pod: Pod) -> tuple[Service, ...]:
        """The Services whose selector matches a pod."""
        found = []
        for service in self._services.get(pod.namespace, ()):
            selector = service.selector
            if selector and all(pod.labels.get(key) == value for key, value in selector.items()):
                found.append(service)
        return tuple(found)

    def backends(self, service: Service) -> tuple[Pod, ...]:
        """The pods behind a Service."""
        if not service.selector:
            return ()
        wanted = service.selector.items()
        pods = self.pods_of.get(service.namespace, ())
        return tuple(pod for pod in pods if all(pod.labels.get(key) == value for key, value in wanted))

    @cached_property
    def _services(self) -> dict[str, tuple[Service, ...]]:
        found: dict[str, list[Service]] = {}
        for service in self.snapshot.services:
            found.setdefault(service.namespace, []).append(service)
        return {namespace: tuple(services) for namespace, services in found.items()}

    @cached_property
    def cluster_addresses(self) -> tuple[tuple[int, Service], ...]:
        """Every cluster address with its Service."""
        return tuple((address, service) for service in self.snapshot.services for address in service.cluster_addresses)

    # ---- connections ---------------------------------------------------------------------------------------------

    def permits(self, placed: PlacedRule, destination: Pod, protocol: Protocol, port: int) -> bool:
        """True where policies of the rule's direction let all its peers, or any one of them, use a destination's port.

        For ingress every peer must be let in; for egress every pod of the policy must be let out to the destination.
        A rule for everybody is asked with an address outside the cluster.
        """
        engine = self.engine
        there = engine.atom(destination)
        if placed.direction is Direction.EGRESS:
            others = {engine.atom(pod) for pod in self.selected(placed.policy.subject)}
            pairs = [(atom, there) for atom in others]
        else:
            pairs = [(there, atom) for atom in self._peer_atoms(placed)]
        if not pairs:
            return True
        sets = engine.table.sets
        return all(
            sets[engine.row(placed.direction, subject).ports(other)].has(protocol, port) for subject, other in pairs
        )

    def _peer_atoms(self, placed: PlacedRule) -> set[int]:
        universe = self.engine.universe
        if placed.rule.peers is None:
            return {universe.atom_of_address(parse_address("192.0.2.1"))}
        from ringfence.engine import bits

        return {
            atom
            for peer in placed.rule.peers
            for atom in bits.members(universe.peer_bits(peer))
            if universe.atoms[atom].pods or universe.atoms[atom].is_address
        }
