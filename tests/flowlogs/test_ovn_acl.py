"""OVN's ACL audit log: lines of the documentation of OpenShift and OVN-Kubernetes, and what is missing between them."""

from __future__ import annotations

import pytest

from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, LossKind, Opening, Outcome, RecordedRule
from ringfence.model.origin import Position
from tests.flowlogs import samples
from tests.flowlogs.reading import FILE, flows, loss, lost, only, read

# 2023-11-02T16:28:54.139Z
TIME = 1698942534.139


def test_a_drop_by_the_default_deny_of_a_namespace() -> None:
    flow, tally = only(read("ovn-acl", samples.OVN))
    assert flow == Flow(
        FlowEnd(EndKind.UNKNOWN, "10.131.0.39"),
        FlowEnd(EndKind.UNKNOWN, "10.129.2.35"),
        "TCP",
        8080,
        Outcome.DENIED,
        Opening.OPENS,
        None,
        Direction.INGRESS,
        "acl",
        policies=(RecordedRule("", "verify-audit-logging", "NetworkPolicy", action="drop"),),
    )
    assert (tally.first, tally.last, tally.records, tally.octets) == (TIME, TIME, 1, None)


def test_an_admin_network_policy_is_named_with_its_rule() -> None:
    flow, _ = only(read("ovn-acl", samples.OVN_ANP))
    assert flow.policies == (RecordedRule("cluster-control", "", "AdminNetworkPolicy", rule="5", action="drop"),)
    assert (flow.direction, flow.protocol, flow.port, flow.opening) == (Direction.EGRESS, "ICMP", 8, Opening.OPENS)


def test_openshift_4_9_wrote_no_direction_and_other_names() -> None:
    flow, _ = only(read("ovn-acl", samples.OVN_OLD))
    assert flow.policies == (RecordedRule("deny-all", "verify-audit-logging", "NetworkPolicy", action="drop"),)
    assert flow.direction is None


def packet(
    name: str = "NP:a:b:Ingress:0", verdict: str = "drop", number: int = 4, rest: str = "", **values: str
) -> str:
    given = {"nw_src": "10.0.0.1", "nw_dst": "10.0.0.2", "tp_src": "40000", "tp_dst": "80", "tcp_flags": "syn"} | values
    kind = given.pop("kind", "tcp")
    fields = ",".join(f"{key}={value}" for key, value in given.items() if value)
    return (
        f'2023-11-02T16:28:54.139Z|{number:05}|acl_log(ovn_pinctrl0)|INFO|name="{name}", verdict={verdict}, '
        f"severity=alert, direction=to-lport: {kind},vlan_tci=0x0000,{fields}{rest}"
    )


@pytest.mark.parametrize(
    ("name", "rule", "direction"),
    [
        # GetACLName: NP:<namespace>:<policy>:<direction>:<index>
        ("NP:shop:to-db:Egress:3", RecordedRule("to-db", "shop", "NetworkPolicy", rule="3"), Direction.EGRESS),
        ("NP:shop:Egress", RecordedRule("", "shop", "NetworkPolicy"), Direction.EGRESS),
        (
            "BANP:default:Ingress:0",
            RecordedRule("default", "", "BaselineAdminNetworkPolicy", rule="0"),
            Direction.INGRESS,
        ),
        ("EF:shop:2", RecordedRule("default", "shop", "EgressFirewall", rule="2"), Direction.EGRESS),
        # 63 characters: the policy's name may go on.
        (
            "NP:" + "n" * 40 + ":" + "p" * 19,
            RecordedRule("p" * 19, "n" * 40, "NetworkPolicy", cropped=True),
            None,
        ),
        # Cut within the direction: policies have no capitals, so it is one.
        (
            "NP:" + "n" * 55 + ":Egre",
            RecordedRule("", "n" * 55, "NetworkPolicy", cropped=True),
            None,
        ),
        ("shop_allow-web_0", RecordedRule("allow-web", "shop", "NetworkPolicy", rule="0"), None),
        ("shop_egressDefaultDeny", RecordedRule("", "shop", "NetworkPolicy"), Direction.EGRESS),
        ("a16982411286042166782_ingressDefaultDeny", RecordedRule("", "", "NetworkPolicy"), Direction.INGRESS),
    ],
)
def test_names_of_acls(name: str, rule: RecordedRule, direction: Direction | None) -> None:
    line = packet(name).replace(", direction=to-lport", "")
    flow, _ = only(read("ovn-acl", line))
    (found,) = flow.policies
    assert found.action == "drop"
    assert (found.name, found.namespace, found.kind, found.rule, found.cropped) == (
        rule.name,
        rule.namespace,
        rule.kind,
        rule.rule,
        rule.cropped,
    )
    assert flow.direction is direction


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        ("allow", Outcome.ALLOWED),
        ("drop", Outcome.DENIED),
        ("reject", Outcome.REJECTED),
        ("pass", Outcome.UNKNOWN),
        ("<unknown>", Outcome.UNKNOWN),
    ],
)
def test_verdicts(verdict: str, outcome: Outcome) -> None:
    flow, _ = only(read("ovn-acl", packet(verdict=verdict)))
    assert flow.outcome is outcome


