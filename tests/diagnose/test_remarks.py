"""What deserves a look where nothing is cut: what is said first, what is said once, and what is set aside."""

from __future__ import annotations

import pytest

from ringfence.cluster import Cluster
from ringfence.diagnose import Diagnosis, Topic
from tests.diagnose.diagnosing import diagnosed, of, pods, policy, to
from tests.sources.loading import load_text
from tests.survey.manifests import Json, deployment, dns_pods, namespace, service, written

WEB, JOBS, DB = deployment("web"), deployment("jobs"), deployment("db")
ANYWHERE: Json = {"ipBlock": {"cidr": "0.0.0.0/0"}}


def ways(report: Diagnosis) -> list[str]:
    return [remark.what for remark in report.remarks if remark.topic is Topic.WAY_OUT]


# ---- ways out ------------------------------------------------------------------------------------------------------


def test_a_workload_that_the_policy_of_the_others_does_not_select_gets_out() -> None:
    limit = policy("limit", pods={"part": "shop"}, egress=[to(pods())])
    inside = [deployment(name, labels={"app": name, "part": "shop"}) for name in ("web", "jobs")]
    (what,) = ways(diagnosed(*inside, DB, limit))
    assert what == (
        "NetworkPolicy shop/limit limits egress of namespace shop to the Internet, yet shop/Deployment/db reaches "
        "every public address: no policy selects its pods for egress."
    )


@pytest.mark.parametrize(
    "objects",
    [
        # the policy of one workload limits no namespace
        [policy("web", pods={"app": "web"}, egress=[])],
        # nor does one that allows everything, or every port but a few
        [policy("all", egress=[{}])],
        [policy("most", egress=[{"ports": [{"protocol": "TCP", "port": 54, "endPort": 65535}]}])],
        # nobody gets out
        [policy("deny", egress=[])],
        [policy("near", egress=[to({"ipBlock": {"cidr": "198.51.100.0/24"}})])],
    ],
)
def test_a_namespace_without_a_limit_or_without_a_way_has_none(objects: list[Json]) -> None:
    assert ways(diagnosed(WEB, JOBS, DB, *objects)) == []


def test_an_exception_for_one_workload_is_told_and_does_not_lead() -> None:
    out = policy("out", pods={"app": "jobs"}, egress=[to(ANYWHERE, ports=[("TCP", 443)])])
    report = diagnosed(WEB, JOBS, DB, policy("deny", egress=[]), out)
    assert len(ways(report)) == 1
    assert report.lead is None


def test_a_rule_for_all_of_a_limited_namespace_leads() -> None:
    report = diagnosed(WEB, JOBS, DB, policy("limit", egress=[to(ANYWHERE, ports=[("TCP", 443)])]))
    assert report.lead is report.remarks[0]
    assert report.headline.startswith("NetworkPolicy shop/limit limits egress of namespace shop to the Internet, yet ")


# ---- suppression ---------------------------------------------------------------------------------------------------


def annotated(body: Json, text: str) -> Json:
    return {**body, "metadata": {**body["metadata"], "annotations": {"ringfence.dev/ignore": text}}}


LIMIT = policy("limit", egress=[to(ANYWHERE, ports=[("TCP", 443)])])
OUT = deployment("agent", hostNetwork=True, kind="DaemonSet")


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([LIMIT], 1),
        ([annotated(LIMIT, "RF404: the mirror has no fixed range")], 0),
        ([annotated(LIMIT, "RF404: until then (until 2000-01-31)")], 1),
        ([annotated(LIMIT, "RF404")], 1),  # without a reason it suppresses nothing
        ([annotated(LIMIT, "RF403: another rule")], 1),
        ([policy("limit", egress=[]), OUT], 1),
        ([policy("limit", egress=[]), annotated(OUT, "RF408: reads the node's log")], 0),
    ],
)
def test_a_way_out_is_set_aside_as_the_linter_does(objects: list[Json], told: int) -> None:
    report = Cluster(load_text(written(WEB, JOBS, *objects))).diagnose()
    assert len(ways(report)) == told
    assert len(report.set_aside) == 1 - told


# ---- rules without effect, and wide ones ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cidr", "topics"),
    [
        ("503.0.0.0/8", [Topic.INVALID]),
        ("52.0.0.0/8", [Topic.TOO_WIDE]),
        ("52.0.0.0/12", [Topic.TOO_WIDE]),  # 2**20 addresses
        ("52.0.0.0/13", []),
        ("10.0.0.0/8", []),  # not public
    ],
)
def test_a_range_is_invalid_too_wide_or_neither(cidr: str, topics: list[Topic]) -> None:
    rule = to({"ipBlock": {"cidr": cidr}}, ports=[("TCP", 443)])
    report = Cluster(load_text(written(WEB, policy("out", pods={"app": "web"}, egress=[rule])))).diagnose()
    assert [remark.topic for remark in report.remarks] == topics


def test_an_error_elsewhere_in_the_policy_leaves_a_rule_with_its_effect() -> None:
    good, bad = to({"ipBlock": {"cidr": "192.0.2.7/32"}}), to({"ipBlock": {"cidr": "503.0.0.0/8"}})
    report = Cluster(load_text(written(WEB, policy("out", pods={"app": "web"}, egress=[good, bad])))).diagnose()
    (remark,) = report.remarks
    assert "egress rule 2, opens nothing" in remark.what
    assert "shop/Deployment/web would use it" in remark.what


