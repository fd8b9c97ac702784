"""Calico's flow logs: the file of Calico Enterprise and Cloud, and Whisker's records of open-source Calico.

Source: "Flow log data types" in the Calico Enterprise documentation; ``goldmane/proto/api.proto`` and
``whisker-backend/pkg/apis/v1`` in projectcalico/calico. Both ends report, each for an interval; policy strings are
``index|tier|namespace/tier.name|action|rule``, with -1 for the end of a tier. Whisker has neither addresses nor
clients' ports: pods are one by their generated name, and what is outside is ``pub`` or ``pvt``.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from ipaddress import ip_address

from ringfence.model.flow import Direction, EndKind, RecordedRule
from ringfence.simulate.connection import Connection, End
from ringfence.simulate.writers.intervals import Bucket, IntervalWriter, Observation
from ringfence.simulate.writers.points import Point, points
from ringfence.simulate.writers.writer import Cast

_FILE_SECONDS, _BUCKET_SECONDS = 300, 15
_TIERS = {"AdminNetworkPolicy": "adminnetworkpolicy", "BaselineAdminNetworkPolicy": "baselineadminnetworkpolicy"}


class Calico(IntervalWriter):
    """``whisker`` writes the records of open-source Calico."""

    def __init__(self, cast: Cast, *, whisker: bool = False) -> None:
        super().__init__(cast, _BUCKET_SECONDS if whisker else _FILE_SECONDS)
        self._whisker = whisker

    def observe(self, connection: Connection) -> Iterator[Observation]:
        """The two ends' reports; the name of a pod is kept only where the source keeps it."""
        packets = connection.attempts if connection.dropped is not None else 5
        back = 4 if connection.answered else 0
        for point in points(connection):
            key = (point.direction, *self._key(connection, point))
            yield Observation(
                "" if self._whisker else point.node,
                key,
                packets,
                connection.octets,
                back,
                connection.octets_back,
            )

    def _key(self, one: Connection, point: Point) -> tuple[Hashable, ...]:
        ends = (_aggregate(one.source), _aggregate(one.destination))
        if not self._whisker:
            ends = (f"{ends[0]} {one.source.address}", f"{ends[1]} {one.destination.address}")
        service = one.service if point.direction is Direction.EGRESS else None
        return (*ends, one.protocol, one.port, point.denied, point.side.rules, point.side.selecting, service)

    def body(self, key: Hashable, bucket: Bucket) -> str:
        """One end's report of an interval."""
        assert isinstance(key, tuple)  # noqa: S101 - as observe made it
        one = bucket.connections[-1]
        point = next(point for point in points(one) if point.direction is key[0])
        record = _whisker(one, point, bucket) if self._whisker else _enterprise(one, point, bucket)
        return json.dumps(record, separators=(",", ":"))


def _enterprise(one: Connection, point: Point, bucket: Bucket) -> dict[str, object]:
    service = one.service if point.direction is Direction.EGRESS else None
    inward = point.direction is Direction.INGRESS
    names = {"dest_domains": list(one.destination.names)} if one.destination.kind is EndKind.EXTERNAL else {}
    count = len(bucket.connections)
    return {
        "start_time": int(bucket.start),
        "end_time": int(bucket.end),
        **_end("source", one.source),
        "nat_outgoing_ports": None,
        "source_port": None,
        **_end("dest", one.destination),
        "dest_port": one.port,
        **names,
        "dest_service_namespace": service.namespace if service else "-",
        "dest_service_name": service.name if service else "-",
        "dest_service_port": service.port_name or "-" if service else "-",
        "dest_service_port_num": service.port if service else None,
        "proto": one.protocol.lower(),
        "action": "deny" if point.denied else "allow",
        "reporter": "dst" if inward else "src",
        "policies": {"all_policies": _strings(point)},
        "bytes_in": bucket.octets if inward else bucket.octets_back,
        "bytes_out": bucket.octets_back if inward else bucket.octets,
        "num_flows": count,
        "num_flows_started": count,
        "num_flows_completed": count,
        "packets_in": bucket.packets if inward else bucket.packets_back,
        "packets_out": bucket.packets_back if inward else bucket.packets,
        "host": point.node,
    }


