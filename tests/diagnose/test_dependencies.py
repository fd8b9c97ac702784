"""Dependencies that are cut, grouped by the root cause."""

from __future__ import annotations

import pytest

from ringfence.cluster import Cluster
from ringfence.diagnose import LossKind, wanted_dependencies
from ringfence.explain.endpoints import Endpoints
from ringfence.explain.queries import Row
from ringfence.explain.why import why
from tests.diagnose.diagnosing import diagnosed, lost, of, pods, policy, to
from tests.sources.loading import load_text
from tests.survey.manifests import Json, deployment, namespace, service, written

API = [deployment("api", ports={"http": 8080}), service("api", ports=[{"port": 80, "targetPort": "http"}])]
CALLERS = [deployment(f"web-{i}", env={"API": "http://api"}) for i in range(3)]
DENY = policy("default-deny", ingress=[], egress=[])


def test_one_default_deny_is_one_problem_that_lists_all_that_it_cuts() -> None:
    report = diagnosed(*API, *CALLERS, DENY)
    (problem,) = report.problems
    assert str(problem.policy) == "shop/NetworkPolicy/default-deny"
    assert problem.what == "3 workloads can't reach service:shop/api"
    assert problem.cause.startswith("NetworkPolicy shop/default-deny isolates every pod of namespace shop")
    assert lost(report) == {
        f"dependency error shop/Deployment/web-{i} > service:shop/api:80 egress+ingress" for i in range(3)
    }
    assert report.needs == 3
    assert report.needs_met == 0
    assert report.cut


def test_a_default_deny_is_blamed_before_the_policies_that_add_to_it() -> None:
    extra = policy("a-web", pods={"app": "web-0"}, egress=[to(pods(app="cache"))])
    report = diagnosed(*API, *CALLERS, DENY, extra)
    assert [problem.policy.name for problem in report.problems if problem.policy] == ["default-deny"]


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        (of(pods(app="web-0", tier="web"), ports=[("TCP", 8080)]), "asks for label `tier=web`, which is missing on"),
        (of(pods(app="web-0"), ports=[("TCP", 80)]), "allows TCP 80, the port of Service shop/api; its pods listen on"),
        (of(pods(app="web-0"), ports=[("TCP", "web")]), "allows the port named `web`, and no container of"),
        (of(pods(app="web-0"), ports=[("UDP", 8080)]), "allows UDP 8080, and the connection is TCP 8080"),
        (of(pods(app="web-0"), ports=[("TCP", 9090)]), "allows TCP 9090, and the connection is to TCP 8080"),
    ],
)  # fmt: skip
def test_the_rule_that_was_meant_is_the_cause(rule: Json, cause: str) -> None:
    report = diagnosed(*API, CALLERS[0], policy("api", pods={"app": "api"}, ingress=[rule]))
    (problem,) = report.problems
    assert cause in problem.cause
    assert problem.cause.startswith("NetworkPolicy shop/api, ingress rule 1,")
    assert problem.change


def test_a_policy_whose_selector_misses_the_pods_by_a_label_is_the_cause() -> None:
    missing = policy("api", pods={"app": "api", "tier": "back"}, ingress=[of(pods(app="web-0"))])
    report = diagnosed(*API, CALLERS[0], policy("default-deny", ingress=[]), missing)
    (problem,) = report.problems
    assert problem.cause == (
        "NetworkPolicy shop/api would allow it, but its podSelector asks for label `tier=back`, which is missing on "
        "the pods of shop/Deployment/api."
    )


def test_a_namespace_label_with_another_value_is_the_cause() -> None:
    rule = of({"namespaceSelector": {"matchLabels": {"tier": "frontend"}}})
    objects = [*API, deployment("web", "mobile", env={"API": "http://api.shop"}), namespace("mobile", tier="edge")]
    (problem,) = diagnosed(*objects, policy("api", pods={"app": "api"}, ingress=[rule])).problems
    assert problem.cause == (
        "NetworkPolicy shop/api, ingress rule 1, asks for label `tier=frontend`, but `tier=edge` is set on "
        "namespace mobile."
    )


def test_a_tier_that_denies_is_the_cause_for_all_it_denies() -> None:
    deny = {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "guard"},
        "spec": {
            "tier": "Admin",
            "priority": 1,
            "subject": {"namespaces": {}},
            "ingress": [{"name": "none", "action": "Deny", "from": [{"namespaces": {}}]}],
        },
    }
    (problem,) = diagnosed(*API, *CALLERS, deny).problems
    assert len(problem.losses) == 3
    assert 'ClusterNetworkPolicy guard, ingress rule 1 "none", denies' in problem.cause


