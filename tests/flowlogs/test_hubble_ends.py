"""Ends of Hubble's flows: pods, nodes and what is outside."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.flowlogs.hubble_ends import Ends, kind_of_identity
from ringfence.flowlogs.hubble_record import Service
from ringfence.model.flow import EndKind, FlowEnd


def end(endpoint: dict[str, object] | None, ip: str = "") -> FlowEnd:
    return Ends().make(msgspec.Raw(msgspec.json.encode(endpoint)), ip, [], None)


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        ({"identity": 1, "labels": ["reserved:host"]}, EndKind.NODE),
        ({"identity": 6, "labels": ["reserved:remote-node"]}, EndKind.NODE),
        ({"identity": 4, "labels": ["reserved:health"]}, EndKind.NODE),
        ({"identity": 8, "labels": ["reserved:ingress"]}, EndKind.NODE),
        ({"identity": 2, "labels": ["reserved:world"]}, EndKind.EXTERNAL),
        ({"identity": 9}, EndKind.EXTERNAL),
        ({"identity": 10}, EndKind.EXTERNAL),
        # The API server is told beside what else it is: a node of the control plane, or outside.
        ({"identity": 7, "labels": ["reserved:kube-apiserver", "reserved:remote-node"]}, EndKind.API_SERVER),
        ({"identity": 16777217, "labels": ["cidr:1.2.3.4/32", "reserved:kube-apiserver", "reserved:world"]},
         EndKind.API_SERVER),
        ({"identity": 7}, EndKind.API_SERVER),
        ({"identity": 16777220}, EndKind.EXTERNAL),
        ({"labels": ["fqdn:*.example.com"]}, EndKind.EXTERNAL),
        ({"identity": 33554435, "labels": ["reserved:remote-node"]}, EndKind.NODE),
        ({"identity": 4711, "namespace": "shop", "pod_name": "cart-1"}, EndKind.POD),
        ({"identity": 4711, "namespace": "shop"}, EndKind.POD),
        ({"identity": 4711, "labels": ["k8s:io.kubernetes.pod.namespace=shop"]}, EndKind.POD),
        ({"identity": 5, "labels": ["reserved:init"]}, EndKind.UNKNOWN),
        ({"identity": 3}, EndKind.UNKNOWN),
        ({}, EndKind.UNKNOWN),
        (None, EndKind.UNKNOWN),
    ],
)  # fmt: skip
def test_kinds(endpoint: dict[str, object] | None, kind: EndKind) -> None:
    assert end(endpoint).kind is kind


def test_labels_are_those_of_the_pod_and_none_that_cilium_added() -> None:
    labels = [
        "k8s:tier",
        "k8s:app.kubernetes.io/name=cart",
        "k8s:io.cilium.k8s.namespace.labels.team=shop",
        "k8s:io.cilium.k8s.policy.serviceaccount=default",
        "k8s:io.kubernetes.pod.namespace=shop",
        "reserved:init",
        "container:image=x",
    ]
    found = end({"labels": labels})
    assert found.labels == (("app.kubernetes.io/name", "cart"), ("tier", ""))
    assert found.namespace == "shop"


@pytest.mark.parametrize(
    ("ip", "address"),
    [("10.0.0.1", "10.0.0.1"), ("FD00::0:1", "fd00::1"), ("::ffff:10.0.0.1", "10.0.0.1"), ("host", ""), ("", "")],
)
def test_addresses_are_canonical(ip: str, address: str) -> None:
    assert end(None, ip).address == address


def test_equal_ends_are_one_object() -> None:
    ends = Ends()
    make = [ends.make(msgspec.Raw(b'{"pod_name":"a"}'), "10.0.0.1", ["x."], Service("s", "n")) for _ in range(2)]
    assert make[0] is make[1]
    assert make[0] == FlowEnd(EndKind.POD, "10.0.0.1", pod="a", names=("x",), service="n/s")


def test_ends_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.flowlogs.hubble_ends._MOST", 2)
    ends = Ends()
    made = [ends.make(msgspec.Raw(b"null"), f"10.0.0.{number}", [], None) for number in range(9)]
    assert [each.address for each in made] == [f"10.0.0.{number}" for number in range(9)]
    assert len(ends._known) <= 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1210", EndKind.POD),
        ("2", EndKind.EXTERNAL),
        ("1", EndKind.NODE),
        ("world", EndKind.EXTERNAL),
        ("kube-apiserver", EndKind.API_SERVER),
        ("16777217", EndKind.EXTERNAL),
        ("33554435", EndKind.UNKNOWN),
        ("unknown", EndKind.UNKNOWN),
        ("", EndKind.UNKNOWN),
        ("99999999999999999999", EndKind.UNKNOWN),
    ],
)
def test_identities_in_texts(text: str, kind: EndKind) -> None:
    assert kind_of_identity(text) is kind
