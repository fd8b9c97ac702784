"""DNS that is cut: by which policy, over which protocol, and for whom."""

from __future__ import annotations

import pytest

from ringfence.diagnose import LossKind
from tests.diagnose.diagnosing import diagnosed, lost, of, pods, policy, to
from tests.survey.manifests import Json, deployment, dns_pods, namespace, service

WEB = [deployment("web", env={"API": "http://api"}), deployment("api", ports={"http": 80}), service("api")]
INTERNAL: Json = {"namespaceSelector": {}}
DNS: Json = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
INSIDE = [of(INTERNAL)]


def egress(*rules: Json) -> Json:
    """shop's pods may call one another, and what the rules say."""
    return policy("limits", egress=[to(pods()), *rules])


BOTH = (("UDP", 53), ("TCP", 53))


@pytest.mark.parametrize(
    ("rules", "port", "protocols"),
    [
        ((to(DNS, ports=BOTH),), 53, ()),
        ((), 53, ("UDP", "TCP")),
        ((to(DNS, ports=BOTH[:1]),), 53, ("TCP",)),
        ((to(DNS, ports=BOTH[1:]),), 53, ("UDP",)),
        # the Service's port in the place of the pods'
        ((to(DNS, ports=BOTH),), 8053, ("UDP", "TCP")),
        ((to(DNS, ports=(("UDP", "dns-udp"), ("TCP", "dns-tcp"))),), 8053, ()),
        # an ipBlock with the Service's address selects no pod
        ((to({"ipBlock": {"cidr": "10.96.0.10/32"}}, ports=BOTH),), 53, ("UDP", "TCP")),
        # a label that no cluster sets by itself
        ((to({"namespaceSelector": {"matchLabels": {"name": "kube-system"}}}, ports=BOTH),), 53, ("UDP", "TCP")),
    ],
)
def test_dns_is_cut_by_the_protocols_that_no_rule_allows(
    rules: tuple[Json, ...], port: int, protocols: tuple[str, ...]
) -> None:
    report = diagnosed(*WEB, *dns_pods(port), egress(*rules))
    found = {(loss.source, str(loss.protocol), loss.pod_port) for loss in report.losses()}
    assert found == {(f"shop/Deployment/{name}", each, port) for name in ("web", "api") for each in protocols}
    assert report.cut == bool(protocols)
    assert [(status.namespace, status.cut) for status in report.dns] == [("shop", 2 if protocols else 0)]


def test_the_headline_is_the_cause_with_what_it_cuts() -> None:
    report = diagnosed(*WEB, *dns_pods(8053), egress(to(DNS, ports=BOTH)))
    assert report.headline == (
        "NetworkPolicy shop/limits, egress rule 2, allows UDP 53, the port of Service kube-system/kube-dns; its pods "
        "listen on 8053, and policies see the pods' port: DNS is cut for 2 workloads of namespace shop."
    )
    assert len(report.problems) == 1


def test_a_missing_namespace_label_is_named() -> None:
    peer = {"namespaceSelector": {"matchLabels": {"name": "kube-system"}}}
    report = diagnosed(*WEB, *dns_pods(), namespace("kube-system"), egress(to(peer, ports=BOTH)))
    assert "asks for label `name=kube-system`, which is missing on namespace kube-system" in report.headline


def test_without_udp_it_is_an_error_without_tcp_a_warning() -> None:
    assert lost(diagnosed(*WEB, *dns_pods(), egress())) == {
        f"dns {severity} shop/Deployment/{name} > service:kube-system/kube-dns:53{suffix} egress"
        for name in ("web", "api")
        for severity, suffix in (("error", "/UDP"), ("warning", ""))
    }


def test_pods_that_may_go_nowhere_may_need_no_names() -> None:
    report = diagnosed(deployment("vault"), *dns_pods(), policy("stay", pods={"app": "vault"}, egress=[]))
    assert {loss.severity.name for loss in report.losses()} == {"NOTE"}
    assert not report.cut
    assert report.headline.startswith("Nothing that is known to be needed is cut")


