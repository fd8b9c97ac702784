"""Antrea's audit log: the lines of its documentation."""

from __future__ import annotations

import pytest

from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, loss, only, read

TIME = 1688474721.804416  # 2023/07/04 12:45:21.804416

TEXT = samples.ANTREA.decode()
ALLOWED = TEXT.replace(" Reject ", " Allow ")


def test_a_reject_by_an_antrea_policy() -> None:
    flow, tally = only(read("antrea-np", samples.ANTREA))
    assert flow == Flow(
        FlowEnd(EndKind.UNKNOWN, "10.10.1.7"),
        FlowEnd(EndKind.POD, "10.10.1.14", "default", "nettoolv3"),
        "TCP",
        80,
        Outcome.REJECTED,
        Opening.UNKNOWN,
        32768,
        Direction.INGRESS,
        "np",
        policies=(
            RecordedRule("reject-tcp-policy", "default", "NetworkPolicy", rule="RejectTCPRequest", action="Reject"),
        ),
    )
    assert (tally.first, tally.last, tally.records, tally.connections) == (TIME, TIME, 1, None)


def test_the_implicit_drop_of_a_network_policy_names_none() -> None:
    flow, _ = only(read("antrea-np", samples.ANTREA_DEFAULT))
    assert flow.outcome is Outcome.DENIED
    assert flow.policies == (RecordedRule("", "", "NetworkPolicy", action="Drop"),)
    assert (flow.protocol, flow.port, flow.source_port) == ("ICMP", None, None)
    assert flow.destination == FlowEnd(EndKind.POD, "10.10.1.7", "default", "nettool")


def test_lines_that_stand_for_several_packets_count_them_and_began_before() -> None:
    _, tally = only(read("antrea-np", TEXT + " [2 packets in 1.000855539s]"))
    assert tally.connections == 2
    assert tally.records == 1
    assert tally.last == TIME
    assert tally.first == pytest.approx(TIME - 1.000855539)


def test_an_allowed_connection_is_written_once_so_its_client_is_known() -> None:
    flow, _ = only(read("antrea-np", ALLOWED))
    assert (flow.outcome, flow.opening, flow.per_connection) == (Outcome.ALLOWED, Opening.OPENS, True)
    assert (flow.source_port, flow.port) == (None, 80)


def test_of_egress_the_source_is_the_pod() -> None:
    line = TEXT.replace("Ingress Reject", "Egress Drop").replace("IngressDefaultRule", "AntreaPolicyEgressRule")
    flow, _ = only(read("antrea-np", line))
    assert flow.source == FlowEnd(EndKind.POD, "10.10.1.7", "default", "nettoolv3")
    assert flow.destination == FlowEnd(EndKind.UNKNOWN, "10.10.1.14")
    assert flow.direction is Direction.EGRESS


@pytest.mark.parametrize(
    ("reference", "kind", "namespace", "name"),
    [
        ("AntreaClusterNetworkPolicy:strict", "ClusterNetworkPolicy", "", "strict"),
        ("K8sNetworkPolicy:shop/web", "NetworkPolicy", "shop", "web"),
        ("AdminNetworkPolicy:gold", "AdminNetworkPolicy", "", "gold"),
    ],
)
def test_kinds_of_policies(reference: str, kind: str, namespace: str, name: str) -> None:
    flow, _ = only(read("antrea-np", TEXT.replace("AntreaNetworkPolicy:default/reject-tcp-policy", reference)))
    assert [(rule.kind, rule.namespace, rule.name) for rule in flow.policies] == [(kind, namespace, name)]


def test_older_releases_wrote_neither_rule_nor_direction_nor_pod() -> None:
    # The example of docs/antrea-network-policy.md as it was in 2021.
    line = (
        "2020/11/02 22:21:21.148395 AntreaPolicyAppTierIngressRule AntreaNetworkPolicy:default/test-anp Allow 61800 "
        "10.10.1.65 35402 10.0.0.5 80 TCP 60"
    )
    flow, _ = only(read("antrea-np", line))
    assert flow.policies == (RecordedRule("test-anp", "default", "NetworkPolicy", action="Allow"),)
    assert flow.direction is Direction.INGRESS
    assert flow.destination == FlowEnd(EndKind.UNKNOWN, "10.0.0.5")
    assert flow.port == 80


def test_ipv6() -> None:
    flow, _ = only(read("antrea-np", TEXT.replace("10.10.1.7", "fd00:10::7").replace("10.10.1.14", "fd00:10:0::e")))
    assert (flow.source.address, flow.destination.address) == ("fd00:10::7", "fd00:10::e")


def test_without_a_direction_its_table_tells_it() -> None:
    flow, _ = only(read("antrea-np", TEXT.replace(" Ingress Reject", " <nil> Pass")))
    assert (flow.direction, flow.outcome, flow.reason) == (Direction.INGRESS, Outcome.UNKNOWN, "Pass")
    other = read("antrea-np", TEXT.replace(" Ingress Reject", " <nil> Drop").replace("IngressDefaultRule", "OtherRule"))
    assert (only(other)[0].direction, only(other)[0].destination.pod) == (None, "")


@pytest.mark.parametrize("text", [TEXT.replace("2023/07/04", "2023/13/04"), TEXT.replace("10.10.1.7", "10.10.1.700")])
def test_a_time_or_address_that_is_none_is_a_loss(text: str) -> None:
    assert loss(read("antrea-np", text), LossKind.UNREADABLE).count == 1


def test_a_line_that_is_cut_is_a_loss_and_others_are_counted() -> None:
    reduction = read("antrea-np", f"{TEXT}\n{TEXT[:120]}\nlogrotate: done")
    assert loss(reduction, LossKind.UNREADABLE).where == Position(FILE, 2)
    assert loss(reduction, LossKind.FOREIGN).count == 1
    assert reduction.flows_read == 1
