"""Hubble's flows, as the exporter and ``hubble observe -o jsonpb`` write them.

Source: ``api/v1/flow/flow.proto`` and ``pkg/hubble/parser/threefour`` in cilium/cilium; "Configuring Hubble exporter"
in the Cilium documentation.

A connection is a policy verdict at each end, traces of its packets at both nodes, replies included, and for DNS the
query and the answer that the proxy saw. What a policy denies is a verdict and a drop. Zero values are left out, 64-bit
numbers are strings, and a reply is told where the connection is tracked: never for drops.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ringfence.model.flow import Direction, EndKind, RecordedRule
from ringfence.simulate.connection import Connection, End, Instance, Query, Side
from ringfence.simulate.writers.lines import LineWriter, nanoseconds
from ringfence.simulate.writers.writer import Cast, Record

CLUSTER = "default"
_POLICY_DENIED, _POLICY_DENY = 133, 181
_DROP, _TRACE, _VERDICT, _L7 = 1, 4, 5, 129
_POINTS = {"TO_ENDPOINT": 0, "TO_STACK": 3, "TO_OVERLAY": 4}
"""Sub types of trace events (pkg/monitor/api in cilium/cilium)."""
_SYN, _SYN_ACK, _ACK_FIN, _RST = '"SYN":true', '"SYN":true,"ACK":true', '"FIN":true,"ACK":true', '"RST":true,"ACK":true'
_RESERVED = {
    EndKind.NODE: '{"identity":1,"labels":["reserved:host"]}',
    EndKind.API_SERVER: '{"identity":7,"labels":["reserved:kube-apiserver","reserved:remote-node"]}',
    EndKind.EXTERNAL: '{"identity":2,"labels":["reserved:world"]}',
}
_REMOTE_NODE = '{"identity":6,"labels":["reserved:remote-node"]}'
Line = tuple[float, str, str]
"""Time, node and the flow's fields after its time."""


