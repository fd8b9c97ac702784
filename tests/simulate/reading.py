"""Simulated logs, read again as any log is: by the readers, the inventory and the merging of edges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ringfence.flowlogs.read import LogReading, read
from ringfence.flows.edges import Edge, EdgeSet
from ringfence.flows.state import State, state_of
from ringfence.flows.store import edges_of
from ringfence.model.flow import Direction, EndKind, Outcome
from ringfence.simulate import LossLaw, Simulation, Written, states, write
from ringfence.simulate.connection import Connection
from ringfence.sources import load_snapshot

TrueFact = tuple[str, str, str, int | None, Outcome]
"""Source, destination, protocol, port and outcome."""


@dataclass(frozen=True)
class ReadAgain:
    """What was written, what each file came to, and the edges of all."""

    written: Written
    readings: tuple[LogReading, ...]
    edges: EdgeSet

    @property
    def facts(self) -> set[TrueFact]:
        return {fact_of(edge) for edge in self.edges}


def inventory(simulation: Simulation, directory: Path) -> list[State]:
    """The states that the simulation writes, loaded like any dump of a cluster."""
    found = []
    for number, (time, text) in enumerate(states(simulation)):
        path = directory / f"{number}.json"
        path.write_text(text, encoding="utf-8")
        found.append(state_of(load_snapshot([str(path)]), time))
    return found


def read_again(simulation: Simulation, name: str, tmp_path: Path, loss: LossLaw | None = None) -> ReadAgain:
    """Writes the logs of a format and reads them; nothing is lost unless a law says so."""
    written = write(simulation, str(tmp_path / "out"), name, loss or LossLaw())
    states_dir = tmp_path / "states"
    states_dir.mkdir()
    readings = tuple(read([str(tmp_path / "out" / "logs")], workers=1))
    edges = edges_of([each.reduction for each in readings], inventory(simulation, states_dir))
    return ReadAgain(written, readings, edges)


def fact_of(edge: Edge) -> TrueFact:
    destination = edge.destination.names[0] if edge.destination.names else str(edge.destination)
    return (str(edge.source), destination, edge.protocol, edge.port, edge.outcome)


@dataclass(frozen=True)
class Tells:
    """What a format tells of a connection. The defaults are those of Hubble, which tells all."""

    names: bool = True
    """Names of outside addresses."""
    unjudged: bool = True
    """Connections of which no policy was asked: a node and its own pods."""
    unisolated: bool = True
    """Connections of pods that no policy selects."""
    allowed: bool = True
    denied: bool = True
    verdicts: bool = True
    """Whether policies allowed or denied; else all that was seen is what the format says of the network."""
    within_node: bool = True
    unnamed_ends: bool = True
    """What addresses ends have that are no pods."""
    directions: bool = True
    """Whose policy was asked: without it, an allowed egress and a denied ingress look like two connections."""

    def facts(self, one: Connection) -> set[TrueFact]:
        """What can be known of a connection."""
        if not self._seen(one):
            return set()
        destination = one.destination.party
        if one.destination.kind is EndKind.NODE:
            destination = f"Node/{one.destination.node}"
        elif one.destination.kind is EndKind.EXTERNAL and not self.names:
            destination = one.destination.address
        if not self.unnamed_ends and one.destination.kind is not EndKind.POD:
            destination = "unknown"
        ends = (one.source.party, destination, one.protocol, one.port)
        if not self.directions and one.dropped is Direction.INGRESS and one.egress.isolated:
            return {(*ends, self._outcome(one)), (*ends, Outcome.ALLOWED)}
        return {(*ends, self._outcome(one))}

    def _outcome(self, one: Connection) -> Outcome:
        return one.outcome if self.verdicts else Outcome.ALLOWED

    def _seen(self, one: Connection) -> bool:
        if one.dropped is None and not self.allowed:
            return False
        if one.dropped is not None and not self.denied:
            return False
        if not self.within_node and (one.source.node == one.destination.node or one.dropped is Direction.EGRESS):
            return False
        sides = []
        if one.source.kind is EndKind.POD:
            sides.append(one.egress)
        if one.destination.kind is EndKind.POD and one.dropped is not Direction.EGRESS:
            sides.append(one.ingress)
        if not self.unjudged and not any(side.asked for side in sides):
            return False
        return self.unisolated or any(side.isolated for side in sides)


class NetobservTells(Tells):
    """Outcomes are known where OVN writes events: of pods that a policy isolates."""

    def _outcome(self, one: Connection) -> Outcome:
        reached = one.dropped is not Direction.EGRESS
        egress = one.source.kind is EndKind.POD and one.egress.isolated
        ingress = one.destination.kind is EndKind.POD and one.ingress.isolated and reached
        return one.outcome if egress or ingress else Outcome.UNKNOWN


_ACL = Tells(names=False, unjudged=False, unisolated=False)
_ONE_SIDED = Tells(names=False, unjudged=False, unisolated=False, directions=False)

TELLS: dict[str, Tells] = {
    "hubble": Tells(),
    "hubble-legacy": Tells(),
    "calico": Tells(unjudged=False),
    "goldmane": Tells(names=False, unjudged=False, unnamed_ends=False),
    "ovn-acl": _ACL,
    "antrea-np": _ACL,
    "aws-json": _ONE_SIDED,
    "aws-text": _ACL,
    "aws-cloudwatch": _ONE_SIDED,
    "aws-vpc": Tells(names=False, verdicts=False, within_node=False),
    "gke": _ACL,
    "netobserv": NetobservTells(names=False),
    "iptables": Tells(names=False, unjudged=False, allowed=False),
    "kube-network-policies": _ACL,
}
"""As the table of docs/commands/flows-simulate.md says it."""
