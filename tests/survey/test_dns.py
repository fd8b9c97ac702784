"""DNS servers are found where clusters have them, on the ports that the pods listen on."""

from __future__ import annotations

import pytest

from ringfence.model.addresses import parse_address
from tests.survey.manifests import Json, deployment, dns_pods, service, surveyed

OPENSHIFT = "dns.operator.openshift.io/daemonset-dns"


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        (dns_pods(), "TCP 53 UDP 53"),
        (dns_pods(8053), "TCP 8053 UDP 8053"),
        (dns_pods(name="rke2-coredns-rke2-coredns"), "TCP 53 UDP 53"),
        # OpenShift: dns-default sends 53 to the name `dns`, 5353
        (
            dns_pods(5353, where="openshift-dns", name="dns-default", labels={OPENSHIFT: "default"}),
            "TCP 5353 UDP 5353",
        ),
        # without a Service: by label, on the ports named for DNS
        (dns_pods(8053)[:1], "TCP 8053 UDP 8053"),
        ([deployment("coredns", "kube-system", labels={"k8s-app": "kube-dns"})], "TCP 53 UDP 53"),
    ],
)  # fmt: skip
def test_the_pods_ports_are_found(objects: list[Json], expected: str) -> None:
    (server,) = surveyed(*objects).dns
    assert str(server.ports) == expected
    assert server.address is None
    assert [str(pod.workload.name) for pod in server.pods] == ["coredns"]


def test_a_service_of_such_a_name_elsewhere_is_none_beside_the_clusters_own() -> None:
    own = dns_pods(where="lab", name="coredns", labels={"app": "coredns"})
    (server,) = surveyed(*dns_pods(), *own).dns
    assert server.name == "Service kube-system/kube-dns"


def test_a_service_without_the_dns_port_is_none() -> None:
    assert surveyed(service("coredns"), deployment("coredns")).dns == ()


def node_local(args: list[str]) -> Json:
    labels = {"k8s-app": "node-local-dns"}
    container = {"args": args}
    return deployment(
        "node-local-dns", "kube-system", labels=labels, kind="DaemonSet", hostNetwork=True, container=container
    )


@pytest.mark.parametrize(
    ("args", "address"),
    [
        ([], "169.254.20.10"),  # the default
        (["-localip", "169.254.25.10,10.96.0.10", "-conf", "/etc/Corefile"], "169.254.25.10"),
    ],
)
def test_node_local_dns_answers_on_a_link_local_address_and_comes_first(args: list[str], address: str) -> None:
    local, pods = surveyed(*dns_pods(), node_local(args)).dns
    assert (local.pods, local.address, str(local.ports)) == ((), parse_address(address), "TCP 53 UDP 53")
    assert pods.name == "Service kube-system/kube-dns"
