"""A running cluster as an input: what is asked, what survives, and what is said of what may not be seen."""

from __future__ import annotations

import time

import pytest

from ringfence import load
from ringfence.live import Target
from ringfence.live.connection import LiveError, connect
from ringfence.live.discovery import Resource
from ringfence.live.listing import list_all
from ringfence.live.read import read
from ringfence.model.codes import KIND_REFUSED
from ringfence.model.errors import InputError
from ringfence.sources.live_items import is_wanted, may_matter
from tests.live.apiserver import EXTRA
from tests.live.conftest import Live, pod


def allowed(live: Live, source: str, destination: str) -> bool:
    return load(live.path).verdict(source, destination, 8080).allowed


def refusals(live: Live) -> list[str]:
    return [finding.what for finding in load(live.path).findings if finding.code is KIND_REFUSED]


def test_a_running_cluster_answers_as_its_manifests_would(live: Live) -> None:
    assert allowed(live, "shop/web", "shop/api")
    assert not allowed(live, "shop/job", "shop/api")


def test_an_object_of_a_cluster_is_placed_by_its_name(live: Live) -> None:
    answer = load(live.path).why("shop/job", "shop/api", 8080)
    (policy,) = load(live.path).snapshot.policies
    assert str(policy.source.locate(("spec", "ingress", 0))) == "cluster:shop/NetworkPolicy/api"
    assert not answer.judgements[0].allowed


def test_no_secret_is_read_and_no_config_map_but_those_of_dns_and_mesh(live: Live) -> None:
    load(live.path)
    paths = live.store.paths()
    assert not [path for path in paths if "secrets" in path]
    assert sorted(path for path in paths if "configmaps" in path) == [
        "/api/v1/namespaces/istio-system/configmaps/istio",
        "/api/v1/namespaces/kube-system/configmaps/coredns",
        "/api/v1/namespaces/kube-system/configmaps/node-local-dns",
    ]


def test_a_list_is_read_page_by_page(live: Live) -> None:
    live.store.add(*(pod("data", f"worker-{number}", f"10.1.{number // 250}.{number % 250}") for number in range(1200)))
    assert len(load(live.path).snapshot.pods) == 1204
    pages = [parameters for path, parameters in live.store.requests if path == "/api/v1/pods"]
    assert len(pages) == 3  # 500 a page
    assert all(parameters["limit"] == "500" for parameters in pages)


def test_a_list_that_the_server_forgot_is_begun_again(live: Live) -> None:
    live.store.add(*(pod("data", f"worker-{number}", f"10.1.0.{number}") for number in range(200)))
    forgot = [0]

    def forget(path: str, parameters: dict[str, str]) -> tuple[int, dict[str, str]] | None:
        if "continue" in parameters and forgot[0] < 2:
            forgot[0] += 1
            return 410, {}
        return None

    live.store.faults.append(forget)
    with connect(Target.parse(live.path), pause=0.001) as connection:
        listed = list_all(connection, Resource("", "v1", "Pod", "pods"), page=50)
    assert len(listed.items) == 204
    assert forgot == [2]


def test_a_list_that_is_always_forgotten_is_asked_for_in_one_piece(live: Live) -> None:
    live.store.add(*(pod("data", f"worker-{number}", f"10.1.0.{number}") for number in range(100)))
    live.store.faults.append(lambda path, parameters: (410, {}) if "continue" in parameters else None)
    with connect(Target.parse(live.path), pause=0.001) as connection:
        listed = list_all(connection, Resource("", "v1", "Pod", "pods"), page=50)
    assert len(listed.items) == 104


def test_the_same_page_over_and_over_is_an_error_and_no_endless_loop(live: Live) -> None:
    live.store.stuck = True
    with connect(Target.parse(live.path), pause=0.001) as connection, pytest.raises(LiveError, match="the same page"):
        list_all(connection, Resource("", "v1", "Pod", "pods"), page=2)


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_busy_server_is_asked_again(live: Live, status: int) -> None:
    live.store.fail(3, status, "/api/v1/pods")
    reading = read(Target.parse(live.path), is_wanted, may_matter, pause=0.001)
    pods = [each for each in reading.listed if each.resource.kind == "Pod"]
    assert len(pods[0].items) == 4


