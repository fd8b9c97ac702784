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
    assert (flow.point, flow.outcome, flow.port, flow.source_port) == ("egress", Outcome.UNKNOWN, 443, 50104)
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
        '{"data":{"resultType":"streams","result":[{"stream":{},"values":[["1","no JSON"]]}]}}',
        '{"data":{"resultType":"streams","result":[{"stream":{},"values":[7]}]}}',
    ],
)
def test_what_can_not_be_read_is_a_loss(document: str) -> None:
    assert loss(read("loki", document), LossKind.UNREADABLE).count == 1
