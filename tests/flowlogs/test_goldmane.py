"""Goldmane's and Whisker's flows, in the keys of their Go structures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.flowlogs.registry import by_name
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, loss, lost, only, read

RECORD: dict[str, Any] = json.loads(samples.WHISKER)

FLOW = Flow(
    FlowEnd(EndKind.POD, "", "shop", "client-*", labels=(("app", "client"), ("tier", "web"))),
    FlowEnd(EndKind.EXTERNAL, workload="Network/pub"),
    "TCP",
    443,
    Outcome.DENIED,
    Opening.OPENS,
    None,
    Direction.EGRESS,
    "src",
    # The trigger is the policy that selected the pod, so that the tier's end could deny.
    policies=(RecordedRule("only-db", "shop", "NetworkPolicy", "default", "end of tier", "Deny"),),
    pending=(RecordedRule("to-web", "shop", "StagedNetworkPolicy", "default", "2", "Allow"),),
)


@pytest.mark.parametrize(
    "log",
    [
        samples.WHISKER,
        b"[" + samples.WHISKER + b"]",
        b'{"meta":{"totalPages":1},"items":[' + samples.WHISKER + b"]}",
        json.dumps({"items": [RECORD]}, indent=2).encode(),
        b"data: " + samples.WHISKER,  # an event of ?watch=true
    ],
)
def test_a_record_a_line_an_array_or_a_page(log: bytes) -> None:
    flow, tally = only(read("goldmane", log))
    assert flow == FLOW
    assert (tally.first, tally.last, tally.records) == (1772359200, 1772359215, 1)  # 2026-03-01T10:00:00Z, 15 s
    # At the source, what goes out is what the destination gets.
    assert (tally.octets, tally.octets_back) == (180, 0)
    assert by_name("goldmane").recognises(log.split(b"\n")[:50]) == 1.0


def test_the_events_of_a_stream_are_read_one_by_one() -> None:
    reduction = read(
        "goldmane", b"data: " + samples.WHISKER + b"\n\nevent: x\ndata: " + samples.WHISKER + b"\n\ndata: {"
    )
    assert reduction.flows_read == 2
    assert loss(reduction, LossKind.UNREADABLE).where == Position(FILE, 6)


def test_pages_that_are_not_there_are_a_loss() -> None:
    page = json.dumps({"meta": {"totalPages": 2, "totalResults": 7}, "items": [RECORD] * 4})
    rest = json.dumps({"meta": {"totalPages": 2, "totalResults": 7}, "items": [RECORD] * 3})
    assert loss(read("goldmane", page), LossKind.TRUNCATED).count == 3
    assert lost(read("goldmane", f"{page}\n{rest}"), LossKind.TRUNCATED) == []


def test_what_is_outside_has_no_address_which_is_a_loss() -> None:
    reduction = read("goldmane", samples.WHISKER)
    merged, outside = lost(reduction, LossKind.AGGREGATED)
    assert (merged.count, outside.count) == (1, 1)
    assert "pub" in outside.detail


# What the emitter of Goldmane posts: encoding/json of the protobuf's structure, where enums are their numbers and
# zeros are left out.
EMITTED = {
    "Key": {
        "source_name": "web-*",
        "source_namespace": "shop",
        "source_type": 1,
        "dest_name": "db-*",
        "dest_namespace": "shop",
        "dest_type": 1,
        "dest_port": 5432,
        "dest_service_name": "db",
        "dest_service_namespace": "shop",
        "dest_service_port": 5432,
        "proto": "tcp",
        "reporter": 2,
        "action": 1,
        "policies": {
            "enforced_policies": [
                {"kind": 1, "namespace": "shop", "name": "default.db", "tier": "default", "action": 1}
            ],
            "pending_policies": [
                {"kind": 1, "namespace": "shop", "name": "default.db", "tier": "default", "action": 1}
            ],
        },
    },
    "start_time": 1772359200,
    "end_time": 1772359215,
    "source_labels": ["app=web"],
    "dest_labels": ["app=db"],
    "bytes_in": 500,
    "bytes_out": 9000,
    "num_connections_started": 3,
    "num_connections_live": 1,
}


def test_goldmanes_own_records_have_services_and_connections() -> None:
    flow, tally = only(read("goldmane", json.dumps(EMITTED) + "\n"))
    assert flow == Flow(
        FlowEnd(EndKind.POD, "", "shop", "web-*", labels=(("app", "web"),)),
        FlowEnd(EndKind.POD, "", "shop", "db-*", labels=(("app", "db"),), service="shop/db"),
        "TCP",
        5432,
        Outcome.ALLOWED,
        Opening.OPENS,
        None,
        Direction.INGRESS,
        "dst",
        policies=(RecordedRule("default.db", "shop", "NetworkPolicy", "default", "0", "Allow"),),
    )
    assert (tally.connections, tally.octets, tally.octets_back) == (3, 500, 9000)


def test_protobufs_json_of_a_stream_is_the_same() -> None:
    def camel(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                "".join(part.title() if place else part for place, part in enumerate(key.split("_"))): camel(item)
                for key, item in value.items()
            }
        return [camel(item) for item in value] if isinstance(value, list) else value

    result = {"id": "7", "flow": camel(EMITTED) | {"startTime": "1772359200", "bytesIn": "500"}}
    assert read("goldmane", json.dumps(result)).counted == read("goldmane", json.dumps(EMITTED)).counted


def test_each_line_that_can_not_be_read_is_a_loss_at_its_place() -> None:
    log = b"\n".join((samples.WHISKER, b"{", samples.WHISKER.replace(b'"Src"', b'"?"'), b'{"a":1}', b"7"))
    reduction = read("goldmane", log)
    assert reduction.flows_read == 1
    assert [found.where for found in lost(reduction, LossKind.UNREADABLE)] == [
        Position(FILE, 2),
        Position(FILE, 3),
        Position(FILE, 5),
    ]
    assert loss(reduction, LossKind.FOREIGN).where == Position(FILE, 4)