# ---- replicas ------------------------------------------------------------------------------------------------------


def pod(name: str, **labels: str) -> Json:
    metadata = {
        "name": name,
        "namespace": "shop",
        "labels": {"app": "web", **labels},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "c"}]}}


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (
            [policy("p", pods={"app": "web", "version": "1"}, egress=[])],
            "selects 1 of the 2 pods of shop/StatefulSet/web: it asks for `version=1`, and shop/web-1 has `version=2`",
        ),
        # selected apart, and allowed the same
        (
            [
                policy("p", pods={"app": "web", "version": "1"}, egress=[]),
                policy("q", pods={"app": "web", "version": "2"}, egress=[]),
            ],
            None,
        ),
        # one replica is meant
        ([policy("p", pods={"statefulset.kubernetes.io/pod-name": "web-0"}, egress=[])], None),
        ([policy("p", pods={"app": "web"}, egress=[])], None),
    ],
)
def test_replicas_that_policies_tell_apart_are_told(policies: list[Json], expected: str | None) -> None:
    replicas = [
        pod("web-0", version="1", **{"statefulset.kubernetes.io/pod-name": "web-0"}),
        pod("web-1", version="2", **{"statefulset.kubernetes.io/pod-name": "web-1"}),
    ]
    found = [each.what for each in diagnosed(*replicas, *policies).remarks if each.topic is Topic.VARYING]
    assert len(found) == bool(expected)
    assert all(expected is not None and expected in what for what in found)


def out(space: str, *cidrs: str, pods_of: str = "web", port: int = 443) -> Json:
    rule = to(*({"ipBlock": {"cidr": cidr}} for cidr in cidrs), ports=[("TCP", port)])
    return policy(f"out-{pods_of}", space, pods={"app": pods_of}, egress=[rule])


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (out("a", "52.48.12.0/24"), out("b", "52.48.12.0/29"), True),
        (out("a", "52.48.12.0/24"), out("b", "52.48.12.0/24"), False),
        # different providers, or different ports, are different jobs
        (out("a", "52.48.12.0/24"), out("b", "34.1.2.0/24"), False),
        (out("a", "52.48.12.0/24"), out("b", "52.48.12.0/29", port=8443), False),
        (out("a", "52.48.12.0/24"), policy("free", "b", egress=[{}]), False),
    ],
)
def test_namesakes_with_a_part_of_each_others_addresses_are_told(one: Json, other: Json, *, told: bool) -> None:
    report = diagnosed(deployment("web", "a"), deployment("web", "b"), one, other)
    assert [each.topic for each in report.remarks if each.topic is Topic.VARYING] == [Topic.VARYING] * told


# ---- guards --------------------------------------------------------------------------------------------------------


def test_a_default_namespace_without_pods_does_not_make_a_policy_idle_in_a_part_of_a_cluster() -> None:
    body = policy("guard", "default", pods={"app": "web"}, ingress=[])
    assert diagnosed(WEB, namespace("shop"), body).remarks == ()
    whole = diagnosed(WEB, namespace("shop"), *dns_pods(), body)
    assert [remark.topic for remark in whole.remarks] == [Topic.MISSED]
    assert whole.remarks[0].commands[0].startswith("echo '{")


def test_pods_that_ask_the_resolver_of_their_node_are_told_apart() -> None:
    report = diagnosed(deployment("agent", dnsPolicy="Default"), WEB, *dns_pods(), policy("deny", egress=[]))
    assert report.node_resolver == ("shop/Deployment/agent",)
    assert [status.workloads for status in report.dns] == [1]


def test_node_local_dns_needs_the_dns_pods_to_admit_nodes() -> None:
    cache = deployment("node-local-dns", "kube-system", kind="DaemonSet", hostNetwork=True)
    clients = policy("clients", "kube-system", pods={"k8s-app": "kube-dns"}, ingress=[of({"namespaceSelector": {}})])
    report = diagnosed(cache, *dns_pods(), clients)
    assert "NodeLocal DNSCache, kube-system/DaemonSet/node-local-dns, can't ask the cluster's DNS" in report.headline
    anyone = policy("clients", "kube-system", pods={"k8s-app": "kube-dns"}, ingress=[{}])
    assert diagnosed(cache, *dns_pods(), anyone).problems == ()


def test_a_host_that_is_called_is_told_with_what_is_allowed_for_it() -> None:
    web = deployment("web", env={"URL": "https://api.provider.example/x"})
    deny = policy("deny", egress=[])
    by_topic = {each.topic: each.what for each in diagnosed(web, deny).remarks}
    assert by_topic == {
        Topic.OUTSIDE_CUT: (
            "shop/Deployment/web calls api.provider.example on TCP 443, and no rule allows it any address outside: "
            "NetworkPolicy shop/deny isolates it."
        )
    }
    some = policy("some", pods={"app": "web"}, egress=[to({"ipBlock": {"cidr": "192.0.2.0/24"}})])
    (remark,) = diagnosed(web, deny, some).remarks
    assert remark.topic is Topic.BY_ADDRESS
    assert "allows it 192.0.2.0-192.0.2.255 alone" in remark.what
    assert diagnosed(web).remarks == ()
    assert diagnosed(web, service("web")).headline.startswith("The input shows nothing that is needed")