class Hubble(LineWriter):
    """``legacy`` leaves the envelope out, as ``-o json`` did until Cilium 1.11."""

    def __init__(self, cast: Cast, *, legacy: bool = False) -> None:
        super().__init__(cast)
        self._legacy = legacy
        self._ends: dict[tuple[int, bool], str] = {}

    def records(self, connection: Connection) -> Iterator[Record]:
        """The events of both nodes."""
        for time, node, fields in self._events(connection):
            yield Record(time, node, fields, (connection,))

    def line(self, record: Record, number: int) -> str:
        """The flow in its envelope, with an id that no other has."""
        stamp, node = nanoseconds(record.time), f"{CLUSTER}/{record.node}"
        digits = f"{self.cast.seed & 0xFFFF:04x}{abs(hash_of(record.node)) & 0xFFFF:04x}{number:024x}"
        uuid = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"
        flow = f'{{"time":"{stamp}","uuid":"{uuid}",{record.body},"node_name":"{node}"}}'
        return flow if self._legacy else f'{{"flow":{flow},"node_name":"{node}","time":"{stamp}"}}'

    def lost(self, node: str, time: float, why: str, count: int) -> str:
        """A ``lost_events`` message; the old form has none, and sampling is no loss to Hubble."""
        if self._legacy or why != "lost":
            return ""
        stamp = nanoseconds(time)
        event = f'{{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"{count}","cpu":0}}'
        return f'{{"lost_events":{event},"node_name":"{CLUSTER}/{node}","time":"{stamp}"}}'

    def _events(self, one: Connection) -> Iterator[Line]:
        source, destination = one.source, one.destination
        sees_source, sees_destination = source.kind is EndKind.POD, destination.kind is EndKind.POD
        for attempt in range(one.attempts):
            time = one.time + attempt
            if sees_source and one.egress.asked:
                denied = one.dropped is Direction.EGRESS
                yield time, source.node, self._verdict(one, Direction.EGRESS, one.egress, denied=denied)
                if denied:
                    yield time + 1e-5, source.node, self._drop(one, Direction.EGRESS, one.egress)
            if one.dropped is Direction.EGRESS:
                continue
            remote = source.node != destination.node
            if sees_source and (remote or not sees_destination):
                point = "TO_OVERLAY" if sees_destination else "TO_STACK"
                yield time + 2e-5, source.node, self._trace(one, point, _SYN)
            if sees_destination and one.ingress.asked:
                denied = one.dropped is Direction.INGRESS
                yield time + 2e-4, destination.node, self._verdict(one, Direction.INGRESS, one.ingress, denied=denied)
                if denied:
                    yield time + 2.1e-4, destination.node, self._drop(one, Direction.INGRESS, one.ingress)
        if one.dropped is None:
            yield from self._passed(one, sees_source, sees_destination)

    def _passed(self, one: Connection, sees_source: bool, sees_destination: bool) -> Iterator[Line]:
        """What is traced of a connection that no policy stops."""
        time, end = one.time, one.time + one.duration
        back = _SYN_ACK if one.answered else _RST
        if sees_destination:
            node = one.destination.node
            yield time + 2.5e-4, node, self._trace(one, "TO_ENDPOINT", _SYN)
            if one.source.node != node or not sees_source:
                yield time + 4e-4, node, self._trace(one, "TO_STACK", back, reply=True)
            if one.answered and one.protocol == "TCP":
                yield end, node, self._trace(one, "TO_ENDPOINT", _ACK_FIN, state="ESTABLISHED")
        if sees_source:
            if one.query is not None:
                yield from self._names(one, one.query)
            yield time + 6e-4, one.source.node, self._trace(one, "TO_ENDPOINT", back, reply=True)
            if one.answered and one.protocol == "TCP":
                yield end + 3e-4, one.source.node, self._trace(one, "TO_ENDPOINT", _ACK_FIN, reply=True)

    def _verdict(self, one: Connection, direction: Direction, side: Side, *, denied: bool) -> str:
        number = 1 if side.explicit and denied else 0 if denied else 2 if side.rules else 4
        fields = self._head(one, "DROPPED" if denied else "FORWARDED", _reason(side) if denied else 0)
        fields += f',"Type":"L3_L4","event_type":{{"type":{_VERDICT}}},"traffic_direction":"{direction.name}"'
        if number:
            fields += f',"policy_match_type":{number}'
        if denied:
            fields += _deny_text(side)
        else:
            fields += ',"is_reply":false'
        return fields + _correlation(direction, side, denied=denied) + f',"Summary":"{_summary(one, _SYN)}"'

    def _drop(self, one: Connection, direction: Direction, side: Side) -> str:
        reason = _reason(side)
        return (
            self._head(one, "DROPPED", reason)
            + f',"Type":"L3_L4","event_type":{{"type":{_DROP},"sub_type":{reason}}}'
            + f',"traffic_direction":"{direction.name}"'
            + _deny_text(side)
            + f',"Summary":"{_summary(one, _SYN)}"'
        )

    def _trace(self, one: Connection, point: str, flags: str, *, reply: bool = False, state: str = "NEW") -> str:
        kind = f'{{"type":{_TRACE},"sub_type":{_POINTS[point]}}}' if _POINTS[point] else f'{{"type":{_TRACE}}}'
        towards = "EGRESS" if (point == "TO_ENDPOINT") == reply else "INGRESS"
        return (
            self._head(one, "FORWARDED", 0, flags=flags, reply=reply)
            + f',"Type":"L3_L4","event_type":{kind},"traffic_direction":"{towards}"'
            + f',"trace_observation_point":"{point}","trace_reason":"{"REPLY" if reply else state}"'
            + f',"is_reply":{"true" if reply else "false"},"Summary":"{_summary(one, flags)}"'
        )

    def _names(self, one: Connection, query: Query) -> Iterator[Line]:
        """What the DNS proxy on the client's node says."""
        node, name = one.source.node, f"{query.name}."
        asked = f'{{"type":"REQUEST","dns":{{"query":"{name}","observation_source":"proxy","qtypes":["A"]}}}}'
        yield one.time + 3e-5, node, self._l7(one, asked, reply=False)
        if not one.answered:
            return
        answer: dict[str, object] = {"query": name}
        if query.addresses:
            answer |= {"ips": list(query.addresses), "ttl": query.ttl}
        if query.chain:
            answer["cnames"] = [f"{link}." for link in query.chain]
        answer["observation_source"] = "proxy"
        if not query.addresses:
            answer["rcode"] = 3
        answer |= {"qtypes": ["A"], "rrtypes": ["CNAME", "A"] if query.chain else ["A"]}
        told = f'{{"type":"RESPONSE","latency_ns":"{int(one.duration * 1e6)}","dns":{_json(answer)}}}'
        yield one.time + 5e-4, node, self._l7(one, told, reply=True)

    def _l7(self, one: Connection, told: str, *, reply: bool) -> str:
        return (
            self._head(one, "FORWARDED", 0, reply=reply)
            + f',"Type":"L7","l7":{told},"event_type":{{"type":{_L7}}},"traffic_direction":"EGRESS"'
            + f',"is_reply":{"true" if reply else "false"}'
        )

    def _head(self, one: Connection, verdict: str, reason: int, *, flags: str = _SYN, reply: bool = False) -> str:
        """The fields of every flow; those of a reply are the other way round."""
        ends, ports = (one.source, one.destination), (one.source_port, one.port)
        if reply:
            ends, ports = ends[::-1], ports[::-1]
        dropped = f',"drop_reason":{reason}' if reason else ""
        numbers = f'"source_port":{ports[0]},"destination_port":{ports[1]}'
        if one.protocol == "TCP":
            numbers += f',"flags":{{{flags}}}'
        version = "IPv6" if ":" in ends[0].address else "IPv4"
        text = (
            f'"verdict":"{verdict}"{dropped},'
            f'"IP":{{"source":"{ends[0].address}","destination":"{ends[1].address}","ipVersion":"{version}"}},'
            f'"l4":{{"{one.protocol}":{{{numbers}}}}},'
            f'"source":{self._end(ends[0], ends[1])},"destination":{self._end(ends[1], ends[0])}'
        )
        if one.destination.names and one.destination.kind is EndKind.EXTERNAL:
            text += f',"{"source" if reply else "destination"}_names":{_json(list(one.destination.names))}'
        if one.service is not None:
            named = {"name": one.service.name, "namespace": one.service.namespace}
            text += f',"{"source" if reply else "destination"}_service":{_json(named)}'
        return text

    def _end(self, end: End, other: End) -> str:
        instance = end.instance
        if instance is None or end.kind is not EndKind.POD:
            return _REMOTE_NODE if end.kind is EndKind.NODE and end.node != other.node else _RESERVED[end.kind]
        key = (id(instance), end.node == other.node)
        known = self._ends.get(key)
        if known is None:
            known = self._ends[key] = _json(self._pod(instance))
        return known

    def _pod(self, instance: Instance) -> dict[str, object]:
        pod = instance.pod
        labels = sorted(
            [
                *(f"k8s:{key}={value}" for key, value in pod.labels.items() if key != "pod-template-hash"),
                f"k8s:io.cilium.k8s.policy.cluster={CLUSTER}",
                f"k8s:io.cilium.k8s.policy.serviceaccount={pod.service_account}",
                f"k8s:io.kubernetes.pod.namespace={pod.namespace}",
            ]
        )
        found: dict[str, object] = {
            "ID": 100 + self.cast.identity(instance) % 4000,
            "identity": 10_000 + instance.template,
            "cluster_name": CLUSTER,
            "namespace": pod.namespace,
            "labels": labels,
            "pod_name": pod.name,
        }
        if pod.workload.kind != "Pod":
            found["workloads"] = [{"name": pod.workload.name, "kind": pod.workload.kind}]
        return found


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    value = 0
    for character in text:
        value = (value * 131 + ord(character)) & 0xFFFF_FFFF
    return value


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _reason(side: Side) -> int:
    return _POLICY_DENY if side.explicit else _POLICY_DENIED


