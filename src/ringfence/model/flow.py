"""What a flow log says: who talked to whom, with what outcome, and which records are missing.

These are statements of a source, nothing looked up and nothing concluded. ``flowlogs`` reads them, ``flows`` joins
them with the pods of a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ringfence.model.origin import Position

HOUR = 3600
"""Seconds of the buckets that connections are counted in, aligned with UTC."""


class Outcome(Enum):
    """What happened to the packets of a record."""

    ALLOWED = "allowed"
    DENIED = "denied"  # dropped: the client waits for its time-out
    REJECTED = "rejected"  # answered by a reset or an ICMP error on behalf of a policy: the client sees "refused"
    AUDITED = "audited"  # allowed, and would be denied if the policy were enforced
    FAILED = "failed"  # lost for a reason that is no policy: no route, full map, invalid packet
    UNKNOWN = "unknown"

    # Flows are counted by the million; the hash that Enum brings is Python code.
    __hash__ = object.__hash__


class Direction(Enum):
    """Whose policy was asked: the source's (egress) or the destination's (ingress)."""

    INGRESS = "ingress"
    EGRESS = "egress"

    __hash__ = object.__hash__


class Opening(Enum):
    """Whether the packet of a record opens a connection from its source to its destination."""

    OPENS = "opens"  # the record says so, or it comes once a connection, or it has SYN without ACK
    REPLY = "reply"  # the packet is an answer: the connection goes the other way
    UNKNOWN = "unknown"  # for flows to decide: which of the two ports is served

    __hash__ = object.__hash__


class TcpAnswer(Enum):
    """What the packet of a record says to who wants a TCP connection, by its flags (RFC 9293, 3.5)."""

    NONE = ""  # another packet, another protocol, or a source that tells no flags
    ACCEPTED = "accepted"  # SYN with ACK: something listens
    RESET = "reset"  # RST: nothing listens, or a connection that there was is broken off

    __hash__ = object.__hash__


class EndKind(Enum):
    """What an end is, where the record says so."""

    POD = "pod"
    NODE = "node"  # a host, a host-network pod seen as one, Cilium's host and remote-node
    SERVICE = "service"  # a cluster address, before it became a pod's
    EXTERNAL = "external"
    API_SERVER = "api-server"  # Cilium's kube-apiserver identity
    UNKNOWN = ""

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class FlowEnd:
    """One end of a flow, in the words of the record.

    ``address`` is canonical text, empty where the source has none (Calico's Whisker). ``pod`` may end in ``*`` where
    the source aggregates. ``workload`` is ``Kind/name``. ``labels`` are those of Kubernetes, sorted, without the
    source's own. ``names`` are DNS names that the record gives the address. ``service`` is ``namespace/name``.
    ``cluster`` is the name of the cluster that the end is in, where a source knows several.
    """

    kind: EndKind = EndKind.UNKNOWN
    address: str = ""
    namespace: str = ""
    pod: str = ""
    workload: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    service: str = ""
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class RecordedRule:
    """A policy that a record names as having decided. Fields that it doesn't give are empty.

    ``kind`` is the kind of the object (``NetworkPolicy``, ``CiliumNetworkPolicy`` …), ``rule`` what the source calls
    the rule in it, its index or its name. ``name`` is empty for a default: of a tier, or of being isolated at all.
    ``cropped`` tells that the source cuts long names, so ``name`` is only how the name begins.
    """

    name: str = ""
    namespace: str = ""
    kind: str = ""
    tier: str = ""
    rule: str = ""
    action: str = ""
    cropped: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """All records that say the same, but for their time. It is the key that a reader counts by.

    ``source`` and ``destination`` are those of the packet, also of a reply. ``protocol`` is ``TCP``, ``UDP``,
    ``SCTP``, ``ICMP``, ``ICMPv6`` or the number. ``port`` is the destination's, for ICMP the type; None where the
    record has none. ``source_port`` is kept only while ``opening`` is UNKNOWN, and of a reply, whose client port is
    ``port`` then set to None: a client's port differs with every connection, and a key with it would never be seen
    twice.

    ``point`` is the place of observation in the source's words (``policy-verdict``, ``to-endpoint``, ``src`` …). The
    same connection is seen at several points, and on two nodes: ``node`` is the one that saw it, or what stands for it
    (a network interface of a cloud, ``namespace/name`` of the agent's pod). ``per_connection`` tells that the source
    writes one record a connection at this point; else a record is a packet, or an interval. ``policies`` decided,
    where the source tells; ``pending`` are staged ones and what they would have done. ``reason`` is the source's word
    for a loss. ``application`` is what was asked above L4 (``GET /cart``, ``query api.example.com``), empty for most
    sources. ``answer`` is told of packets that don't go the way of their connection for certain, so never with OPENS:
    a client whose connections are all RESET, and none ACCEPTED, finds nothing listening.
    """

    source: FlowEnd
    destination: FlowEnd
    protocol: str
    port: int | None
    outcome: Outcome
    opening: Opening = Opening.UNKNOWN
    source_port: int | None = None
    direction: Direction | None = None
    point: str = ""
    per_connection: bool = False
    policies: tuple[RecordedRule, ...] = ()
    pending: tuple[RecordedRule, ...] = ()
    reason: str = ""
    application: str = ""
    node: str = ""
    answer: TcpAnswer = TcpAnswer.NONE


@dataclass(slots=True)
class Tally:
    """How often one flow was seen within one hour. Times are seconds since 1970, UTC.

    ``connections`` is what the source itself counted (Calico's num_connections_started, GKE's count), or how many of
    the packets open one, where flags tell it of each; else None. It is 0 of connections that only go on.
    ``octets`` go from source to destination, ``octets_back`` the other way; None where the source has no bytes.
    """

    first: float
    last: float
    records: int = 0
    connections: int | None = None
    octets: int | None = None
    octets_back: int | None = None

    def add(self, other: Tally) -> None:
        """Counts what another tally has counted, too."""
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.records += other.records
        self.connections = _sum(self.connections, other.connections)
        self.octets = _sum(self.octets, other.octets)
        self.octets_back = _sum(self.octets_back, other.octets_back)


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return one if other is None else other
    return one + other


class LossKind(Enum):
    """Why a log is less than what happened."""

    LOST_EVENTS = "lost-events"  # the source says how many it lost
    SAMPLED = "sampled"  # one in ``count`` is recorded
    RATE_LIMITED = "rate-limited"
    NO_DATA = "no-data"  # the source had nothing, or skipped, for an interval
    SEQUENCE_GAP = "sequence-gap"  # ``count`` sequence numbers are missing
    AGGREGATED = "aggregated"  # ends or ports are merged before they are written
    TRUNCATED = "truncated"  # a value was cut by the source, or the file ends within a record
    UNREADABLE = "unreadable"  # lines that the reader can't read
    FOREIGN = "foreign"  # records that are no flows, and lines of other programs
    NODE_UNAVAILABLE = "node-unavailable"
    UNPLACED = "unplaced"  # nobody knows which node saw it, so what two nodes saw counts twice


@dataclass(frozen=True, slots=True)
class Loss:
    """Records that are known to be missing, or not to have been read.

    ``count`` is None where nobody knows how many. ``where`` is the place in the input (the first of several). ``node``
    and the times say whose records and from when, where that is known. ``detail`` is one sentence for the reader of an
    answer.
    """

    kind: LossKind
    detail: str
    count: int | None = None
    node: str = ""
    where: Position | None = None
    first: float | None = None
    last: float | None = None


@dataclass(frozen=True, slots=True)
class NameAnswer:
    """A DNS answer seen in a flow log: which addresses a name had.

    ``chain`` are the CNAMEs, in order; ``ttl`` is in seconds. Where equal answers were merged, ``time`` is that of the
    latest and ``first`` that of the earliest; None where both are the same.
    """

    name: str
    addresses: tuple[str, ...]
    time: float
    ttl: int | None = None
    chain: tuple[str, ...] = ()
    asked_by: str = ""  # namespace/pod
    first: float | None = None


Counted = Mapping[Flow, Mapping[int, Tally]]
"""Tallies by flow and by hour: seconds since 1970 divided by :data:`HOUR`."""
