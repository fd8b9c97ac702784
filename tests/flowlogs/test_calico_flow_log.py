"""Calico Enterprise's flow log: a record of its documentation, one of a test of Tigera's, and hand-made ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, loss, lost, only, read

RECORD: dict[str, Any] = json.loads(samples.CALICO)

# What newer releases write of pods that are merged by their names' beginnings.
MERGED: dict[str, Any] = {
    "startTime": 1699375161,
    "endTime": 1699375483,
    "source_ip": None,
    "source_name": "-",
    "source_name_aggr": "frontend-755cdc7957-*",
    "source_namespace": "default",
    "source_port": None,
    "source_type": "wep",
    "source_labels": {"labels": ["app=frontend", "pod-template-hash=755cdc7957"]},
    "dest_ip": None,
    "dest_name": "-",
    "dest_name_aggr": "cartservice-7d4899b484-*",
    "dest_namespace": "default",
    "dest_port": 7070,
    "dest_type": "wep",
    "dest_labels": {"labels": ["app=cartservice"]},
    "dest_service_namespace": "default",
    "dest_service_name": "cartservice",
    "dest_service_port": "grpc",
    "dest_service_port_num": 7070,
    "dest_domains": None,
    "proto": "tcp",
    "action": "allow",
    "reporter": "src",
    "policies": {
        "all_policies": ["0|__PROFILE__|__PROFILE__.kns.default|allow|0"],
        "enforced_policies": ["0|__PROFILE__|__PROFILE__.kns.default|allow|0"],
        "pending_policies": ["0|__PROFILE__|__PROFILE__.kns.default|allow|0"],
        "transit_policies": ["0|default|fwd-policy|allow|0"],
    },
    "bytes_in": 133612,
    "bytes_out": 196245,
    "num_flows": 1,
    "num_flows_started": 1,
    "num_flows_completed": 0,
}


def test_a_deny_at_the_destination_by_the_end_of_a_tier() -> None:
    flow, tally = only(read("calico", samples.CALICO))
    pod = "checkoutservice-598d5b586d-wsvmz"
    labels = (("app", "checkoutservice"), ("pod-template-hash", "598d5b586d"), ("tenant", "hipstershop"))
    assert flow == Flow(
        FlowEnd(EndKind.POD, "10.48.116.157", "default", "multitool", labels=(("run", "multitool"),)),
        FlowEnd(EndKind.POD, "10.48.127.224", "hipstershop", pod, labels=labels),
        "TCP",
        5050,
        Outcome.DENIED,
        Opening.OPENS,
        None,
        Direction.INGRESS,
        "dst",
        # In the order of their index, which isn't that of the list; -1 is the end of the tier.
        policies=(
            RecordedRule("security.tenant-histershop", "", "GlobalNetworkPolicy", "security", "0", "pass"),
            RecordedRule(
                *("app-hipstershop.checkoutservice", "hipstershop", "NetworkPolicy"),
                *("app-hipstershop", "end of tier", "deny"),
            ),
        ),
    )
    assert (tally.first, tally.last, tally.records, tally.connections) == (1659621542, 1659621842, 1, 1)
    # At the destination, what comes in goes from source to destination.
    assert (tally.octets, tally.octets_back) == (300, 0)


def test_at_the_source_what_goes_out_is_what_the_destination_gets() -> None:
    flow, tally = only(read("calico", json.dumps(MERGED)))
    assert (flow.direction, flow.point) == (Direction.EGRESS, "src")
    assert (tally.octets, tally.octets_back) == (196245, 133612)


def test_merged_pods_have_no_address_and_are_a_loss() -> None:
    reduction = read("calico", json.dumps(MERGED) + "\n" + json.dumps(MERGED))
    flow, tally = only(reduction)
    assert flow.source.pod == "frontend-755cdc7957-*"
    assert flow.destination.pod == "cartservice-7d4899b484-*"
    assert (flow.source.address, flow.destination.address, flow.destination.service) == ("", "", "default/cartservice")
    assert loss(reduction, LossKind.AGGREGATED).count == 2
    assert (tally.records, tally.connections) == (2, 2)


def test_profiles_and_policies_of_forwarded_traffic_are_named_and_pending_ones_that_change_nothing_are_not() -> None:
    flow, _ = only(read("calico", json.dumps(MERGED | {"policies": MERGED["policies"] | {"transit_policies": []}})))
    assert flow.policies == (RecordedRule("kns.default", "", "Profile", "__PROFILE__", "0", "allow"),)
    assert flow.pending == ()
    forwarded, _ = only(read("calico", json.dumps(MERGED)))
    assert [rule.name for rule in forwarded.policies] == ["kns.default", "fwd-policy"]


@pytest.mark.parametrize(
    ("text", "rule", "staged"),
    [
        (
            "0|default|shop/knp.default.web|allow|1",
            RecordedRule("web", "shop", "NetworkPolicy", "default", "1", "allow"),
            False,
        ),
        (
            "0|platform|shop/staged:platform.web|deny|0",
            RecordedRule("platform.web", "shop", "StagedNetworkPolicy", "platform", "0", "deny"),
            True,
        ),
        (
            "0|default|shop/staged:knp.default.web|allow|0",
            RecordedRule("web", "shop", "StagedKubernetesNetworkPolicy", "default", "0", "allow"),
            True,
        ),
        (
            "0|security|staged:security.all|deny|0",
            RecordedRule("security.all", "", "StagedGlobalNetworkPolicy", "security", "0", "deny"),
            True,
        ),
        (
            "0|default|np:shop/default.web|allow|0",
            RecordedRule("default.web", "shop", "NetworkPolicy", "default", "0", "allow"),
            False,
        ),
        (
            "0|default|sgnp:default.all|deny|-1",
            RecordedRule("default.all", "", "StagedGlobalNetworkPolicy", "default", "end of tier", "deny"),
            True,
        ),
        (
            "0|adminnetworkpolicy|kanp.adminnetworkpolicy.gold|pass|0",
            RecordedRule("gold", "", "AdminNetworkPolicy", "adminnetworkpolicy", "0", "pass"),
            False,
        ),
    ],
)
def test_policy_strings(text: str, rule: RecordedRule, staged: bool) -> None:
    flow, _ = only(read("calico", json.dumps(RECORD | {"policies": {"all_policies": [text]}})))
    assert (flow.pending if staged else flow.policies) == (rule,)
    assert (flow.policies if staged else flow.pending) == ()


def end(kind: str, aggregate: str, **more: object) -> FlowEnd:
    given = {
        "dest_type": kind,
        "dest_name": "-",
        "dest_name_aggr": aggregate,
        "dest_namespace": "-",
        "dest_labels": None,
    }
    flow, _ = only(read("calico", json.dumps(RECORD | given | {"dest_ip": "203.0.113.5"} | more)))
    return flow.destination


def test_ends_that_are_no_pods() -> None:
    assert end("net", "pub", dest_domains=["b.example.com", "a.example.com"]) == FlowEnd(
        EndKind.EXTERNAL, "203.0.113.5", workload="Network/pub", names=("a.example.com", "b.example.com")
    )
    # A private address may be a node's or a Service's.
    assert end("net", "pvt").kind is EndKind.UNKNOWN
    assert end("ns", "partners") == FlowEnd(EndKind.EXTERNAL, "203.0.113.5", workload="NetworkSet/partners")
    assert end("hep", "node-1-auto-hep").pod == "node-1"
    assert end("hep", "node-1-eth0") == FlowEnd(EndKind.NODE, "203.0.113.5", workload="HostEndpoint/node-1-eth0")


def test_labels_that_calico_puts_on_pods_are_left_out() -> None:
    labels = {"labels": ["projectcalico.org/namespace=shop", "pcns.team=a", "pcsa.x=y", "app.kubernetes.io/name=web"]}
    assert end("wep", "web-*", dest_labels=labels).labels == (("app.kubernetes.io/name", "web"),)


def test_what_elasticsearch_puts_around_records_is_taken_off() -> None:
    assert only(read("calico", json.dumps({"_index": "tigera", "_source": RECORD})))[0].port == 5050


def test_what_can_not_be_read_is_a_loss_at_its_line() -> None:
    reduction = read("calico", "\n".join((samples.CALICO.decode(), "{", json.dumps(RECORD | {"reporter": "fwd"}))))
    assert [found.where for found in lost(reduction, LossKind.UNREADABLE)] == [Position(FILE, 2), Position(FILE, 3)]
    assert loss(read("calico", '{"level":"info"}'), LossKind.FOREIGN).count == 1