@pytest.mark.parametrize(
    ("flags", "opening", "source_port", "port"),
    [
        ("syn", Opening.OPENS, None, 80),
        ("syn|ack", Opening.REPLY, 40000, None),
        ("psh|ack", Opening.UNKNOWN, 32768, 80),
        ("", Opening.UNKNOWN, 32768, 80),
    ],
)
def test_flags_tell_who_began(flags: str, opening: Opening, source_port: int | None, port: int | None) -> None:
    flow, _ = only(read("ovn-acl", packet(tcp_flags=flags)))
    assert (flow.opening, flow.source_port, flow.port) == (opening, source_port, port)


def test_ipv6_is_read_in_its_own_fields() -> None:
    line = packet(
        kind="udp6", nw_src="", nw_dst="", ipv6_src="fd00:10:244::5", ipv6_dst="fd00:0010:96:0::a", tcp_flags=""
    )
    flow, _ = only(read("ovn-acl", line))
    assert (flow.source.address, flow.destination.address, flow.protocol) == ("fd00:10:244::5", "fd00:10:96::a", "UDP")


def test_other_protocols_of_ip_have_their_number() -> None:
    flow, _ = only(read("ovn-acl", packet(kind="ip", nw_proto="47", tp_src="", tp_dst="", tcp_flags="")))
    assert (flow.protocol, flow.port) == ("47", None)


def test_missing_numbers_of_a_thread_are_lost_evidence() -> None:
    log = "\n".join(packet(number=number) for number in (4, 5, 9, 10, 20))
    gap = loss(read("ovn-acl", log), LossKind.SEQUENCE_GAP)
    assert gap.count == 3 + 9
    assert gap.where == Position(FILE, 3)


def test_messages_of_the_thread_about_other_things_are_no_gap() -> None:
    other = "2023-11-02T16:28:54.139Z|00005|pinctrl(ovn_pinctrl0)|INFO|DHCPOFFER 0a:58:0a:81:02:01 10.0.0.1"
    reduction = read("ovn-acl", "\n".join((packet(number=4), other, packet(number=6))))
    assert lost(reduction, LossKind.SEQUENCE_GAP) == []
    assert loss(reduction, LossKind.FOREIGN).count == 1


def test_each_thread_counts_for_itself_and_a_process_that_begins_again_is_no_gap() -> None:
    main = "2023-11-02T16:28:54.139Z|00900|binding|INFO|Releasing lport"
    log = "\n".join((packet(number=50), main, packet(number=51), packet(number=1), packet(number=2)))
    assert lost(read("ovn-acl", log), LossKind.SEQUENCE_GAP) == []


def test_nodes_whose_messages_syslog_put_together_count_for_themselves() -> None:
    def of(node: str, number: int) -> str:
        return packet(number=number).replace("Z|", f"Z {node} ovn-controller[7]: ovs|", 1)

    log = "\n".join((of("a", 4), of("b", 700), of("a", 5), of("b", 701), of("a", 7)))
    gap = loss(read("ovn-acl", log), LossKind.SEQUENCE_GAP)
    assert (gap.count, gap.where) == (1, Position(FILE, 5))


def test_the_limit_of_the_rate_is_said_once() -> None:
    limited = loss(read("ovn-acl", f"{packet(number=4)}\n{packet(number=5)}"), LossKind.RATE_LIMITED)
    assert limited.count is None
    assert "20" in limited.detail


def test_messages_that_ovn_dropped_are_counted() -> None:
    line = (
        "2023-11-02T16:28:54.139Z|00012|acl_log(ovn_pinctrl0)|WARN|Dropped 117 log messages in last 10 seconds "
        "(most recently, 1 seconds ago) due to excessive rate"
    )
    assert loss(read("ovn-acl", line), LossKind.RATE_LIMITED).count == 117


def test_what_syslog_puts_before_a_message_is_passed_over() -> None:
    line = "2023-11-02T16:28:54.139Z node-7 ovn-controller: ovs" + packet()[len("2023-11-02T16:28:54.139Z") :]
    assert read("ovn-acl", line).flows_read == 1


@pytest.mark.parametrize(
    "line",
    [
        packet()[24:],  # without a time
        packet(nw_src="", nw_dst=""),
        packet(nw_src="10.0.0.256"),
        packet()[:80],
    ],
)
def test_what_can_not_be_read_is_a_loss_at_its_line(line: str) -> None:
    reduction = read("ovn-acl", f"{packet()}\n{line}")
    assert len(flows(reduction)) == 1
    assert loss(reduction, LossKind.UNREADABLE).where == Position(FILE, 2)


def test_lines_of_other_programs_are_counted() -> None:
    assert loss(read("ovn-acl", "hello\nworld"), LossKind.FOREIGN).count == 2