def test_the_pause_that_a_server_asks_for_is_kept(live: Live) -> None:
    live.store.fail(1, 429, "/api/v1/pods", {"Retry-After": "1"})
    begin = time.monotonic()
    read(Target.parse(live.path), is_wanted, may_matter, pause=0.001)
    assert time.monotonic() - begin >= 1


def test_a_server_that_stays_busy_is_an_error_with_its_last_words(live: Live) -> None:
    live.store.fail(100, 503, "/api/v1/pods")
    with pytest.raises(InputError, match=r"answered 503 .*, 5 times"):
        read(Target.parse(live.path), is_wanted, may_matter, pause=0.001)


def test_a_kind_that_is_not_served_is_no_problem(live: Live) -> None:
    del live.store.kinds["", "ReplicationController"]
    assert allowed(live, "shop/web", "shop/api")
    assert not refusals(live)


def test_policies_of_every_api_that_is_served_are_read(live: Live) -> None:
    live.store.kinds |= EXTRA
    live.store.add(
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumNetworkPolicy",
            "metadata": {"namespace": "data", "name": "db"},
            "spec": {"endpointSelector": {}, "ingress": [{}]},
        }
    )
    kinds = {policy.ref.kind for policy in load(live.path).snapshot.policies}
    assert kinds == {"NetworkPolicy", "CiliumNetworkPolicy"}


def test_policies_of_calico_are_read_from_one_of_the_two_groups_that_serve_them(live: Live) -> None:
    live.store.kinds |= EXTRA
    load(live.path)
    asked = [path for path in live.store.paths() if "calico" in path and path.endswith("networkpolicies")]
    assert asked == ["/apis/projectcalico.org/v3/networkpolicies"]


def test_an_aggregated_api_that_is_down_costs_its_own_kinds_only(live: Live) -> None:
    live.store.kinds |= EXTRA
    live.store.fail(1000, 404, "/apis/projectcalico.org/v3")
    load(live.path)
    asked = [path for path in live.store.paths() if "calico" in path and path.endswith("networkpolicies")]
    assert asked == ["/apis/crd.projectcalico.org/v1/networkpolicies"]


class TestRights:
    """What a user may not see is said, and the rest answered."""

    def test_a_forbidden_kind_is_named_with_what_it_may_change(self, live: Live) -> None:
        live.store.forbid("nodes")
        (finding,) = [each for each in load(live.path).findings if each.code is KIND_REFUSED]
        assert "Node may not be read in the whole cluster" in finding.what
        assert "Addresses of nodes are not known" in finding.why

    def test_a_user_of_some_namespaces_gets_an_answer_about_them(self, live: Live) -> None:
        live.store.forbid("pods")
        live.store.forbid("pods", "data")
        cluster = load(live.path)
        assert {each.namespace for each in cluster.snapshot.pods} == {"shop"}
        assert [what.partition(":")[0] for what in refusals(live)] == ["Pod may not be read in namespace data"]

    def test_where_namespaces_may_not_be_listed_those_named_are_asked(self, live: Live) -> None:
        live.store.forbid("namespaces")
        live.store.forbid("pods")
        seen = load(f"{live.path}&namespaces=shop").snapshot
        assert {each.namespace for each in seen.pods} == {"shop"}

    def test_else_the_namespace_of_the_context(self, live: Live) -> None:
        live.store.forbid("namespaces")
        live.store.forbid("pods")
        text = live.config.read_text().replace('"user": "jane"}', '"user": "jane", "namespace": "data"}')
        live.config.write_text(text)
        assert {each.namespace for each in load(live.path).snapshot.pods} == {"data"}
        assert any("only namespace data could be asked" in what for what in refusals(live))

    def test_a_user_who_may_see_nothing_gets_no_answer(self, live: Live) -> None:
        for _, plural, _ in live.store.kinds.values():
            live.store.forbid(plural)
            live.store.forbid(plural, "default")
        with pytest.raises(InputError, match="No Kubernetes object was found") as error:
            load(live.path)
        assert any(finding.code is KIND_REFUSED for finding in error.value.findings)
