"""Selectors: the fewest lasting labels that mean the observed pods and no others of the namespace."""

from __future__ import annotations

from hypothesis import given, strategies as st

from ringfence.learn.selectors import Field, lasting
from ringfence.model.objects import Pod, WorkloadRef
from tests.learn.worlds import cluster, edge, learned, of, pod, workload


def made(number: int, **labels: str) -> Pod:
    named = {key.replace("__", "/").replace("_", "-"): value for key, value in labels.items()}
    return Pod("shop", f"p{number}", named, WorkloadRef("shop", "Pod", f"p{number}"))


def chosen(pods: list[Pod], others: list[Pod]) -> str:
    choice = Field([*pods, *others]).choose(pods)
    assert not choice.others
    return str(choice.expression)


def test_one_label_is_enough_where_it_is_exact() -> None:
    assert chosen([made(1, app="web", tier="front")], [made(2, app="cart", tier="front")]) == "app=web"


def test_the_recommended_name_comes_before_other_labels() -> None:
    web = Pod("shop", "p", {"app": "web", "app.kubernetes.io/name": "web"}, WorkloadRef("shop", "Pod", "p"))
    assert chosen([web], []) == "app.kubernetes.io/name=web"


def test_two_labels_are_taken_where_no_one_is_exact() -> None:
    others = [made(2, app="web", tier="back"), made(3, app="cart", tier="front")]
    assert chosen([made(1, app="web", tier="front")], others) == "app=web,tier=front"


def test_a_label_that_only_the_others_have_is_asked_to_be_absent() -> None:
    assert chosen([made(1, app="web")], [made(2, app="web", canary="yes")]) == "app=web,!canary"


def test_a_value_that_only_the_others_have_is_excluded() -> None:
    """``track`` differs among the meant pods, so it can't be asked for; that of the other pod can be refused."""
    pods = [made(1, app="web", track="a"), made(2, app="web", track="b")]
    assert chosen(pods, [made(3, app="web", track="c")]) == "app=web,track!=c"


def test_several_excluded_values_stand_in_one_requirement() -> None:
    pods = [made(1, app="web", track="a"), made(2, app="web", track="b")]
    others = [made(3, app="web", track="c"), made(4, app="web", track="d")]
    assert chosen(pods, others) == "app=web,track notin (c,d)"


def test_a_pod_without_labels_is_told_by_what_the_others_have() -> None:
    assert chosen([made(1)], [made(2, app="web")]) == "!app"


def test_labels_of_controllers_and_of_delivery_do_not_last() -> None:
    labels = {
        "app": "web",
        "pod-template-hash": "5",
        "rollouts-pod-template-hash": "6",
        "statefulset.kubernetes.io/pod-name": "web-0",
        "apps.kubernetes.io/pod-index": "0",
        "batch.kubernetes.io/controller-uid": "u",
        "topology.kubernetes.io/zone": "a",
        "helm.sh/chart": "web-1.2",
        "app.kubernetes.io/version": "1.2",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/name": "web",
        "example.com/part": "x",
        "empty": "",
    }
    assert set(lasting(labels)) == {"app", "app.kubernetes.io/name", "example.com/part"}


def test_workloads_that_no_label_tells_apart_are_learned_together() -> None:
    shop = (
        pod("web-1", labels="app: web, version: v1", owner="ReplicaSet/web-v1"),
        pod("web-2", labels="app: web, version: v2", owner="ReplicaSet/web-v2"),
        pod("cart"),
    )
    proposal = learned(cluster(*shop), edge(workload("shop/web-v1", kind="ReplicaSet"), "shop/cart", 9090))
    assert str(of(proposal, "shop/web-v2").group) == "shop/ReplicaSet/web-v1,shop/ReplicaSet/web-v2"
    assert not of(proposal, "shop/web-v2").group.also


def test_what_an_inexact_selector_means_besides_is_told() -> None:
    """The other pods have all labels of this one, and more than a few different ones besides."""
    others = [pod(f"w{number}", labels=f"app: web, l{number}: x") for number in range(5)]
    proposal = learned(cluster(pod("web"), *others, pod("cart")), edge("shop/web", "shop/cart", 9090))
    group = of(proposal, "shop/web").group
    assert str(group.selector) == "app=web"
    assert [str(each) for each in group.also] == [f"shop/Pod/w{number}" for number in range(5)]


LABELS = st.fixed_dictionaries({}, optional={key: st.sampled_from(("1", "2", "3")) for key in ("app", "tier", "zone")})


@given(st.lists(LABELS, min_size=1, max_size=3), st.lists(LABELS, max_size=5))
def test_a_selector_means_every_pod_that_is_meant_and_tells_the_others(
    meant: list[dict[str, str]], others: list[dict[str, str]]
) -> None:
    pods = [made(number, **labels) for number, labels in enumerate(meant)]
    rest = [made(number + 10, **labels) for number, labels in enumerate(others)]
    choice = Field([*pods, *rest]).choose(pods)
    assert all(choice.expression.matches(each.labels) for each in pods)
    assert {each.name for each in choice.others} == {
        each.name for each in rest if choice.expression.matches(each.labels)
    }
