"""From edges to calls: which edges are evidence of a need, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ringfence.flows.edges import Edge, EdgeSet, Party
from ringfence.model.flow import HOUR, Outcome, RecordedRule
from ringfence.model.ports import AnyProtocol, Icmp, Protocol, message

_ALLOWED = (Outcome.ALLOWED, Outcome.AUDITED)
_DENIED = (Outcome.DENIED, Outcome.REJECTED)
_EXPLICIT = frozenset({"181", "POLICY_DENY", "Policy denied by denylist", "AUTH_REQUIRED"})
"""Reasons of Cilium for a drop by a rule that denies, and by one that asks for authentication.

Source: DropReason in Cilium's api/v1/flow/flow.proto.
"""
_DENIES = frozenset({"", "deny", "drop", "reject"})
_PROTOCOLS: dict[str, AnyProtocol] = {str(protocol): protocol for protocol in Protocol}
_ICMP: dict[str, tuple[Icmp, int]] = {"ICMP": (Icmp.ICMP, 8), "ICMPv6": (Icmp.ICMPV6, 128)}
"""By protocol, the type of an echo's request (RFC 792, RFC 4443), the only message that begins something."""

ANSWERS = "ICMP messages that answer, or report what became of another connection"
NO_ICMP = "ICMP, which this API has no rule for: the network plugin decides whether isolated pods keep it"
_END_OF_TIER = "-1"
"""The index that Calico's flow logs give for the end of a tier. Source: Calico Enterprise, "Flow log data types"."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How often something was seen, from when to when (seconds since 1970, UTC), and in which logs."""

    connections: int
    first: float
    last: float
    formats: tuple[str, ...] = ()

    def __or__(self, other: Evidence) -> Evidence:
        formats = self.formats
        if other.formats != formats:
            formats = tuple(sorted({*formats, *other.formats}))
        return Evidence(
            self.connections + other.connections, min(self.first, other.first), max(self.last, other.last), formats
        )


def together(some: Iterable[Evidence]) -> Evidence:
    """All of it as one.

    Raises:
        ValueError: there is none.
    """
    found: Evidence | None = None
    for each in some:
        found = each if found is None else found | each
    if found is None:
        raise ValueError("there is no evidence")
    return found


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of connection between two parties that is to be kept, all its edges together.

    ``entrance`` is the port of nodes or the load balancer that it came in by, if that may hide the client's address.
    ``only_left`` tells that records say that it left, and none that it arrived. For ICMP ``port`` is the message, see
    :func:`ringfence.model.ports.message`.
    """

    source: Party
    destination: Party
    protocol: AnyProtocol
    port: int | None
    evidence: Evidence
    guessed: bool = False
    denied: bool = False
    entrance: str = ""
    only_left: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Edges that no rule is made of, by the reason. ``examples`` are a few of them in words."""

    reason: str
    edges: int
    connections: int
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class Tray:
    """Collects what is left out, by reason."""

    found: dict[str, tuple[int, int, list[str]]] = field(default_factory=dict)

    def put(self, reason: str, connections: int, example: str) -> None:
        """One edge more."""
        edges, total, examples = self.found.get(reason, (0, 0, []))
        if len(examples) < _EXAMPLES:
            examples.append(example)
        self.found[reason] = (edges + 1, total + connections, examples)

    def all(self) -> tuple[LeftOut, ...]:
        """Everything, by reason in order of the alphabet."""
        return tuple(
            LeftOut(reason, edges, connections, tuple(sorted(examples)))
            for reason, (edges, connections, examples) in sorted(self.found.items())
        )


_EXAMPLES = 5

NOT_ARRIVED = (
    "seen to leave, not seen to arrive: its destination's side only records denials; learned from with --include-denied"
)
"""Why an allowed edge is doubtful: the record of the drop at ingress may be lost, and the egress one says "allowed"."""

REFUSED = "seen to leave, not seen to arrive, and the policies there deny it: learned from with --include-denied"
"""Why an allowed edge is doubtful although no denial is on record: see :mod:`ringfence.learn.arrival`."""

_Key = tuple[int, int, str, int | None]