def _deny_text(side: Side) -> str:
    return f',"drop_reason_desc":"{"POLICY_DENY" if side.explicit else "POLICY_DENIED"}"'


def _correlation(direction: Direction, side: Side, *, denied: bool) -> str:
    """Which policies decided: those of an allow and of an explicit deny are named, a default names none."""
    if not side.rules or side.allowed is denied:
        return ""
    policies = _json([_policy(rule) for rule in _distinct(side.rules)])
    return f',"{direction.value}_{"denied" if denied else "allowed"}_by":{policies}'


def _distinct(rules: Iterable[RecordedRule]) -> list[RecordedRule]:
    return list({(rule.kind, rule.namespace, rule.name): rule for rule in rules}.values())


def _policy(rule: RecordedRule) -> dict[str, object]:
    labels = [f"k8s:io.cilium.k8s.policy.derived-from={rule.kind}", f"k8s:io.cilium.k8s.policy.name={rule.name}"]
    found: dict[str, object] = {"name": rule.name}
    if rule.namespace:
        labels.append(f"k8s:io.cilium.k8s.policy.namespace={rule.namespace}")
        found["namespace"] = rule.namespace
    return {**found, "labels": labels, "revision": "1", "kind": rule.kind}


def _summary(one: Connection, flags: str) -> str:
    if one.protocol != "TCP":
        return one.protocol
    return "TCP Flags: " + ", ".join(part.split('"')[1] for part in reversed(flags.split(",")))
