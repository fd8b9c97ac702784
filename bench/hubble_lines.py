"""Lines as Hubble's exporter writes them: about 1.7 KB each, with node labels and the labels of namespaces.

Connections come with the events that Cilium writes of them: a verdict at either end, traces at several points and of
the replies; one in twenty lines is the proxy's (DNS), one in fifty a drop.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PODS = 1000
EDGES = 4000
SERVED = (80, 443, 5432, 6379, 8080, 9090, 9092, 50051)
START = 1_784_505_600  # 2026-07-20T00:00:00Z
A_DAY = 10_000_000
"""Lines of a day, so 116 a second: all that 1,000 pods need for 19 connections a second at every point."""


@dataclass(frozen=True, slots=True)
class _Template:
    """A line but for its time, identifier and the client's port."""

    before: str
    after: str


def write(path: Path, lines: int, *, seed: int = 1) -> int:
    """Writes so many lines, ten million of which are a day; gives the bytes."""
    with path.open("w", encoding="ascii") as stream:
        for line in make(lines, seed=seed):
            stream.write(line)
    return path.stat().st_size


def make(lines: int, *, seed: int = 1) -> Iterator[str]:
    """The lines, in the order of their time."""
    rng = random.Random(f"hubble {seed}")
    pods = [_pod(number, rng) for number in range(PODS)]
    templates = [list(_events(rng.sample(pods, 2), rng.choice(SERVED), rng)) for _ in range(EDGES)]
    step = 86_400 / A_DAY
    number = 0
    while number < lines:
        client = rng.randrange(32768, 60999)
        for template in rng.choice(templates):
            if number == lines:
                return
            moment = START + number * step
            time = f"{_clock(int(moment))}.{int(moment % 1 * 1e9):09d}Z"
            uuid = f"{rng.getrandbits(32):08x}-3b2c-4d1e-9f00-{rng.getrandbits(48):012x}"
            yield f'{{"flow":{{"time":"{time}","uuid":"{uuid}"{template.before}{client}{template.after}"{time}"}}\n'
            number += 1


def _clock(second: int) -> str:
    return f"2026-07-20T{second % 86400 // 3600:02d}:{second % 3600 // 60:02d}:{second % 60:02d}"


def _pod(number: int, rng: random.Random) -> dict[str, Any]:
    namespace = f"team-{number % 40:02d}"
    name = f"service-{number // 4:03d}"
    labels = [
        f"k8s:app.kubernetes.io/name={name}",
        "k8s:app.kubernetes.io/part-of=shop",
        f"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name={namespace}",
        "k8s:io.cilium.k8s.policy.cluster=production",
        f"k8s:io.cilium.k8s.policy.serviceaccount={name}",
        f"k8s:io.kubernetes.pod.namespace={namespace}",
    ]
    return {
        "ip": f"10.{number // 250}.{number % 250}.{rng.randrange(2, 250)}",
        "end": {
            "ID": rng.randrange(1, 4000),
            "identity": 20000 + number // 4,
            "cluster_name": "production",
            "namespace": namespace,
            "labels": labels,
            "pod_name": f"{name}-7d4b9c6f5d-{number:05x}",
            "workloads": [{"name": name, "kind": "Deployment"}],
        },
        "node": f"production/node-{number % 25:02d}",
    }


def _events(ends: list[dict[str, Any]], port: int, rng: random.Random) -> Iterator[_Template]:
    source, destination = ends
    if rng.random() < 0.08:  # denied, and tried again
        for _ in range(2):
            yield _line(source, destination, port, "DROPPED", 5, "EGRESS", None, rng)
        return
    yield _line(source, destination, port, "FORWARDED", 5, "EGRESS", False, rng)
    yield _line(source, destination, port, "FORWARDED", 4, "EGRESS", False, rng, "TO_OVERLAY")
    yield _line(source, destination, port, "FORWARDED", 5, "INGRESS", False, rng)
    yield _line(source, destination, port, "FORWARDED", 4, "INGRESS", False, rng, "TO_ENDPOINT")
    yield _line(destination, source, port, "FORWARDED", 4, "INGRESS", True, rng, "TO_OVERLAY")
    yield _line(destination, source, port, "FORWARDED", 4, "EGRESS", True, rng, "TO_ENDPOINT")
    if rng.random() < 0.3:
        yield _line(destination, source, 53, "FORWARDED", 129, "EGRESS", True, rng)


def _line(
    source: dict[str, Any],
    destination: dict[str, Any],
    port: int,
    verdict: str,
    event: int,
    direction: str,
    reply: bool | None,
    rng: random.Random,
    point: str = "",
) -> _Template:
    ports = f'"source_port":{port},"destination_port":@' if reply else f'"source_port":@,"destination_port":{port}'
    flags = {"ACK": True} if event == 4 else {"SYN": True}
    l4 = f'{{"UDP":{{{ports}}}}}' if event == 129 else f'{{"TCP":{{{ports},"flags":{_json(flags)}}}}}'
    node = (source if direction == "EGRESS" else destination)["node"]
    head = {
        "verdict": verdict,
        "ethernet": {"source": "62:6b:d0:a4:c5:63", "destination": "6e:d0:ea:78:fc:0a"},
        "IP": {"source": source["ip"], "destination": destination["ip"], "ipVersion": "IPv4"},
    }
    tail: dict[str, Any] = {
        "source": source["end"],
        "destination": destination["end"],
        "Type": "L7" if event == 129 else "L3_L4",
        "node_name": node,
        "node_labels": [
            f"kubernetes.io/hostname={node.partition('/')[2]}",
            f"topology.kubernetes.io/zone=eu-west-1{'abc'[len(node) % 3]}",
        ],
    }
    if event == 129:
        dns = {"query": "orders.example.com.", "ips": ["203.0.113.7"], "ttl": 30, "observation_source": "proxy"}
        tail["l7"] = {"type": "RESPONSE", "latency_ns": str(rng.getrandbits(24)), "dns": dns}
    tail["event_type"] = {"type": event}
    tail["traffic_direction"] = direction
    if event == 5:
        tail["policy_match_type"] = 2
    if point:
        tail["trace_observation_point"] = point
        tail["trace_reason"] = "REPLY" if reply else "ESTABLISHED"
    if verdict == "DROPPED":
        tail["drop_reason_desc"] = "POLICY_DENIED"
    if reply is not None:
        tail["is_reply"] = reply
    tail["Summary"] = f"TCP Flags: {', '.join(flags)}"
    if verdict == "FORWARDED" and event == 5:
        rule = {"name": "allow-shop", "namespace": source["end"]["namespace"], "revision": "6"}
        tail[f"{direction.lower()}_allowed_by"] = [rule | {"kind": "CiliumNetworkPolicy"}]
    text = f',{_json(head)[1:-1]},"l4":{l4},{_json(tail)[1:]},"node_name":{_json(node)},"time":'
    before, after = text.split("@")
    return _Template(before, after)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
