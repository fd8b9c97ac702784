"""Every format's lines are recognised as that format, and by no other."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from ringfence.flowlogs.detect import detect
from ringfence.flowlogs.openers import STDIN
from ringfence.flowlogs.read import read
from ringfence.flowlogs.registry import FORMATS, by_name
from ringfence.model.errors import InputError
from ringfence.model.flow import LossKind
from tests.flowlogs import reading, samples

LOGS = [
    *samples.LOGS.items(),
    ("kube-network-policies", samples.KNP_TEXT),
    ("goldmane", samples.WHISKER),
    ("goldmane", json.dumps({"meta": {}, "items": [json.loads(samples.WHISKER)]}, indent=1).encode()),
    ("gke", json.dumps([{"jsonPayload": json.loads(samples.GKE)}], indent=2).encode()),
    ("loki", json.dumps(json.loads(samples.LOKI), indent=2).encode()),
    (
        "aws-vpc",
        b"version srcaddr dstaddr srcport dstport protocol start end action\n3 10.0.0.1 10.0.0.2 1 2 6 7 8 ACCEPT",
    ),
]
NAMES = [f"{name}-{number}" for number, (name, _) in enumerate(LOGS)]


@pytest.mark.parametrize(("name", "log"), LOGS, ids=NAMES)
def test_a_log_is_recognised_by_its_format_alone(name: str, log: bytes) -> None:
    lines = [line for line in log.split(b"\n") if line.strip()][:50]
    assert {each.name: share for each in FORMATS if (share := each.recognises(lines))} == {name: 1.0}


@pytest.mark.parametrize(("name", "log"), LOGS, ids=NAMES)
def test_a_log_is_read_to_the_end_without_being_told_its_format(name: str, log: bytes) -> None:
    (found,) = read([STDIN], stdin=io.BytesIO(log))
    assert found.format == name
    assert found.reduction.flows_read > 0
    assert [loss for loss in found.reduction.losses if loss.kind in {LossKind.UNREADABLE, LossKind.FOREIGN}] == []


def cri(line: bytes) -> bytes:
    return b"2026-05-21T10:00:00.000000000Z stdout F " + line


def fluent_bit(line: bytes) -> bytes:
    return json.dumps({"log": cri(line).decode(), "kubernetes": {"pod_name": "x"}}).encode()


def journald(line: bytes) -> bytes:
    stamp = {"__REALTIME_TIMESTAMP": "1779357600000000", "_HOSTNAME": "node", "SYSLOG_IDENTIFIER": "agent"}
    return json.dumps(stamp | {"MESSAGE": line.decode()}).encode()


@pytest.mark.parametrize(("wrap", "writer"), [(cri, ""), (fluent_bit, "x"), (journald, "node")])
@pytest.mark.parametrize("name", [name for name in samples.LOGS if not by_name(name).whole])
def test_what_is_around_lines_tells_the_node_and_changes_nothing_else(
    name: str, wrap: Callable[[bytes], bytes], writer: str
) -> None:
    log = samples.LOGS[name]
    wrapped = b"\n".join(map(wrap, log.split(b"\n")))
    (found,) = read([STDIN], stdin=io.BytesIO(wrapped))
    assert found.format == name
    plain = reading.read(name, log).counted
    assert found.reduction.counted == {replace(flow, node=flow.node or writer): hours for flow, hours in plain.items()}


def test_the_kernels_lines_in_journald_have_their_time_beside_them() -> None:
    packet = samples.IPTABLES.decode().partition("kernel: ")[2]
    stamp = {"__REALTIME_TIMESTAMP": "1695612995123456", "_HOSTNAME": "node-7", "SYSLOG_IDENTIFIER": "kernel"}
    (found,) = read([STDIN], stdin=io.BytesIO(json.dumps(stamp | {"MESSAGE": packet}).encode()))
    flow, tally = reading.only(found.reduction)
    assert (found.format, flow.node, flow.reason) == ("iptables", "node-7", "calico-packet")
    assert tally.first == 1695612995.123456


def test_events_of_cloudwatch_have_their_time_beside_them() -> None:
    message = samples.AWS_CLOUDWATCH.decode().partition(" ")[2]
    event = {"logStreamName": "s", "timestamp": 1779357602500, "message": message, "ingestionTime": 1779357602600}
    (found,) = read([STDIN], stdin=io.BytesIO(json.dumps(event).encode()))
    assert (found.format, reading.only(found.reduction)[1].first) == ("aws-agent", 1779357602.5)
    record = event | {"message": samples.VPC.decode()}
    (found,) = read([STDIN], stdin=io.BytesIO(json.dumps(record).encode()))
    assert (found.format, found.reduction.flows_read) == ("aws-vpc", 1)


@pytest.mark.parametrize(
    "log",
    [
        b"hello\nworld",
        b'{"level":"info","ts":"2023-10-18T09:52:23.319Z","msg":"started"}',
        b"2023-11-02T16:28:54.139Z|00004|binding|INFO|Releasing lport",
        b"[]",
        b"{}",
        b"2 3 4",
        b"\xff\xfe\x00",
        b"apiVersion: v1\nkind: Pod",
    ],
)
def test_what_is_no_flow_log_is_none(log: bytes) -> None:
    with pytest.raises(InputError, match="no known log format"):
        detect(log.split(b"\n"), FORMATS, "x.log")
