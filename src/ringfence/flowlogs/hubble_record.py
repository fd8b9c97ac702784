"""A line of Hubble's JSON, as far as it is read.

The fields are those of ``flow.proto`` and ``observer.proto`` of Cilium's API, in the JSON form of protocol buffers
(https://protobuf.dev/programming-guides/json/): numbers of 64 bits are texts, enumerations are names (a number if the
writer doesn't know the name), and values that are zero are left out. So "absent" and "zero" are the same but for
``is_reply``, which is a wrapped boolean. A field mask of the exporter may leave anything out.
"""

from __future__ import annotations

import msgspec

_NOTHING = msgspec.Raw(b"null")

Enum = str | int
Count = int | str  # of 64 bits, and so a text in JSON


class Workload(msgspec.Struct, frozen=True, gc=False):
    """Who keeps the pod running."""

    name: str = ""
    kind: str = ""


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """One end, by Cilium's identity and, for pods, by name."""

    identity: int = 0
    cluster_name: str = ""
    namespace: str = ""
    labels: tuple[str, ...] = ()
    pod_name: str = ""
    workloads: tuple[Workload, ...] = ()


class Addresses(msgspec.Struct, frozen=True, gc=False):
    """The addresses of the packet."""

    source: str = ""
    destination: str = ""


NO_ADDRESSES = Addresses()


class Flags(msgspec.Struct, frozen=True, gc=False):
    """Those TCP flags that tell who opens a connection, and how it is answered."""

    syn: bool = msgspec.field(default=False, name="SYN")
    ack: bool = msgspec.field(default=False, name="ACK")
    rst: bool = msgspec.field(default=False, name="RST")


class Ports(msgspec.Struct, frozen=True, gc=False):
    """Ports of TCP, UDP or SCTP."""

    source_port: int = 0
    destination_port: int = 0
    flags: Flags | None = None


class Icmp(msgspec.Struct, frozen=True, gc=False):
    """Type of an ICMP message; 0, the echo reply, is left out."""

    type: int = 0


class Empty(msgspec.Struct, frozen=True, gc=False):
    """Of which only the presence counts."""


class Layer4(msgspec.Struct, frozen=True, gc=False):
    """One of these."""

    tcp: Ports | None = msgspec.field(default=None, name="TCP")
    udp: Ports | None = msgspec.field(default=None, name="UDP")
    sctp: Ports | None = msgspec.field(default=None, name="SCTP")
    icmp4: Icmp | None = msgspec.field(default=None, name="ICMPv4")
    icmp6: Icmp | None = msgspec.field(default=None, name="ICMPv6")
    vrrp: Empty | None = msgspec.field(default=None, name="VRRP")
    igmp: Empty | None = msgspec.field(default=None, name="IGMP")


class Dns(msgspec.Struct, frozen=True, gc=False):
    """A question, or an answer."""

    query: str = ""
    ips: tuple[str, ...] = ()
    ttl: int = 0
    cnames: tuple[str, ...] = ()
    rcode: int = 0


class Http(msgspec.Struct, frozen=True, gc=False):
    """A request, or a response."""

    method: str = ""
    url: str = ""


class Kafka(msgspec.Struct, frozen=True, gc=False):
    """A request, or a response."""

    api_key: str = ""
    topic: str = ""


class Layer7(msgspec.Struct, frozen=True, gc=False):
    """What the proxy saw."""

    type: Enum = ""
    dns: Dns | None = None
    http: Http | None = None
    kafka: Kafka | None = None


class EventType(msgspec.Struct, frozen=True, gc=False):
    """Numbers of pkg/monitor/api: 1 drop, 2 debug, 3 capture, 4 trace, 5 policy verdict, 7 socket, 129 proxy."""

    type: int = 0


class Service(msgspec.Struct, frozen=True, gc=False):
    """The Service that an address belongs to."""

    name: str = ""
    namespace: str = ""


class Policy(msgspec.Struct, frozen=True, gc=False):
    """A policy that decided; an old writer gives only its labels."""

    name: str = ""
    namespace: str = ""
    labels: tuple[str, ...] = ()
    kind: str = ""


class Aggregate(msgspec.Struct, frozen=True, gc=False):
    """How many flows one record stands for."""

    ingress_flow_count: Count = 0
    egress_flow_count: Count = 0
    unknown_direction_flow_count: Count = 0


class FlowRecord(msgspec.Struct, frozen=True, gc=False):
    """``flow.Flow``. The fields that stand first are those by which like records may differ: see ``hubble_known``."""

    time: str = ""
    l4: Layer4 | None = None
    l7: Layer7 | None = None
    source: msgspec.Raw = _NOTHING  # an Endpoint, which recurs, and is decoded once
    destination: msgspec.Raw = _NOTHING
    ip: Addresses | None = msgspec.field(default=None, name="IP")
    node_name: str = ""
    verdict: Enum = ""
    drop_reason: int = 0
    drop_reason_desc: Enum = ""
    source_names: tuple[str, ...] = ()
    destination_names: tuple[str, ...] = ()
    reply: bool = False
    is_reply: bool | None = None
    event_type: EventType | None = None
    source_service: Service | None = None
    destination_service: Service | None = None
    traffic_direction: Enum = ""
    policy_match_type: int = 0
    trace_observation_point: Enum = ""
    egress_allowed_by: tuple[Policy, ...] = ()
    ingress_allowed_by: tuple[Policy, ...] = ()
    egress_denied_by: tuple[Policy, ...] = ()
    ingress_denied_by: tuple[Policy, ...] = ()
    policy_log: tuple[str, ...] = ()
    aggregate: Aggregate | None = None


class LostEvents(msgspec.Struct, frozen=True, gc=False):
    """``flow.LostEvent``."""

    source: Enum = ""
    num_events_lost: Count = 0


class NodeStatus(msgspec.Struct, frozen=True, gc=False):
    """``relay.NodeStatusEvent``."""

    state_change: Enum = ""
    node_names: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, gc=False):
    """A response of ``GetFlows`` or an event of the exporter. Old versions write a flow without anything around it."""

    flow: FlowRecord | None = None
    node_name: str = ""
    time: str = ""
    lost_events: LostEvents | None = None
    node_status: NodeStatus | None = None
    agent_event: Empty | None = None
    debug_event: Empty | None = None


decode_line = msgspec.json.Decoder(Line).decode
decode_flow = msgspec.json.Decoder(FlowRecord).decode
decode_endpoint = msgspec.json.Decoder(Endpoint | None).decode

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for a line that isn't as Hubble writes it."""