def calls_of(
    edges: EdgeSet,
    tray: Tray,
    *,
    denied: bool = False,
    keep: Callable[[Edge], Edge | None] | None = None,
    icmp: bool = False,
) -> list[Call]:
    """The calls that edges are evidence of, in an order of their own; what is none goes to the tray.

    ``denied`` takes in what was dropped because nothing allowed it, and what was seen to leave while only denials were
    seen where it arrives. What a rule denied by itself is never taken.
    ``keep`` gives the part of an edge that counts, or None. With ``icmp`` echo requests are calls, too.
    """
    merged: dict[tuple[int, int, AnyProtocol, int | None], Call] = {}
    logs = edges.coverage.formats
    stopped = set() if denied else _stopped_at_ingress(edges, keep)
    for number, outcome in enumerate(edges.outcome):
        if keep is None and edges.edges is None and outcome in _ALLOWED:
            edge = None
            count, first, last = edges.connections[number], edges.first[number], edges.last[number]
        else:
            whole = edges[number]
            edge = whole if keep is None else keep(whole)
            if edge is None:
                continue
            count, first, last = edge.connections, edge.first, edge.last
        protocol, port = _PROTOCOLS.get(edges.protocol[number]), edges.port[number]
        echo = _ICMP.get(edges.protocol[number])
        if echo is not None and icmp and port == echo[1]:
            protocol, port = echo[0], message(echo[1])
        reason = "" if outcome in _ALLOWED else _refusal(edge or edges[number], denied=denied)
        if not reason and stopped and _key(edges, number) in stopped and not edges[number].ingress:
            reason = NOT_ARRIVED
        if not reason and protocol is None and echo is not None:
            reason = ANSWERS if port != echo[1] else NO_ICMP
        if not reason and protocol is None:
            reason = "not TCP, UDP or SCTP: policies speak of these"
        if reason or protocol is None:
            tray.put(reason, count, words(edges, number))
            continue
        evidence = Evidence(count, first, last, (edge.formats if edge is not None else ()) or logs)
        key = (edges.source[number], edges.destination[number], protocol, port)
        known = merged.get(key)
        merged[key] = Call(
            edges.parties[key[0]],
            edges.parties[key[1]],
            protocol,
            key[3],
            evidence if known is None else known.evidence | evidence,
            guessed=(edge is not None and edge.guessed) and (known is None or known.guessed),
            denied=outcome in _DENIED and (known is None or known.denied),
            entrance=_entrance(edge) or ("" if known is None else known.entrance),
            only_left=not denied and _only_left(edge) and (known is None or known.only_left),
        )
    return list(merged.values())


def _entrance(edge: Edge | None) -> str:
    return next((each.place for each in edge.via if not each.keeps_client), "") if edge is not None else ""


def _only_left(edge: Edge | None) -> bool:
    return edge is not None and edge.egress and not edge.ingress


def _stopped_at_ingress(edges: EdgeSet, keep: Callable[[Edge], Edge | None] | None) -> set[_Key]:
    """What records of the destination's side say was denied."""
    found = set()
    for number, outcome in enumerate(edges.outcome):
        if outcome in _DENIED:
            edge = edges[number] if keep is None else keep(edges[number])
            if edge is not None and edge.ingress:
                found.add(_key(edges, number))
    return found


def _key(edges: EdgeSet, number: int) -> _Key:
    return edges.source[number], edges.destination[number], edges.protocol[number], edges.port[number]


def words(edges: EdgeSet, number: int) -> str:
    """An edge in a few words: ``shop/Deployment/web → db.example (192.0.2.7) TCP 5432``."""
    source, destination = edges.parties[edges.source[number]], edges.parties[edges.destination[number]]
    port = edges.port[number]
    return f"{source} → {destination} {edges.protocol[number]}{'' if port is None else f' {port}'}"


def _refusal(edge: Edge, *, denied: bool) -> str:
    if edge.outcome not in _DENIED:
        return f"outcome {edge.outcome.value}: no sign of a need that was met"
    if edge.reason in _EXPLICIT or any(map(_denies, edge.policies)):
        return "denied by a rule: never learned from"
    return "" if denied else "denied, since nothing allowed it: learned from with --include-denied only"


def _denies(rule: RecordedRule) -> bool:
    return bool(rule.name) and rule.rule != _END_OF_TIER and rule.action.lower() in _DENIES


def before(hour: int) -> Callable[[Edge], Edge | None]:
    """Keeps the part of an edge that was seen before an hour (seconds since 1970 / 3600)."""
    return lambda edge: _cut(edge, lambda each: each < hour)


def since(hour: int) -> Callable[[Edge], Edge | None]:
    """Keeps the part of an edge that was seen from an hour on."""
    return lambda edge: _cut(edge, lambda each: each >= hour)


def _cut(edge: Edge, wanted: Callable[[int], bool]) -> Edge | None:
    from dataclasses import replace

    hours = edge.hours or tuple(
        dict.fromkeys(((int(edge.first // HOUR), edge.connections), (int(edge.last // HOUR), 0)))
    )
    kept = tuple((hour, count) for hour, count in hours if wanted(hour))
    if not kept:
        return None
    first, last = max(edge.first, kept[0][0] * HOUR), min(edge.last, (kept[-1][0] + 1) * HOUR)
    return replace(edge, hours=kept, connections=sum(count for _, count in kept), first=first, last=last)
