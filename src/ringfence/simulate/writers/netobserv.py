"""NetObserv's flows as JSON lines, of one packet in so many.

Source: "Network flows format reference" in netobserv (``flows-format.adoc``). A record is one direction of a connection
at a node; policies show only as network events, which OVN-Kubernetes alone writes, and what the kernel drops, such as
packets to a port on which nothing listens, with its reason. Flags are the OR of all packets',
with a bit of its own for SYN with ACK (256).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ringfence.model.flow import Direction, EndKind
from ringfence.simulate.connection import Connection, End
from ringfence.simulate.writers.lines import LineWriter
from ringfence.simulate.writers.points import Point, points
from ringfence.simulate.writers.writer import Record

SAMPLING = 50
"""One packet in 50 is the operator's default."""
_NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132}
_SYN, _ACK, _FIN, _RST, _SYN_ACK = 2, 16, 1, 4, 256
_TIERS = {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "NetworkPolicy"}


class Netobserv(LineWriter):
    """Both nodes' records, and those of replies."""

    def records(self, connection: Connection) -> Iterator[Record]:
        """Up to two records a node."""
        one = connection
        judged = {point.direction: point for point in points(one)}
        sees = ((Direction.EGRESS, one.source), (Direction.INGRESS, one.destination))
        for direction, end in sees:
            if end.kind is not EndKind.POD or (direction is Direction.INGRESS and one.dropped is Direction.EGRESS):
                continue
            agent = self.cast.node_address(end.node)
            body = _record(one, agent, direction, judged.get(direction), reply=False)
            yield Record(one.time + one.duration, end.node, body, (one,))
            if one.dropped is None:
                back = Direction.INGRESS if direction is Direction.EGRESS else Direction.EGRESS
                body = _record(one, agent, back, None, reply=True)
                yield Record(one.time + one.duration, end.node, body, (one,))


def _record(one: Connection, agent: str, direction: Direction, point: Point | None, *, reply: bool) -> str:
    ends, ports = (one.source, one.destination), (one.source_port, one.port)
    octets, packets = one.octets, 5 if one.answered else one.attempts
    flags = _SYN | (_ACK | _FIN if one.answered else 0)
    if reply:
        ends, ports, octets = ends[::-1], ports[::-1], one.octets_back
        flags = _SYN_ACK | _ACK | _FIN if one.answered else _RST | _ACK
    denied = point is not None and point.denied
    record: dict[str, object] = {
        **_end("Src", ends[0]),
        **_end("Dst", ends[1]),
        "SrcPort": ports[0],
        "DstPort": ports[1],
        "Proto": _NUMBERS[one.protocol],
        "Etype": 34525 if ":" in ends[0].address else 2048,
        "Bytes": octets,
        "Packets": packets,
        "TimeFlowStartMs": int(one.time * 1000),
        "TimeFlowEndMs": int((one.time + one.duration) * 1000),
        "TimeReceived": int(one.time + one.duration),
        "FlowDirection": 0 if direction is Direction.INGRESS else 1,
        "AgentIP": agent,
        "Sampling": SAMPLING,
        "_RecordType": "flowLog",
    }
    if one.protocol == "TCP":
        record["Flags"] = flags
    if point is not None and point.side.isolated:
        record["NetworkEvents"] = [_event(point)]
    refused = not one.answered and one.dropped is None and direction is Direction.INGRESS and not reply
    if denied or refused:
        cause = "OVS_DROP_EXPLICIT" if denied else "SKB_DROP_REASON_NO_SOCKET"
        record |= {"PktDropPackets": packets, "PktDropBytes": octets, "PktDropLatestDropCause": cause}
    return json.dumps(record, separators=(",", ":"))


def _end(side: str, end: End) -> dict[str, object]:
    found: dict[str, object] = {f"{side}Addr": end.address}
    if end.instance is not None and end.kind is EndKind.POD:
        pod = end.instance.pod
        found |= {
            f"{side}K8S_Name": pod.name,
            f"{side}K8S_Type": "Pod",
            f"{side}K8S_OwnerName": pod.workload.name,
            f"{side}K8S_OwnerType": pod.workload.kind,
            f"{side}K8S_Namespace": pod.namespace,
            f"{side}K8S_HostName": pod.node,
        }
    elif end.kind is EndKind.NODE:
        found |= {f"{side}K8S_Name": end.node, f"{side}K8S_Type": "Node", f"{side}K8S_OwnerName": end.node}
        found[f"{side}K8S_OwnerType"] = "Node"
    return found


def _event(point: Point) -> dict[str, str]:
    """An ACL's verdict; the default deny of a namespace names no policy."""
    rules = point.side.rules if point.side.allowed is not point.denied else ()
    rule = rules[0] if rules else None
    namespace = point.end.instance.pod.namespace if point.end.instance is not None else ""
    return {
        "Feature": "acl",
        "Type": rule.kind if rule is not None and rule.kind in _TIERS else "NetpolNamespace",
        "Namespace": rule.namespace if rule is not None else namespace,
        "Name": rule.name if rule is not None else "",
        "Action": "drop" if point.denied else "allow",
        "Direction": point.direction.name.capitalize(),
    }