def test_one_port_of_several_is_enough_where_the_text_names_none() -> None:
    ports = [{"name": "a", "port": 80, "targetPort": 8080}, {"name": "b", "port": 90, "targetPort": 9090}]
    objects = [deployment("api"), service("api", ports=ports), deployment("web", env={"API_HOST": "api"})]
    some = policy("api", pods={"app": "api"}, ingress=[of(ports=[("TCP", 9090)])])
    assert lost(diagnosed(*objects, some)) == set()
    none = policy("api", pods={"app": "api"}, ingress=[of(ports=[("TCP", 1)])])
    assert len(lost(diagnosed(*objects, none))) == 1


def pod(name: str, **labels: str) -> Json:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api", "uid": "u", "controller": True}
    metadata = {"name": name, "namespace": "shop", "labels": {"app": "api", **labels}, "ownerReferences": [owner]}
    body = {"containers": [{"name": "c"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body}


def test_replicas_that_differ_are_cut_in_part() -> None:
    objects = [pod("api-1"), pod("api-2", version="2"), service("api"), CALLERS[0]]
    report = diagnosed(*objects, policy("v2", pods={"version": "2"}, ingress=[]))
    (loss,) = report.losses()
    assert loss.partial
    assert "can't always reach" in report.headline


def test_the_verdict_of_why_is_the_same_for_every_loss_and_every_need_that_is_met() -> None:
    objects = [*API, *CALLERS, policy("some", pods={"app": "api"}, ingress=[of(pods(app="web-1"))])]
    cut = {loss.source: loss.question for loss in diagnosed(*objects).losses()}
    cluster = Cluster(load_text(written(*objects)))
    for caller in ("web-0", "web-1", "web-2"):
        answer = why(cluster.engine, cluster.endpoints, f"shop/Deployment/{caller}", "service:shop/api", None)
        assert answer.allowed == (f"shop/Deployment/{caller}" not in cut)


def test_metrics_are_a_warning_and_one_collector_is_enough() -> None:
    objects = [
        deployment("api", ports={"metrics": 9090}),
        deployment("prometheus", "monitoring", labels={"app": "prometheus"}),
        namespace("monitoring"),
    ]
    closed = policy("deny", ingress=[])
    assert lost(diagnosed(*objects, closed), LossKind.METRICS) == {
        "metrics warning monitoring/Deployment/prometheus > shop/Deployment/api:9090 ingress"
    }
    other = deployment("prometheus", "team", labels={"app": "prometheus"})
    one = policy("deny", ingress=[of({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "team"}}})])
    assert lost(diagnosed(*objects, other, one)) == set()


def test_only_what_concerns_a_namespace_is_kept() -> None:
    other = [deployment("jobs", "ops", env={"API": "http://api.shop"}), policy("deny", "ops", egress=[])]
    objects = [*API, *CALLERS, DENY, *other]
    everything = diagnosed(*objects)
    ops = diagnosed(*objects, namespaces=frozenset({"ops"}))
    assert {loss.source for loss in everything.losses()} > {loss.source for loss in ops.losses()}
    assert {loss.source for loss in ops.losses()} == {"ops/Deployment/jobs"}


def row(**cells: str) -> Row:
    return Row(2, dict(cells))


def test_wanted_connections_are_judged_like_the_others() -> None:
    objects = [*API, deployment("jobs"), policy("deny", pods={"app": "jobs"}, egress=[])]
    endpoints = Endpoints(load_text(written(*objects)))
    needs, remarks = wanted_dependencies(
        [
            row(src="shop/Deployment/jobs", dst="service:shop/api", protocol="TCP", port="80"),
            row(src="shop/Deployment/jobs", dst="192.0.2.1", protocol="", port="443"),
            row(src="shop/Deployment/nobody", dst="service:shop/api", protocol="TCP", port="80"),
            row(src="shop/Deployment/jobs", dst="service:shop/api", protocol="TCP", port="81"),
        ],
        endpoints,
        "wanted.csv",
    )
    assert lost(diagnosed(*objects, wanted=needs)) == {
        "wanted error shop/Deployment/jobs > service:shop/api:80 egress",
        "wanted error shop/Deployment/jobs > 192.0.2.1:443 egress",
    }
    assert [str(remark.origin) for remark in remarks] == ["wanted.csv:2", "wanted.csv:2"]
    assert "no workload shop/Deployment/nobody" in remarks[0].what
