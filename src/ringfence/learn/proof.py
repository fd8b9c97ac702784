"""The engine on the cluster with the proposal: is everything kept that was seen, and is the platform kept alive?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.dialects import read_policies
from ringfence.dialects.writing.losses import Manifest
from ringfence.engine import Engine
from ringfence.learn.demands import Connection
from ringfence.learn.existing import Known, by_atom, of_protocol
from ringfence.model.names import Names
from ringfence.model.objects import Pod, RawObject
from ringfence.model.origin import ObjectRef, Origin, Position
from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS
from ringfence.model.verdict import AddressEndpoint, DirectionVerdict, Endpoint, Reason
from ringfence.survey.dependency import Dependency

FILE = "learned"


class _Nowhere:
    """The places of a manifest that is in no file yet."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:  # noqa: ARG002 -- the protocol's
        """The word that stands for a file."""
        return Position(FILE)


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection that was seen and that the cluster with the proposal denies. ``before`` tells that it does now."""

    connection: Connection
    why: str
    before: bool


@dataclass(frozen=True, slots=True)
class Need:
    """A connection that a manifest shows to be needed, that nobody saw, and that the proposal cuts."""

    source: str
    target: str
    ports: str
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Proof:
    """What was asked of the engine: ``connections`` that were seen, and ``probes`` from nodes to the pods they run."""

    connections: int
    cut: tuple[Cut, ...]
    probes: int
    probes_cut: tuple[str, ...]
    needs: tuple[Need, ...]


def engine_with(known: Known, bodies: Iterable[Manifest], names: Names) -> Engine:
    """The engine of the cluster with these objects; ``names`` are the answers that were seen."""
    made = tuple(_raw(body) for body in bodies)
    clash = {raw.ref for raw in made}
    kept = tuple(raw for raw in known.snapshot.policies if raw.ref not in clash)
    records = known.snapshot.names.records + names.records
    snapshot = replace(known.snapshot, policies=(*kept, *made), names=Names(records, names.source))
    policies, _ = read_policies(snapshot, cni=known.cni)
    return Engine.build(snapshot, policies)


def _raw(body: Manifest) -> RawObject:
    metadata = body["metadata"]
    ref = ObjectRef(body["kind"], metadata["name"], metadata.get("namespace", ""), body["apiVersion"])
    return RawObject(ref, body, _Nowhere())


def prove(known: Known, after: Engine, connections: Sequence[Connection], needs: Iterable[Dependency]) -> Proof:
    """Every connection that was seen, every probe, and every need that the manifests show."""
    cut = tuple(cuts(known, after, connections))
    probes, probes_cut = 0, []
    for pod in known.snapshot.pods:
        for lo, _ in after.facts.addresses_of_node(pod.node) if pod.node and not pod.host_network else ():
            probes += 1
            if after.allowed(AddressEndpoint(lo, pod.node), pod) != ALL_PORTS:
                probes_cut.append(str(pod))
    return Proof(len(connections), cut, probes, tuple(probes_cut), tuple(_needs(known.engine, after, needs)))


def cuts(known: Known, after: Engine, connections: Iterable[Connection]) -> Iterator[Cut]:
    """The connections that are denied, for some pair of pods at least."""
    for each in connections:
        denied = next(_denied(after, each), None)
        if denied is not None:
            before = any(True for _ in _denied(known.engine, each))
            yield Cut(each, _why(after, *denied, each), before)


def _denied(engine: Engine, each: Connection) -> Iterator[tuple[Endpoint, Endpoint]]:
    """A pair of endpoints for each pair of atoms whose policies deny the connection.

    Rows are asked, not pairs of pods: what only happens to be allowed since two pods share a node is no proof.
    """
    engine = of_protocol(engine, each.protocol)
    sources, destinations = by_atom(engine, each.source), by_atom(engine, each.destination)
    for source_atom, starters in sources.items():
        egress = engine.row(Direction.EGRESS, source_atom)
        for atom, enders in destinations.items():
            if starters == enders and len(starters) == 1 and isinstance(starters[0], Pod) and not starters[0].planned:
                continue  # a pod may always reach itself
            ingress = engine.row(Direction.INGRESS, atom).ports(source_atom)
            ports = engine.table.sets[engine.table.intersection(egress.ports(atom), ingress)]
            if not ports.has(each.protocol, each.port):
                yield starters[0], enders[-1]


def _why(engine: Engine, source: Endpoint, destination: Endpoint, each: Connection) -> str:
    verdict = engine.verdict(source, destination, each.protocol, each.port, misses=False)
    denied = [side for side in (verdict.egress, verdict.ingress) if not side.allowed]
    return "; ".join(map(_denial, denied)) or "two of its pods that are told apart may not"


def _denial(side: DirectionVerdict) -> str:
    if side.reason is Reason.RULE and side.deciding:
        return f"{side.direction} denied by {side.deciding[-1].policy.ref}"
    policies = dict.fromkeys(str(policy.ref) for stage in side.stages[-1:] for policy in stage.selecting)
    return f"{side.direction} allowed by no rule of {', '.join(policies) or 'any policy'}"


def _needs(before: Engine, after: Engine, needs: Iterable[Dependency]) -> Iterator[Need]:
    for need in needs:
        if _met(before, need) and not _met(after, need):
            ports = ", ".join(f"{route.protocol} {route.port}" for route in need.routes)
            yield Need(need.source, need.target, ports, need.evidence.text, need.evidence.origin)


def _met(engine: Engine, need: Dependency) -> bool:
    some = any if need.any_source else all
    return some(
        any(_reaches(engine, source, need, number) for number in range(len(need.routes))) for source in need.sources
    )


def _reaches(engine: Engine, source: Endpoint, need: Dependency, number: int) -> bool:
    route = need.routes[number]
    return all(engine.allowed(source, target.endpoint).has(route.protocol, target.port) for target in route.targets)
