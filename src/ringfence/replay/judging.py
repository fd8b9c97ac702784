"""What one set of policies says of every recorded call: in columns where it can be, pair by pair where it can't."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ringfence.engine import Engine
from ringfence.engine.columns import Calls, Shape, judge, protocol_of
from ringfence.explain.endpoints import Target
from ringfence.explain.pair_kinds import PairKind, node_of, pair_kinds
from ringfence.explain.recorded import Basis, RecordedEnds
from ringfence.model.errors import EndpointError
from ringfence.model.objects import Pod
from ringfence.model.policy import NamePeer, PolicySet, leaves
from ringfence.model.ports import AnyProtocol, PortSet, Protocol
from ringfence.model.verdict import Endpoint

ALLOWED, UNSURE, DENIED, UNJUDGED = range(4)

Standings = npt.NDArray[np.int8]

_Kinds = tuple[tuple[PairKind, PortSet], ...]


class Judging:
    """Judges calls between recorded ends under one set of policies, those of ICMP only with ``icmp``.

    The worst pair of replicas decides.
    """

    def __init__(self, ends: RecordedEnds, policies: PolicySet, *, icmp: bool = False) -> None:
        self.ends = ends
        engine = Engine.build(ends.snapshot, policies)
        self.certain = engine.with_icmp() if icmp else engine
        self._known: dict[tuple[bool, int, int], _Kinds] = {}
        self._targets: dict[tuple[int, AnyProtocol, int], tuple[Target, ...]] = {}

    @cached_property
    def possible(self) -> Engine:
        """The engine that takes rules with names and conditions as met."""
        return self.certain.reading(certain=False)

    @cached_property
    def shapes(self) -> Sequence[Sequence[Shape]]:
        """The atoms of each end's endpoints; a Service's depend on the port, and are none here."""
        return [() if end.basis is Basis.SERVICE else self._shapes(end.end.endpoints) for end in self.ends.ends]

    def _shapes(self, endpoints: Iterable[Endpoint]) -> list[Shape]:
        nodes: dict[int, tuple[set[str], set[str]]] = {}
        for end in endpoints:
            sending, running = nodes.setdefault(self.certain.atom(end), (set(), set()))
            sending.add(node_of(self.certain, end))
            running.add(end.node if isinstance(end, Pod) else "")
        return [Shape(atom, _only(sending), _only(running)) for atom, (sending, running) in sorted(nodes.items())]

    def standings(self, calls: Calls, by_pair: npt.NDArray[np.bool_]) -> Standings:
        """What is said of each call; ``by_pair`` marks those that columns can't judge."""
        found = np.full(len(calls), DENIED, dtype=np.int8)
        for engine, mark in ((self.certain, ALLOWED), (self.possible, UNSURE)):
            chosen = ~by_pair & (found == DENIED)
            judged = judge(engine, self.shapes, calls.take(chosen))
            found[np.flatnonzero(chosen)[judged.pairs == judged.allowed]] = mark
            if not self._uncertain:
                break
        for call in np.flatnonzero(by_pair).tolist():
            found[call] = self._pairwise(*(int(column[call]) for column in calls.columns))
        return found

    @cached_property
    def _uncertain(self) -> bool:
        """False where no rule depends on what the input can't show, so that both readings are the same."""
        return any(
            rule.conditions or any(isinstance(peer, NamePeer) and peer.uncertain for peer in leaves(rule.peers or ()))
            for policy in self.certain.policy_set.policies()
            for rule in (*policy.egress, *policy.ingress)
        )

    def _pairwise(self, source: int, destination: int, protocol: int, port: int) -> int:
        asked = protocol_of(protocol)
        try:
            targets = self.targets(destination, asked, port)
        except EndpointError:
            return UNJUDGED
        for engine, mark in ((self.certain, ALLOWED), (self.possible, UNSURE)):
            kinds = self._kinds(engine, source, destination, targets)
            if all(ports.has(asked, kind.target.port) for kind, ports in kinds):
                return mark
        return DENIED

    def targets(self, destination: int, protocol: AnyProtocol, port: int) -> tuple[Target, ...]:
        """Where a call arrives: a Service's port is each endpoint's own.

        Raises:
            EndpointError: the Service doesn't have the port.
        """
        end = self.ends.ends[destination]
        if end.basis is not Basis.SERVICE or not isinstance(protocol, Protocol):
            return tuple(Target(each, port) for each in end.end.endpoints)
        key = destination, protocol, port
        if key not in self._targets:
            self._targets[key] = self.ends.endpoints.targets(end.end, protocol, port)
        return self._targets[key]

    def failing(self, source: int, destination: int, protocol: AnyProtocol, port: int) -> tuple[list[PairKind], int]:
        """The pairs of replicas that are not surely allowed, and how many pairs there are."""
        kinds = self._kinds(self.certain, source, destination, self.targets(destination, protocol, port))
        failing = [kind for kind, ports in kinds if not ports.has(protocol, kind.target.port)]
        return failing, sum(kind.count for kind, _ in kinds)

    def _kinds(self, engine: Engine, source: int, destination: int, targets: tuple[Target, ...]) -> _Kinds:
        """The kinds of pairs, each with all ports that it may use."""
        start = self.ends.ends[source]
        if self.ends.ends[destination].basis is Basis.SERVICE:
            return _with_ports(engine, pair_kinds(engine, start.end.endpoints, targets))
        key = engine is self.certain, source, destination
        if key not in self._known:
            self._known[key] = _with_ports(engine, pair_kinds(engine, start.end.endpoints, targets))
        # The pairs are the same at every port, but for the port that they are asked about.
        return tuple(
            (PairKind(kind.source, Target(kind.target.endpoint, targets[0].port), kind.count), ports)
            for kind, ports in self._known[key]
        )


def _with_ports(engine: Engine, kinds: Iterable[PairKind]) -> _Kinds:
    return tuple((kind, engine.allowed(kind.source, kind.target.endpoint)) for kind in kinds)


def _only(names: set[str]) -> str:
    """The one name; empty where there are several."""
    return next(iter(names)) if len(names) == 1 else ""
