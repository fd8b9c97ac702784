"""Which node, or which agent's pod, a line is from that names none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.flowlogs.read import read
from ringfence.flowlogs.unwrap import unwrapper_for
from ringfence.flowlogs.writers import writer_of
from ringfence.model.flow import Flow, LossKind
from tests.flowlogs import samples

UID = "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"
ID = "5f" * 32
ACCEPTED = json.dumps({"ts": 1720777151838.4001, "msg": "Packet accepted by policy", "v": 2, "id": 9})


@pytest.mark.parametrize(
    ("path", "writer"),
    [
        # kubernetes.io, "Logging Architecture", and the kubelet's legacy links.
        (f"/var/log/pods/kube-system_aws-node-x7k2p_{UID}/aws-eks-nodeagent/0.log", "kube-system/aws-node-x7k2p"),
        (f"/var/log/pods/kube-system_etcd-a_{'0' * 32}/etcd/0.log.20260731", "kube-system/etcd-a"),
        (f"/var/log/containers/knp-9zq4d_kube-system_knp-{ID}.log", "kube-system/knp-9zq4d"),
        ("dump/nodes/ip-10-0-1-7.ec2.internal/var/log/np.log", "ip-10-0-1-7.ec2.internal"),
        ("dump/nodes/worker.log", ""),
        ("acl-audit-log.log", ""),
        ("logs/a_b.log", ""),
    ],
)
def test_a_path_tells_who_wrote_the_file(path: str, writer: str) -> None:
    assert writer_of(path) == writer


@pytest.mark.parametrize(
    ("line", "writer"),
    [
        (json.dumps({"log": "x", "kubernetes": {"host": "node-a", "pod_name": "p", "namespace_name": "n"}}), "node-a"),
        (json.dumps({"log": "x", "kubernetes": {"pod_name": "p", "namespace_name": "n"}}), "n/p"),
        (json.dumps({"message": "x", "kubernetes": {"pod_node_name": "node-b", "pod_name": "p"}}), "node-b"),
        (json.dumps({"message": "x", "kubernetes": {"pod_namespace": "n", "pod_name": "p"}}), "n/p"),
        (json.dumps({"MESSAGE": "x", "_HOSTNAME": "node-c"}), "node-c"),
        (json.dumps({"log": "x", "kubernetes": {"host": ["node"]}}), ""),
        (json.dumps({"log": "x", "kubernetes": "node"}), ""),
        ("[pod/knp-9zq4d/kube-network-policies] x", "knp-9zq4d"),
        ("[pod/knp-9zq4d/knp] 2026-07-31T10:00:00.123456789Z stdout F x", "knp-9zq4d"),
    ],
)
def test_what_is_around_a_line_tells_who_wrote_it(line: str, writer: str) -> None:
    unwrapper = unwrapper_for([line.encode()])
    assert unwrapper is not None
    assert unwrapper.line(line.encode()) == b"x"
    assert unwrapper.writer == writer


def flows_of(path: Path) -> list[Flow]:
    (reading,) = read([path], workers=1)
    return list(reading.reduction.counted)


def test_flows_get_the_pod_of_the_file_that_they_stand_in(tmp_path: Path) -> None:
    file = tmp_path / f"kube-system_knp-9zq4d_{UID}" / "knp" / "0.log"
    file.parent.mkdir(parents=True)
    file.write_bytes(samples.KNP_PACKET + b"\n" + ACCEPTED.encode())
    assert [flow.node for flow in flows_of(file)] == ["kube-system/knp-9zq4d"]


def test_the_numbers_of_two_agents_in_one_file_are_told_apart(tmp_path: Path) -> None:
    packet = samples.KNP_PACKET.decode()
    other = packet.replace("10.0.1.3", "10.0.1.4")
    lines = ((text, pod) for text in (packet, ACCEPTED) for pod in ("a", "b"))
    file = tmp_path / "knp.log"
    file.write_text(
        "\n".join(f"[pod/knp-{pod}/knp] {other if pod == 'b' and text is packet else text}" for text, pod in lines)
    )
    found = {(flow.source.address, flow.node) for flow in flows_of(file)}
    assert found == {("10.0.1.3", "knp-a"), ("10.0.1.4", "knp-b")}


def test_an_allowed_packet_whose_node_nobody_knows_is_told(tmp_path: Path) -> None:
    file = tmp_path / "knp.log"
    file.write_bytes(samples.KNP_PACKET + b"\n" + ACCEPTED.encode())
    (reading,) = read([file], workers=1)
    assert [loss.kind for loss in reading.reduction.losses] == [LossKind.UNPLACED]
