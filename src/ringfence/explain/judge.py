"""One question, every pair of endpoints it stands for: the verdicts, grouped by how they came about."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from ringfence.engine import Engine
from ringfence.engine.match import is_self
from ringfence.explain.endpoints import End, Endpoints, Target
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import DirectionVerdict, Endpoint, Outcome, StageTrace, Verdict


@dataclass(slots=True)
class Group:
    """Pairs of endpoints for which every stage decides alike, for the same reasons.

    ``verdict`` is that of one pair; the ends are keyed by name.
    """

    verdict: Verdict
    sources: dict[str, Endpoint] = field(default_factory=dict)
    destinations: dict[str, Endpoint] = field(default_factory=dict)
    pairs: int = 0

    def add(self, sources: Iterable[Endpoint], destinations: Iterable[Endpoint], pairs: int) -> None:
        """Count more pairs."""
        self.sources.update((str(end), end) for end in sources)
        self.destinations.update((str(end), end) for end in destinations)
        self.pairs += pairs


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer for one source, destination and port; ``port`` is the one asked for, a Service's where it is one.

    It is allowed only when every pair of replicas is. Groups that are denied come first, larger ones before smaller.
    """

    source: End
    destination: End
    protocol: AnyProtocol
    port: int
    groups: tuple[Group, ...]

    @property
    def allowed(self) -> bool:
        """True where every pair is surely allowed."""
        return all(group.verdict.allowed for group in self.groups)

    @property
    def pairs(self) -> int:
        """How many pairs of endpoints were judged."""
        return sum(group.pairs for group in self.groups)

    @property
    def allowed_pairs(self) -> int:
        """How many of them are surely allowed."""
        return sum(group.pairs for group in self.groups if group.verdict.allowed)

    @property
    def varies(self) -> bool:
        """True where some pairs are allowed and others not."""
        return 0 < self.allowed_pairs < self.pairs

    @property
    def conditional(self) -> bool:
        """True where it is not surely allowed, and would be if conditions held that the input can't show."""
        return not self.allowed and all(group.verdict.allowed or group.verdict.conditional for group in self.groups)

    def side(self, direction: Direction) -> bool:
        """True where the direction, egress at the source or ingress at the destination, is allowed for every pair."""
        return all(direction_of(group.verdict, direction).allowed for group in self.groups)

    def deciding(self, direction: Direction) -> Iterator[DirectionVerdict]:
        """The direction's verdict in each group; where the direction is denied, only in groups that deny it."""
        sides = [direction_of(group.verdict, direction) for group in self.groups]
        denied = [side for side in sides if not side.allowed]
        yield from denied or sides


def direction_of(verdict: Verdict, direction: Direction) -> DirectionVerdict:
    """The half of a verdict."""
    return verdict.egress if direction is Direction.EGRESS else verdict.ingress


def judge(
    engine: Engine,
    endpoints: Endpoints,
    source: End,
    destination: End,
    protocol: AnyProtocol,
    port: int,
    *,
    misses: bool = True,
) -> Judgement:
    """Asks about every pair of the source's and the destination's endpoints.

    Replicas that no rule can tell apart are asked about once. A replica's connection to itself is left out where
    there are others to ask about: it is always allowed, and would hide that replicas may not reach one another.
    ``misses`` asks for each failed rule's reasons, as :meth:`Engine.verdict` does.

    Raises:
        EndpointError: the destination is a Service without that port.
    """
    targets = endpoints.targets(destination, protocol, port)
    groups: dict[Hashable, Group] = {}
    for pairs in alike_pairs(engine, source.endpoints, targets):
        verdict = engine.verdict(pairs.source, pairs.target.endpoint, protocol, pairs.target.port, misses=misses)
        group = groups.setdefault(_shape(verdict), Group(verdict))
        group.add(pairs.sources, pairs.destinations, pairs.count)
    ordered = sorted(groups.values(), key=lambda group: (group.verdict.allowed, -group.pairs))
    return Judgement(source, destination, protocol, port, tuple(ordered))


@dataclass(frozen=True, slots=True)
class AlikePairs:
    """Pairs that no rule can tell apart, and one of them to ask about. ``count`` leaves out ends and themselves."""

    source: Endpoint
    target: Target
    sources: tuple[Endpoint, ...]
    destinations: tuple[Endpoint, ...]
    count: int


def alike_pairs(engine: Engine, sources: Iterable[Endpoint], targets: Iterable[Target]) -> Iterator[AlikePairs]:
    """Every pair of a source and a target, those that no rule can tell apart together.

    The node counts too where a source is one, or acts as one: a node's traffic to its own pods is exempt. It counts as
    far as a target runs there: all else that a verdict depends on is in the atoms (:meth:`Engine.allowed`).
    """
    sources, targets = tuple(sources), tuple(targets)
    alone = len(sources) == len(targets) == 1
    nodes_of = engine.facts.nodes_of
    hosts = {target.endpoint.node for target in targets if isinstance(target.endpoint, Pod)}
    near = frozenset(node for end in sources for node in nodes_of(end)) & hosts
    left: dict[Hashable, dict[str, Endpoint]] = {}
    right: dict[Hashable, dict[str, Target]] = {}
    for end in sources:
        left.setdefault((engine.atom(end), _is_node(end), near and nodes_of(end) & near), {})[str(end)] = end
    for target in targets:
        host = target.endpoint.node if isinstance(target.endpoint, Pod) else ""
        key = engine.atom(target.endpoint), _is_node(target.endpoint), host in near and host, target.port
        right.setdefault(key, {})[str(target.endpoint)] = target
    for senders in left.values():
        for receivers in right.values():
            itself = 0 if alone else sum(name in receivers and is_self(end, end) for name, end in senders.items())
            count = len(senders) * len(receivers) - itself
            if count:
                source, target = _example(senders, receivers)
                ends = tuple(target.endpoint for target in receivers.values())
                yield AlikePairs(source, target, tuple(senders.values()), ends, count)


def _is_node(end: Endpoint) -> bool:
    return not isinstance(end, Pod) and bool(end.node)


def _example(senders: dict[str, Endpoint], receivers: dict[str, Target]) -> tuple[Endpoint, Target]:
    """A pair that stands for all, of different endpoints where there is one."""
    pairs = ((source, target) for source in senders.values() for target in receivers.values())
    first = next(pairs)
    return next((pair for pair in chain([first], pairs) if not is_self(pair[0], pair[1].endpoint)), first)


def _shape(verdict: Verdict) -> Hashable:
    """Equal for verdicts that came about alike. Texts are left out: they may tell a replica's own address."""
    return (
        verdict.port,
        *(_half(side) for side in (verdict.egress, verdict.ingress)),
        *(isinstance(end, Pod) and end.host_network for end in (verdict.source, verdict.destination)),
    )


def _half(side: DirectionVerdict) -> Hashable:
    return (
        side.allowed,
        side.reason,
        tuple((stage.layer, stage.stage, stage.outcome, *_decision(stage)) for stage in side.stages),
        tuple((rule.policy.ref, rule.index) for rule in side.conditional),
    )


def _decision(stage: StageTrace) -> tuple[Hashable, ...]:
    """What matters of a stage: the rules that allow; where none does, also how each of them failed."""
    if stage.outcome is Outcome.ALLOW:
        return tuple((rule.policy.ref, rule.index) for rule in stage.deciding)
    return (
        tuple(policy.ref for policy in stage.selecting),
        tuple((rule.policy.ref, rule.index, rule.peer_matches, rule.port_matches) for rule in stage.rules),
    )
