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


class Workload(msgspec.Struct, gc=False):
    """Who keeps the pod running."""

    name: str = ""
    kind: str = ""


class Endpoint(msgspec.Struct, gc=False):
    """One end, by Cilium's identity and, for pods, by name."""

    identity: int = 0
    cluster_name: str = ""
    namespace: str = ""
    labels: list[str] = []
    pod_name: str = ""
    workloads: list[Workload] = []


class Addresses(msgspec.Struct, gc=False):
    """The addresses of the packet."""

    source: str = ""
    destination: str = ""


class Flags(msgspec.Struct, gc=False):
    """Those TCP flags that tell who opens a connection."""

    syn: bool = msgspec.field(default=False, name="SYN")
    ack: bool = msgspec.field(default=False, name="ACK")


class Ports(msgspec.Struct, gc=False):
    """Ports of TCP, UDP or SCTP."""

    source_port: int = 0
    destination_port: int = 0
    flags: Flags | None = None


class Icmp(msgspec.Struct, gc=False):
    """Type of an ICMP message; 0, the echo reply, is left out."""

    type: int = 0


class Empty(msgspec.Struct, gc=False):
    """Of which only the presence counts."""


class Layer4(msgspec.Struct, gc=False):
    """One of these."""

    tcp: Ports | None = msgspec.field(default=None, name="TCP")
    udp: Ports | None = msgspec.field(default=None, name="UDP")
    sctp: Ports | None = msgspec.field(default=None, name="SCTP")
    icmp4: Icmp | None = msgspec.field(default=None, name="ICMPv4")
    icmp6: Icmp | None = msgspec.field(default=None, name="ICMPv6")
    vrrp: Empty | None = msgspec.field(default=None, name="VRRP")
    igmp: Empty | None = msgspec.field(default=None, name="IGMP")


class Dns(msgspec.Struct, gc=False):
    """A question, or an answer."""

    query: str = ""
    ips: list[str] = []
    ttl: int = 0
    cnames: list[str] = []
    rcode: int = 0


class Http(msgspec.Struct, gc=False):
    """A request, or a response."""

    method: str = ""
    url: str = ""


class Kafka(msgspec.Struct, gc=False):
    """A request, or a response."""

    api_key: str = ""
    topic: str = ""


class Layer7(msgspec.Struct, gc=False):
    """What the proxy saw."""

    type: Enum = ""
    dns: Dns | None = None
    http: Http | None = None
    kafka: Kafka | None = None


class EventType(msgspec.Struct, gc=False):
    """Numbers of pkg/monitor/api: 1 drop, 2 debug, 3 capture, 4 trace, 5 policy verdict, 7 socket, 129 proxy."""

    type: int = 0


class Service(msgspec.Struct, gc=False):
    """The Service that an address belongs to."""

    name: str = ""
    namespace: str = ""


class Policy(msgspec.Struct, gc=False):
    """A policy that decided; an old writer gives only its labels."""

    name: str = ""
    namespace: str = ""
    labels: list[str] = []
    kind: str = ""


class Aggregate(msgspec.Struct, gc=False):
    """How many flows one record stands for."""

    ingress_flow_count: Count = 0
    egress_flow_count: Count = 0
    unknown_direction_flow_count: Count = 0


class FlowRecord(msgspec.Struct, gc=False):
    """``flow.Flow``."""

    time: str = ""
    verdict: Enum = ""
    drop_reason: int = 0
    drop_reason_desc: Enum = ""
    ip: Addresses | None = msgspec.field(default=None, name="IP")
    l4: Layer4 | None = None
    source: msgspec.Raw = _NOTHING  # an Endpoint, which recurs, and is decoded once
    destination: msgspec.Raw = _NOTHING
    type: Enum = msgspec.field(default="", name="Type")
    node_name: str = ""
    source_names: list[str] = []
    destination_names: list[str] = []
    l7: Layer7 | None = None
    reply: bool = False
    is_reply: bool | None = None
    event_type: EventType | None = None
    source_service: Service | None = None
    destination_service: Service | None = None
    traffic_direction: Enum = ""
    policy_match_type: int = 0
    trace_observation_point: Enum = ""
    egress_allowed_by: list[Policy] = []
    ingress_allowed_by: list[Policy] = []
    egress_denied_by: list[Policy] = []
    ingress_denied_by: list[Policy] = []
    policy_log: list[str] = []
    aggregate: Aggregate | None = None


class LostEvents(msgspec.Struct, gc=False):
    """``flow.LostEvent``."""

    source: Enum = ""
    num_events_lost: Count = 0


class NodeStatus(msgspec.Struct, gc=False):
    """``relay.NodeStatusEvent``."""

    state_change: Enum = ""
    node_names: list[str] = []
    message: str = ""


class Line(FlowRecord, gc=False):
    """A response of ``GetFlows`` or an event of the exporter; or, from old versions, a flow without anything around."""

    flow: FlowRecord | None = None
    lost_events: LostEvents | None = None
    node_status: NodeStatus | None = None
    agent_event: Empty | None = None
    debug_event: Empty | None = None


decoder = msgspec.json.Decoder(Line)
endpoint_decoder = msgspec.json.Decoder(Endpoint | None)