def test_dns_pods_that_admit_nobody_cut_every_namespace_at_once() -> None:
    others = [deployment("jobs", "ops")]
    report = diagnosed(*WEB, *others, *dns_pods(), policy("default-deny", "kube-system", ingress=[]))
    (problem,) = report.problems
    assert problem.workloads == ("ops/Deployment/jobs", "shop/Deployment/api", "shop/Deployment/web")
    assert str(problem.policy) == "kube-system/NetworkPolicy/default-deny"
    assert "DNS is cut for 3 workloads of 2 namespaces" in report.headline


@pytest.mark.parametrize(
    ("rules", "cut"),
    [
        ([], True),
        ([to({"ipBlock": {"cidr": "0.0.0.0/0"}}, ports=BOTH)], False),
        ([to({"ipBlock": {"cidr": "192.168.0.0/16"}}, ports=BOTH)], False),  # it may be there
        ([to({"ipBlock": {"cidr": "0.0.0.0/0"}}, ports=(("TCP", 443),))], True),
        ([to(DNS)], True),
    ],
)
def test_dns_pods_need_a_way_to_resolvers_outside(rules: list[Json], cut: bool) -> None:
    report = diagnosed(*WEB, *dns_pods(), policy("default-deny", "kube-system", ingress=INSIDE, egress=rules))
    expected = {"upstream error kube-system/Deployment/coredns > resolvers outside the cluster:53/UDP egress"}
    assert lost(report) == (expected if cut else set())


def node_local() -> Json:
    labels = {"k8s-app": "node-local-dns"}
    return deployment("node-local-dns", "kube-system", labels=labels, kind="DaemonSet", hostNetwork=True)


@pytest.mark.parametrize(
    ("peer", "cut"),
    [(DNS, True), ({"ipBlock": {"cidr": "169.254.20.10/32"}}, False)],
)
def test_node_local_dns_is_outside_pod_selectors(peer: Json, cut: bool) -> None:
    report = diagnosed(*WEB, *dns_pods(), node_local(), egress(to(peer, ports=BOTH)))
    found = {loss.target for loss in report.losses()}
    assert found == ({"169.254.20.10"} if cut else set())


def test_host_network_pods_ask_the_resolver_of_their_node() -> None:
    report = diagnosed(deployment("agent", hostNetwork=True), *dns_pods(), policy("deny", "kube-system", ingress=[]))
    assert lost(report, LossKind.DNS) == set()


def test_no_dns_pods_in_the_input_no_loss() -> None:
    report = diagnosed(*WEB, egress())
    assert (lost(report), report.dns, report.dns_servers) == (set(), (), ())


@pytest.mark.parametrize(
    ("pod_dns", "cut"),
    [
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.10", "10.0.0.11"]}}, set()),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.11"]}}, {"10.0.0.11"}),
        ({"dnsPolicy": "Default"}, set()),  # those of the node, which the input doesn't tell
        ({"dnsPolicy": "ClusterFirst", "dnsConfig": {"options": []}}, {"service:kube-system/kube-dns"}),
        ({"dnsConfig": {"nameservers": ["10.0.0.10"]}}, {"service:kube-system/kube-dns"}),  # asked after the cluster's
    ],
)
def test_pods_are_judged_by_the_name_servers_that_they_ask(pod_dns: Json, cut: set[str]) -> None:
    web = deployment("web", env={"API": "http://api"}, **pod_dns)
    resolver = to({"ipBlock": {"cidr": "10.0.0.10/32"}}, ports=BOTH)
    report = diagnosed(web, *dns_pods(), policy("limits", pods={"app": "web"}, egress=[to(pods()), resolver]))
    assert {loss.target for loss in report.losses() if loss.kind is LossKind.DNS} == cut
    if cut == {"10.0.0.11"}:
        assert "allows 10.0.0.10/32, and 10.0.0.11 is outside it" in report.headline
