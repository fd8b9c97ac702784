"""Answers of Loki."""

from __future__ import annotations

import json

import pytest

from ringfence.model.flow import EndKind, FlowEnd, LossKind, Outcome
from tests.flowlogs import samples
from tests.flowlogs.reading import loss, only, read


def test_labels_of_the_stream_belong_to_each_record() -> None:
    flow, tally = only(read("loki", samples.LOKI))
    assert flow.source == FlowEnd(EndKind.POD, "10.128.0.29", "shop", "web-6f-x2", "Deployment/web")
    assert flow.destination == FlowEnd(EndKind.UNKNOWN, "10.0.1.140")
    assert (flow.point, flow.outcome, flow.port, flow.source_port) == ("egress", Outcome.UNKNOWN, 443, 32768)
    assert (tally.first, tally.octets) == (1708011867.121, 66)


def test_structured_metadata_does_too() -> None:
    answer = json.loads(samples.LOKI)
    answer["data"]["result"][0]["values"][0].append({"SrcK8S_Zone": "a", "K8S_ClusterName": "prod"})
    flow, _ = only(read("loki", json.dumps(answer)))
    assert flow.source.cluster == "prod"


def test_what_the_limit_of_the_query_left_out_is_a_loss() -> None:
    assert loss(read("loki", samples.LOKI), LossKind.TRUNCATED).count == 24


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[1]",
        '{"status":"success","data":{"resultType":"matrix","result":[]}}',
        '{"status":"success","data":{"resultType":"streams","result":{}}}',
        '{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1"]]}]}}',
        '{"data":{"resultType":"streams","result":[{"stream":{},"values":[7]}]}}',
    ],
)
def test_what_can_not_be_read_is_a_loss(document: str) -> None:
    assert loss(read("loki", document), LossKind.UNREADABLE).count == 1


def answer(labels: dict[str, str], lines: list[tuple[str, str]]) -> str:
    streams = [{"stream": labels, "values": [list(line) for line in lines]}]
    return json.dumps({"status": "success", "data": {"resultType": "streams", "result": streams}})


def test_the_kernels_lines_have_their_time_in_loki() -> None:
    packet = samples.IPTABLES.decode().partition("kernel: ")[2]
    labels = {"job": "node-journal", "transport": "kernel", "nodename": "node-7"}
    flow, tally = only(read("loki", answer(labels, [("1695612995123456000", packet)])))
    assert (flow.point, flow.node, flow.reason, flow.port) == ("kernel", "node-7", "calico-packet", 12865)
    assert tally.first == pytest.approx(1695612995.123456)


def test_lines_of_any_log_are_read_the_oldest_first() -> None:
    lines = [
        ("1720777151839000000", samples.KNP_VERDICT.decode()),
        ("1720777151838000000", samples.KNP_PACKET.decode()),
    ]
    flow, _ = only(read("loki", answer({"app": "kube-network-policies"}, lines)))
    assert (flow.source.pod, flow.outcome) == ("frontend", Outcome.DENIED)


def test_what_the_runtime_put_around_them_is_taken_off() -> None:
    line = "2023-11-02T16:28:54.139Z stderr F " + samples.OVN.decode()
    assert only(read("loki", answer({}, [("1698942534139000000", line)])))[0].point == "acl"
    half = "2023-11-02T16:28:54.139Z stderr P " + samples.OVN.decode()
    lines = [("1698942534139000000", line), ("1698942534140000000", half)]
    assert loss(read("loki", answer({}, lines)), LossKind.TRUNCATED).count == 1


def test_lines_of_no_flow_log_are_counted() -> None:
    reduction = read("loki", answer({}, [("1", "hello"), ("2", '{"level":"info"}')]))
    assert (reduction.flows_read, loss(reduction, LossKind.FOREIGN).count) == (0, 2)
