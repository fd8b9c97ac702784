"""What each workload needs: calls as connections between ends, then as demands on one direction of a group."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.learn.ends import Address, End, Ends, GoneError, UnnamedError
from ringfence.learn.evidence import REFUSED, Call, Evidence, Tray
from ringfence.learn.groups import Group
from ringfence.model.policy import Direction
from ringfence.model.ports import AnyProtocol, Icmp

if TYPE_CHECKING:
    from ringfence.learn.arrival import Arrivals

FIRST_EPHEMERAL = 32_768
"""Linux hands out client ports from here on. Source: kernel documentation, ``ip_local_port_range``."""

Port = tuple[AnyProtocol, int]
"""A protocol and a port; for ICMP a message, see :func:`ringfence.model.ports.message`."""


def number_of(port: Port) -> int:
    """The port's number, or the type of a message."""
    protocol, number = port
    return number >> 8 if isinstance(protocol, Icmp) else number


def text_of(port: Port) -> str:
    """``TCP 443`` or ``ICMP type 8``."""
    return f"{port[0]} {'type ' if isinstance(port[0], Icmp) else ''}{number_of(port)}"


@dataclass(frozen=True, slots=True)
class Connection:
    """One kind of connection that is to be kept, between ends that rules can name."""

    source: End
    destination: End
    protocol: AnyProtocol
    port: int
    evidence: Evidence

    def __str__(self) -> str:
        return f"{self.source} → {self.destination} {text_of((self.protocol, self.port))}"


Side = tuple[Group, Direction]


@dataclass(slots=True)
class Demands:
    """What was seen, by group and direction.

    ``open`` are the directions in which something was seen that no rule can name, with the reasons: isolating these
    would cut it. ``probes`` counts connections of nodes to pods that they run, which no policy can cut.
    ``not_arrived`` counts connections to a group that were only seen to leave, though its nodes record what arrives.
    """

    connections: list[Connection] = field(default_factory=list)
    by_side: dict[Side, dict[End, dict[Port, Evidence]]] = field(default_factory=dict)
    open: dict[Side, dict[str, int]] = field(default_factory=dict)
    probes: dict[Group, int] = field(default_factory=dict)
    not_arrived: dict[Group, int] = field(default_factory=dict)

    def needs(self, group: Group, direction: Direction) -> dict[End, dict[Port, Evidence]]:
        """The other ends with their ports; none where nothing was seen."""
        return self.by_side.get((group, direction), {})

    def put(self, side: Side, peer: End, port: Port, evidence: Evidence) -> None:
        """One kind of connection more."""
        ports = self.by_side.setdefault(side, {}).setdefault(peer, {})
        ports[port] = ports[port] | evidence if port in ports else evidence


