"""What TCP flags tell of an answer, by format: SYN with ACK accepts, RST refuses (RFC 9293, 3.5)."""

from __future__ import annotations

import json

import pytest

from ringfence.model.flow import Opening, TcpAnswer
from tests.flowlogs import samples
from tests.flowlogs.reading import flows, read

VPC = """\
version interface-id srcaddr dstaddr srcport dstport protocol bytes packets start end action tcp-flags log-status
3 eni-1 10.0.0.62 52.213.180.42 5001 43416 6 376 7 1566848875 1566848933 ACCEPT {} OK
"""
NETOBSERV = {
    "SrcAddr": "10.0.0.62", "DstAddr": "10.0.0.63", "SrcPort": 5001, "DstPort": 43416, "Proto": 6, "Bytes": 60,
    "Packets": 1, "TimeFlowStartMs": 1566848875000, "TimeFlowEndMs": 1566848875000,
}  # fmt: skip
OVN = (
    "2023-11-02T16:28:54.139Z|00004|acl_log(ovn_pinctrl0)|INFO|"
    'name="NP:shop:web:Egress:0", verdict=allow, severity=alert, direction=from-lport: tcp,nw_src=10.0.0.62,'
    "nw_dst=10.0.0.63,tp_src=5001,tp_dst=43416,tcp_flags={}"
)
KERNEL = samples.IPTABLES.decode()
MONITOR = (
    "-> endpoint 12 flow 0x1 , identity 9->7 state reply ifindex lxc1 orig-ip 10.0.0.62: "
    "10.0.0.62:5001 -> 10.0.0.63:43416 tcp {}"
)


# AWS' user guide: SYN-ACK is 18, RST 4, and an interval's flags are put together (19: SYN-ACK and FIN).
# NetObserv (flowlogs-pipeline, tcpflags.go): SYN_ACK 256, RST 4, RST_ACK 1024.
@pytest.mark.parametrize(
    ("name", "log", "answer"),
    [
        ("aws-vpc", VPC.format(18), TcpAnswer.ACCEPTED),
        ("aws-vpc", VPC.format(19), TcpAnswer.ACCEPTED),
        ("aws-vpc", VPC.format(22), TcpAnswer.ACCEPTED),
        ("aws-vpc", VPC.format(4), TcpAnswer.RESET),
        ("aws-vpc", VPC.format(2), TcpAnswer.NONE),
        ("aws-vpc", VPC.format(1), TcpAnswer.NONE),
        ("netobserv", json.dumps(NETOBSERV | {"Flags": 256}), TcpAnswer.ACCEPTED),
        ("netobserv", json.dumps(NETOBSERV | {"Flags": 1024}), TcpAnswer.RESET),
        ("netobserv", json.dumps(NETOBSERV | {"Flags": 4 | 256}), TcpAnswer.ACCEPTED),
        ("netobserv", json.dumps(NETOBSERV | {"Flags": 2 | 4}), TcpAnswer.NONE),
        ("netobserv", json.dumps(NETOBSERV | {"Flags": ["SYN_ACK", "ACK"]}), TcpAnswer.ACCEPTED),
        ("netobserv", json.dumps(NETOBSERV | {"Flags": ["RST_ACK"]}), TcpAnswer.RESET),
        ("netobserv", json.dumps(NETOBSERV | {"Proto": 17, "Flags": 4}), TcpAnswer.NONE),
        ("ovn-acl", OVN.format("syn|ack"), TcpAnswer.ACCEPTED),
        ("ovn-acl", OVN.format("rst|ack"), TcpAnswer.RESET),
        ("iptables", KERNEL.replace(" SYN ", " ACK SYN "), TcpAnswer.ACCEPTED),
        ("iptables", KERNEL.replace(" SYN ", " ACK RST "), TcpAnswer.RESET),
        ("iptables", KERNEL, TcpAnswer.NONE),
        ("cilium-monitor", MONITOR.format("SYN, ACK"), TcpAnswer.ACCEPTED),
        ("cilium-monitor", MONITOR.format("ACK, RST"), TcpAnswer.RESET),
    ],
)
def test_flags_tell_what_a_packet_answers(name: str, log: str, answer: TcpAnswer) -> None:
    (flow,) = flows(read(name, log))
    assert flow.answer is answer
    assert flow.opening is not Opening.OPENS or flow.answer is TcpAnswer.NONE
