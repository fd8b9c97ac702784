"""What a Service's port means on its pods."""

from __future__ import annotations

import pytest

from ringfence.explain.services import Backend, target_of
from ringfence.model.objects import ServicePort
from ringfence.model.ports import Protocol
from tests.clusters import address, pod


@pytest.mark.parametrize(
    ("ports", "target", "expected"),
    [
        ("http:8080", 9090, 9090),  # a number need not be declared
        ("http:8080", "http", 8080),
        ("http:8080/UDP http:8081", "http", 8081),  # the protocol is part of the name
        ("http:8080 http:9090", "http", 8080),  # the first of that name
        ("web:8080", "http", None),
    ],
)
def test_a_target_port_resolves_on_the_pod(ports: str, target: int | str, expected: int | None) -> None:
    entry = ServicePort("any", Protocol.TCP, 80, target)
    assert target_of(entry, Backend(pod("a/x", ports=ports))) == expected


def test_a_name_means_nothing_on_an_address() -> None:
    assert target_of(ServicePort("any", Protocol.TCP, 80, "http"), Backend(address("192.0.2.1"))) is None


def test_an_endpoint_slice_knows_its_own_port() -> None:
    backend = Backend(pod("a/x", ports="http:8080"), {"web": 8443})
    assert target_of(ServicePort("web", Protocol.TCP, 443, "http"), backend) == 8443
    assert target_of(ServicePort("other", Protocol.TCP, 443, "http"), backend) is None