def demands_of(calls: Iterable[Call], ends: Ends, tray: Tray, arrivals: Arrivals | None = None) -> Demands:
    """The demands of calls; what is doubtful goes to the tray, and what can't be named opens its direction.

    ``arrivals`` judges what was only seen to leave; without them it is taken as it is.
    """
    found = Demands()
    seen: dict[tuple[End, End, AnyProtocol, int], Evidence] = {}
    hidden: list[tuple[Call, list[End]]] = []
    for call in calls:
        asked = str(call.protocol) if call.port is None else text_of((call.protocol, call.port))
        example = f"{call.source} → {call.destination} {asked}"
        count = call.evidence.connections
        try:
            sources = ends.sources(call.source)
        except UnnamedError as error:
            sources = []
            if _may_be_probe(call, ends):
                tray.put("a node that may run the pod: taken for the kubelet's probes", count, example)
                continue
            tray.put(f"the source {error}", count, example)
            if not isinstance(error, GoneError):
                _open_ingress(found, call, ends, f"{call.source} {error}")
        if not sources:
            continue
        if call.port is None:
            tray.put("no port on record", count, example)
            _open_egress(found, sources, call, f"the port of {call.destination} is not on record")
            _open_ingress(found, call, ends, f"the port that {call.source} came to is not on record")
            continue
        try:
            reached = ends.destinations(call.destination, call.protocol, call.port)
        except UnnamedError as error:
            tray.put(f"the destination {error}", count, example)
            if not isinstance(error, GoneError):
                _open_egress(found, sources, call, f"{call.destination} {error}")
            continue
        if call.entrance:
            hidden.append((call, [end for end, _ in reached]))
        for end, port in reached:
            if _is_doubtful(call, end, port, ends):
                tray.put("doubtful: an ephemeral port that no pod declares, so most likely a reply", count, example)
                continue
            if isinstance(end, Group) and _is_probe(call, end, ends):
                found.probes[end] = found.probes.get(end, 0) + count
                continue
            starts = sources
            if arrivals is not None and call.only_left and isinstance(end, Group):
                starts = [each for each in sources if not arrivals.refused(each, end, call.protocol, port)]
                if not starts:
                    tray.put(REFUSED, count, example)
                elif arrivals.recorded(end):
                    found.not_arrived[end] = found.not_arrived.get(end, 0) + count
            for source in starts:
                key = (source, end, call.protocol, port)
                seen[key] = seen[key] | call.evidence if key in seen else call.evidence
    for (source, destination, protocol, port), evidence in seen.items():
        found.connections.append(Connection(source, destination, protocol, port, evidence))
        if isinstance(source, Group):
            found.put((source, Direction.EGRESS), destination, (protocol, port), evidence)
        if isinstance(destination, Group):
            found.put((destination, Direction.INGRESS), source, (protocol, port), evidence)
    for call, called in hidden:
        _open_hidden(found, call, called)
    return found


def _open_hidden(found: Demands, call: Call, called: Iterable[End]) -> None:
    """Opens the ingress of pods whose clients may come with a node's address, of which no record shows one.

    With ``externalTrafficPolicy: Cluster`` nodes put their address in the place of the client's before the pods'
    policies are asked (kubernetes.io, "Using Source IP"), and nobody knows which ones will.
    """
    for end in called:
        if isinstance(end, Group):
            peers = found.needs(end, Direction.INGRESS)
            if not any(isinstance(peer, Address) and peer.is_node for peer in peers):
                why = f"clients come by {call.entrance}, which may replace their addresses by a node's"
                reasons = found.open.setdefault((end, Direction.INGRESS), {})
                reasons[why] = reasons.get(why, 0) + call.evidence.connections


def _is_doubtful(call: Call, end: End, port: int, ends: Ends) -> bool:
    if port < FIRST_EPHEMERAL or isinstance(call.protocol, Icmp):
        return False
    if isinstance(end, Group):
        return not any((call.protocol, port) in ends.declared.get(id(pod), ()) for pod in end.pods)
    return call.guessed


def _open_egress(found: Demands, sources: Iterable[End], call: Call, why: str) -> None:
    for source in sources:
        if isinstance(source, Group):
            reasons = found.open.setdefault((source, Direction.EGRESS), {})
            reasons[why] = reasons.get(why, 0) + call.evidence.connections


def _open_ingress(found: Demands, call: Call, ends: Ends, why: str) -> None:
    try:
        arrivals = ends.destinations(call.destination, call.protocol, call.port or 0)
    except UnnamedError:
        return
    for end, _ in arrivals:
        if isinstance(end, Group):
            reasons = found.open.setdefault((end, Direction.INGRESS), {})
            reasons[why] = reasons.get(why, 0) + call.evidence.connections


def _is_probe(call: Call, group: Group, ends: Ends) -> bool:
    """True for the traffic of a node to a pod that it runs, such as the kubelet's probes.

    Source: "Network Policies" in the Kubernetes documentation: traffic to and from the node where a pod runs is always
    allowed.
    """
    names = ends.node_names(call.source)
    return bool(names) and any(pod.node in names for pod in group.pods if pod.node)


def _may_be_probe(call: Call, ends: Ends) -> bool:
    """True for the traffic of a node of which only the name is known, to pods of which nobody knows where they run."""
    if not ends.node_names(call.source) or call.port is None:
        return False
    try:
        arrivals = ends.destinations(call.destination, call.protocol, call.port)
    except UnnamedError:
        return False
    return all(isinstance(end, Group) and not any(pod.node for pod in end.pods) for end, _ in arrivals)