def _whisker(one: Connection, point: Point, bucket: Bucket) -> dict[str, object]:
    from ringfence.simulate.writers.lines import second

    inward = point.direction is Direction.INGRESS
    return {
        "start_time": f"{second(int(bucket.start))}Z",
        "end_time": f"{second(int(bucket.end))}Z",
        "action": "Deny" if point.denied else "Allow",
        "source_name": _aggregate(one.source).partition("/")[2],
        "source_namespace": _namespace(one.source),
        "source_labels": " | ".join(_labels(one.source)),
        "dest_name": _aggregate(one.destination).partition("/")[2],
        "dest_namespace": _namespace(one.destination),
        "dest_labels": " | ".join(_labels(one.destination)),
        "protocol": one.protocol.lower(),
        "dest_port": str(one.port),
        "reporter": "Dst" if inward else "Src",
        "policies": {"enforced": _hits(point), "pending": []},
        "packets_in": str(bucket.packets if inward else bucket.packets_back),
        "packets_out": str(bucket.packets_back if inward else bucket.packets),
        "bytes_in": str(bucket.octets if inward else bucket.octets_back),
        "bytes_out": str(bucket.octets_back if inward else bucket.octets),
    }


def _end(side: str, end: End) -> dict[str, object]:
    pod = end.instance.pod if end.instance is not None and end.kind is EndKind.POD else None
    aggregate = _aggregate(end).partition("/")[2]
    kind = "wep" if pod is not None else "hep" if end.kind is EndKind.NODE else "net"
    return {
        f"{side}_ip": end.address,
        f"{side}_name": pod.name if pod is not None else end.node or "-",
        f"{side}_name_aggr": aggregate,
        f"{side}_namespace": pod.namespace if pod is not None else "-",
        f"{side}_type": kind,
        f"{side}_labels": {"labels": _labels(end)},
    }


def _aggregate(end: End) -> str:
    """``namespace/name-*`` of a pod; ``-/pub``, ``-/pvt`` or ``-/node`` of what is none."""
    if end.instance is None or end.kind is not EndKind.POD:
        if end.kind is EndKind.NODE:
            return f"-/{end.node}"
        return "-/pub" if end.kind is EndKind.EXTERNAL and not ip_address(end.address).is_loopback else "-/pvt"
    pod = end.instance.pod
    kept = pod.workload.kind in ("StatefulSet", "Pod")
    stem = pod.workload.name if kept else pod.name.rpartition("-")[0]
    return f"{pod.namespace}/{pod.name if pod.workload.kind == 'Pod' else f'{stem}-*'}"


def _namespace(end: End) -> str:
    return _aggregate(end).partition("/")[0]


def _labels(end: End) -> list[str]:
    if end.instance is None or end.kind is not EndKind.POD:
        return []
    return sorted(f"{key}={value}" for key, value in end.instance.pod.labels.items())


def _strings(point: Point) -> list[str]:
    found = []
    for number, (kind, namespace, name, tier, rule) in enumerate(_decided(point)):
        reference = _reference(kind, namespace, name, tier)
        found.append(f"{number}|{tier}|{reference}|{'deny' if point.denied else 'allow'}|{rule}")
    return found


def _hits(point: Point) -> list[dict[str, object]]:
    action = "Deny" if point.denied else "Allow"
    found: list[dict[str, object]] = []
    for number, (kind, namespace, name, tier, rule) in enumerate(_decided(point)):
        trigger = None
        hit = {"kind": kind, "name": name, "namespace": namespace}
        if rule == "-1":
            trigger, hit = hit, {"kind": "EndOfTier", "name": "", "namespace": ""}
        found.append(
            {**hit, "tier": tier, "action": action, "policy_index": number, "rule_index": int(rule), "trigger": trigger}
        )
    return found


def _decided(point: Point) -> Iterator[tuple[str, str, str, str, str]]:
    """Kind, namespace, name, tier and rule of each policy that decided; a pod without any has its profile's allow."""
    if point.side.isolated and point.side.allowed is not point.denied and point.side.rules:
        for rule in point.side.rules:
            yield rule.kind, rule.namespace, rule.name, _tier(rule), rule.rule if rule.rule.isdigit() else "0"
    elif point.denied:
        for rule in point.side.selecting[:1]:
            yield rule.kind, rule.namespace, rule.name, _tier(rule), "-1"
    else:
        namespace = point.end.instance.pod.namespace if point.end.instance is not None else ""
        yield "Profile", "", f"kns.{namespace}", "__PROFILE__", "0"


def _tier(rule: RecordedRule) -> str:
    return _TIERS.get(rule.kind, rule.tier if rule.kind.startswith("Global") and rule.tier else "default")


def _reference(kind: str, namespace: str, name: str, tier: str) -> str:
    if kind == "Profile":
        return f"__PROFILE__.{name}"
    if kind in _TIERS:
        return f"kanp.{tier}.{name}"
    return f"{namespace}/knp.default.{name}" if namespace else f"{tier}.{name}"
