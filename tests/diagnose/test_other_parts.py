"""Half-open pairs, policies that do nothing, the Internet, and pods of the host network."""

from __future__ import annotations

import pytest

from ringfence.diagnose import LossKind, Topic
from ringfence.model.ports import ALL_PORTS
from tests.diagnose.diagnosing import diagnosed, lost, of, pods, policy, to
from tests.survey.manifests import Json, deployment, dns_pods, namespace, service

WEB, API = deployment("web"), deployment("api", ports={"http": 8080})


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        # egress names the pods, ingress denies
        (
            [policy("web", pods={"app": "web"}, egress=[to(pods(app="api"))]), policy("deny", ingress=[])],
            {"half-open warning shop/Deployment/web > shop/Deployment/api:8080 ingress"},
        ),
        # and the reverse
        (
            [policy("api", pods={"app": "api"}, ingress=[of(pods(app="web"))]), policy("deny", egress=[])],
            {"half-open warning shop/Deployment/web > shop/Deployment/api:8080 egress"},
        ),
        # a rule for a whole namespace, or for everybody, names nobody
        ([policy("web", pods={"app": "web"}, egress=[to(pods())]), policy("deny", ingress=[])], set()),
        ([policy("web", pods={"app": "web"}, egress=[to()]), policy("deny", ingress=[])], set()),
        # both ends agree
        (
            [
                policy("web", pods={"app": "web"}, egress=[to(pods(app="api"))]),
                policy("api", pods={"app": "api"}, ingress=[of(pods(app="web"))]),
            ],
            set(),
        ),
        # one common port is enough
        (
            [
                policy("web", pods={"app": "web"}, egress=[to(pods(app="api"))]),
                policy("api", pods={"app": "api"}, ingress=[of(pods(app="web"), ports=[("TCP", 1)])]),
            ],
            set(),
        ),
    ],
)
def test_a_pair_is_half_open_where_a_rule_names_it_and_the_other_end_denies(
    objects: list[Json], expected: set[str]
) -> None:
    report = diagnosed(WEB, API, *objects)
    assert lost(report) == expected
    assert not report.cut  # nothing shows that it is needed


def test_a_pair_that_is_known_to_be_needed_is_said_once() -> None:
    caller = deployment("web", env={"API": "http://api:80"})
    rules = [policy("web", pods={"app": "web"}, egress=[to(pods(app="api"))]), policy("deny", ingress=[])]
    report = diagnosed(caller, API, service("api", ports=[{"port": 80, "targetPort": 8080}]), *rules)
    assert [loss.kind for loss in report.losses()] == [LossKind.DEPENDENCY]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (policy("p", pods={"app": "wbe"}, ingress=[]), "NetworkPolicy shop/p selects no pod."),
        (
            policy("p", pods={"app": "agent"}, ingress=[]),
            (
                "NetworkPolicy shop/p selects no pod: shop/DaemonSet/agent has these labels, but pods of the host "
                "network are outside pod policy."
            ),
        ),
        (
            policy("p", "ops", pods={"app": "web"}, ingress=[]),
            (
                "NetworkPolicy ops/p selects no pod; pods with these labels are in namespace shop, and a policy "
                "selects pods of its own namespace only."
            ),
        ),
        (
            policy("p", "ops", ingress=[of(pods(app="web"))]),
            (
                "NetworkPolicy ops/p, ingress rule 1: pods app=web of namespace ops matches no pod: it looks only in "
                "namespace ops, and pods with these labels are in namespace shop; to mean both labels and namespace, "
                "put both selectors into one entry."
            ),
        ),
        (
            policy("p", "ops", ingress=[of({**pods(app="web"), "namespaceSelector": {"matchLabels": {"a": "b"}}})]),
            (
                "NetworkPolicy ops/p, ingress rule 1: pods app=web of namespaces a=b matches no pod; pods with these "
                "labels are in namespace shop, whose labels the namespaceSelector doesn't match."
            ),
        ),
        (policy("p", ingress=[of(pods(app="web"))]), None),
        (policy("p", pods={"app": "web"}, ingress=[]), None),
        # an application's manifests lack the pods of other namespaces
        (policy("p", egress=[to(pods("kube-system", **{"k8s-app": "kube-dns"}))]), None),
        (policy("p", "elsewhere", ingress=[]), None),
    ],
)
def test_a_policy_or_entry_that_means_nobody_is_worth_a_look(body: Json, expected: str | None) -> None:
    agent = deployment("agent", kind="DaemonSet", hostNetwork=True)
    report = diagnosed(WEB, agent, deployment("jobs", "ops"), namespace("shop"), body)
    idle = [remark.what for remark in report.remarks if remark.topic is not Topic.WAY_OUT]
    assert idle == ([expected] if expected else [])


def test_in_a_whole_cluster_a_peer_that_is_nowhere_is_worth_a_look() -> None:
    body = policy("p", egress=[to(pods("kube-system", app="none")), to(pods("kube-system", **{"k8s-app": "kube-dns"}))])
    (remark,) = diagnosed(WEB, *dns_pods(), body).remarks
    assert "pods app=none of namespaces kubernetes.io/metadata.name=kube-system matches no pod" in remark.what


@pytest.mark.parametrize(
    ("rules", "addresses", "everywhere"),
    [
        ([to({"ipBlock": {"cidr": "0.0.0.0/0"}})], "most public addresses", True),
        # two halves are the whole
        ([to({"ipBlock": {"cidr": "0.0.0.0/1"}}, {"ipBlock": {"cidr": "128.0.0.0/1"}})], "most public addresses", True),
        ([to()], "every public address", True),
        ([to({"ipBlock": {"cidr": "203.0.113.7/32"}})], "203.0.113.7", False),
        ([to({"ipBlock": {"cidr": "10.0.0.0/8"}})], None, False),
        ([to({"ipBlock": {"cidr": "fd00::/8"}})], None, False),
        ([to(pods(app="api"))], None, False),
        ([], None, False),
    ],
)
def test_what_reaches_the_internet_is_told_with_the_rule(
    rules: list[Json], addresses: str | None, everywhere: bool
) -> None:
    report = diagnosed(WEB, policy("out", egress=rules))
    assert [(each.addresses, each.everywhere) for each in report.internet] == (
        [(addresses, everywhere)] if addresses else []
    )
    assert all(each.rule == "NetworkPolicy shop/out, egress rule 1" for each in report.internet)


def test_pods_without_a_policy_reach_all_of_it_and_no_rule_lets_them() -> None:
    (access,) = diagnosed(WEB, API).internet
    assert (access.workloads, access.pods) == (("shop/Deployment/web", "shop/Deployment/api"), 2)
    assert (access.rule, access.ports) == ("", ALL_PORTS)


def test_pods_of_the_host_network_are_listed() -> None:
    report = diagnosed(WEB, deployment("agent", "ops", kind="DaemonSet", hostNetwork=True))
    assert report.host_network == (("ops/DaemonSet/agent", 1),)
    assert report.internet[0].workloads == ("shop/Deployment/web",)


def test_an_input_without_pods_is_no_failure() -> None:
    report = diagnosed(policy("p", ingress=[]))
    assert (report.problems, report.remarks, report.internet) == ((), (), ())
