"""GKE's network policy log: the record of its logger's test, and Cloud Logging around it."""

from __future__ import annotations

import json

from ringfence.flowlogs.registry import by_name
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, loss, only, read

RECORD = json.loads(samples.GKE)


def test_an_allowed_connection_and_its_policy() -> None:
    flow, tally = only(read("gke", samples.GKE))
    client, service = "client-allow-7b78d7c957", "test-service-745c798fc9"
    assert flow == Flow(
        FlowEnd(EndKind.POD, "10.84.1.7", "default", f"{client}-zkn54", f"ReplicaSet/{client}"),
        FlowEnd(EndKind.POD, "10.84.0.11", "default", f"{service}-hzpxt", f"ReplicaSet/{service}"),
        "TCP",
        8080,
        Outcome.ALLOWED,
        Opening.OPENS,
        None,
        Direction.INGRESS,
        "policy-action",
        per_connection=True,
        policies=(RecordedRule("allow-all", "default", "NetworkPolicy", action="allow"),),
    )
    assert (tally.records, tally.connections) == (1, 1)
    assert int(tally.first) == 1592083771  # 2020-06-13T21:29:31Z


def test_denied_attempts_are_counted_together_and_name_no_policy() -> None:
    denied = {key: value for key, value in RECORD.items() if key != "policies"}
    flow, tally = only(read("gke", json.dumps(denied | {"disposition": "deny", "count": 7, "node_name": "node-1"})))
    assert (flow.outcome, flow.policies, flow.node) == (Outcome.DENIED, (), "node-1")
    assert (flow.opening, flow.source_port, flow.port) == (Opening.UNKNOWN, 32768, 8080)
    assert tally.connections == 7


def test_nodes_and_addresses_without_a_pod() -> None:
    record = RECORD | {"src": {"node_name": "gke-pool-1"}, "dest": {"instance": "10.84.0.11"}}
    flow, _ = only(read("gke", json.dumps(record)))
    assert flow.source == FlowEnd(EndKind.NODE, "10.84.1.7", pod="gke-pool-1", workload="Node/gke-pool-1")
    assert flow.destination == FlowEnd(EndKind.UNKNOWN, "10.84.0.11")


ENTRY = {
    "insertId": "a",
    "jsonPayload": RECORD,
    "resource": {"type": "k8s_node", "labels": {"cluster_name": "prod", "node_name": "gke-pool-2"}},
    "timestamp": "2020-06-13T21:29:32Z",
}


def test_entries_of_cloud_logging_add_cluster_and_node() -> None:
    flow, _ = only(read("gke", json.dumps(ENTRY)))
    assert (flow.source.cluster, flow.node) == ("prod", "gke-pool-2")


def test_gcloud_prints_an_array_over_many_lines() -> None:
    other = {"insertId": "b", "jsonPayload": {"message": "kubelet started"}}
    text = json.dumps([ENTRY, other, ENTRY], indent=2)
    reduction = read("gke", text)
    assert reduction.flows_read == 2
    assert loss(reduction, LossKind.FOREIGN).count == 1
    assert by_name("gke").recognises([line.encode() for line in text.splitlines()[:50]]) == 1.0


def test_a_document_that_ends_too_early_is_a_loss_of_all_of_its_lines() -> None:
    lines = json.dumps([ENTRY], indent=2).splitlines()[:20]
    cut = loss(read("gke", "\n".join(lines)), LossKind.TRUNCATED)
    assert (cut.count, cut.where) == (20, Position(FILE, 1))


def test_what_can_not_be_read_is_a_loss_at_its_line() -> None:
    broken = json.dumps(RECORD | {"timestamp": "yesterday"})
    where = loss(read("gke", samples.GKE.decode() + "\n" + broken), LossKind.UNREADABLE).where
    assert where == Position(FILE, 2)
