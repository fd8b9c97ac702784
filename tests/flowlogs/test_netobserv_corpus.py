"""Real records of NetObserv, counted a second time without the reader."""

from __future__ import annotations

import ipaddress
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.registry import by_name
from ringfence.model.flow import EndKind, LossKind, Opening, Outcome
from tests.flowlogs.reading import flows, loss, lost, read

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "flows" / "netobserv"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real flow records is not at ../shared")


def octets(reduction: Reduction) -> int:
    return sum(tally.octets or 0 for hours in reduction.counted.values() for tally in hours.values())


def test_a_hundred_records_of_the_first_releases() -> None:
    log = (CORPUS / "log-lines.json").read_bytes()
    records = [json.loads(line) for line in log.splitlines()]
    assert by_name("netobserv").recognises(log.splitlines()[:50]) == 1.0

    reduction = read("netobserv", log)
    assert (reduction.flows_read, reduction.losses) == (len(records), [])
    assert len(records) == 100
    # Their only time is when they were received.
    assert reduction.first == min(record["TimeReceived"] for record in records)
    assert reduction.last == max(record["TimeReceived"] for record in records)
    assert octets(reduction) == sum(record["Bytes"] for record in records)

    found: Counter[tuple[str, str, int | None, int | None]] = Counter()
    for flow, hours in reduction.counted.items():
        ends = (flow.source.address, flow.destination.address)
        found[*ends, flow.source_port, flow.port] += sum(tally.records for tally in hours.values())
    expected = Counter((each["SrcAddr"], each["DstAddr"], *client_as_one(each)) for each in records)
    assert found == expected

    named = {flow.source.pod for flow in reduction.counted if flow.source.kind is EndKind.POD}
    assert named == {record["SrcPod"] for record in records if record.get("SrcPod")}


def client_as_one(record: dict[str, Any]) -> tuple[int, int]:
    """Both ports, where just one is ephemeral with that as the first such."""
    source, destination = record["SrcPort"], record["DstPort"]
    if min(source, destination) < 32768:
        return min(source, 32768), min(destination, 32768)
    return source, destination


def entries(name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    answer = json.loads((CORPUS / name).read_bytes())
    records = [
        stream["stream"] | json.loads(value[1]) for stream in answer["data"]["result"] for value in stream["values"]
    ]
    return records, answer["data"]["stats"]["summary"]


@pytest.mark.parametrize("name", ["loki_flow_records.json", "loki_flow_records_sent.json"])
def test_answers_of_loki(name: str) -> None:
    records, summary = entries(name)
    assert len(records) == 50
    reduction = read("loki", (CORPUS / name).read_bytes())
    packets = [record for record in records if record["Etype"] in {0x0800, 0x86DD}]
    assert reduction.flows_read == len(packets)
    assert octets(reduction) == sum(record["Bytes"] for record in packets)
    others = len(records) - len(packets)
    assert sum(each.count or 0 for each in lost(reduction, LossKind.FOREIGN)) == others
    assert lost(reduction, LossKind.UNREADABLE) == []

    opening = sum(
        tally.records
        for flow, hours in reduction.counted.items()
        for tally in hours.values()
        if flow.opening is Opening.OPENS and flow.protocol == "TCP"
    )
    assert opening == sum(1 for each in packets if each["Proto"] == 6 and each.get("Flags", 0) & 258 == 2)

    namespaces = {flow.source.namespace for flow in flows(reduction)} - {""}
    assert namespaces == {each["SrcK8S_Namespace"] for each in packets if each.get("SrcK8S_Namespace")}
    nodes = {flow.source.address for flow in flows(reduction) if flow.source.kind is EndKind.NODE}
    assert nodes == {each["SrcAddr"] for each in packets if each.get("SrcK8S_Type") == "Node"}
    assert all(ipaddress.ip_address(flow.destination.address) for flow in flows(reduction))

    limited = loss(reduction, LossKind.TRUNCATED)
    assert limited.count == summary["totalPostFilterLines"] - summary["totalEntriesReturned"]


def test_the_one_event_of_ovn_is_read() -> None:
    reduction = read("loki", (CORPUS / "loki_flow_records.json").read_bytes())
    (allowed,) = [flow for flow in flows(reduction) if flow.outcome is Outcome.ALLOWED]
    assert [rule.kind for rule in allowed.policies] == ["NetpolNode"]


def test_dropped_packets_have_the_cause_that_the_kernel_gave() -> None:
    records = [
        record for name in ("loki_flow_records.json", "loki_flow_records_sent.json") for record in entries(name)[0]
    ]
    whole = [each for each in records if each.get("PktDropPackets", 0) >= each["Packets"] > 0]
    reductions = [
        read("loki", (CORPUS / name).read_bytes()) for name in ("loki_flow_records.json", "loki_flow_records_sent.json")
    ]
    reasons = {
        flow.reason for reduction in reductions for flow in flows(reduction) if flow.outcome is not Outcome.UNKNOWN
    }
    assert reasons - {""} == {each["PktDropLatestDropCause"] for each in whole}


def test_an_answer_without_streams_has_nothing() -> None:
    reduction = read("loki", (CORPUS / "loki_flow_records_dropped.json").read_bytes())
    assert (reduction.flows_read, reduction.losses) == (0, [])
