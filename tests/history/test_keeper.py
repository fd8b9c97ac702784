"""Objects kept by events: the same as a list gives, whatever the order, however often, and whatever was lost."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, strategies as st

from ringfence.cluster import Cluster
from ringfence.history.following import Following
from ringfence.history.keeper import Keeper
from ringfence.live.discovery import Resource
from ringfence.live.listing import Listed
from ringfence.live.watch import Change, Told
from ringfence.sources.live_items import LiveItem, snapshot_of

NAMESPACES = Resource("", "v1", "Namespace", "namespaces", namespaced=False)
PODS = Resource("", "v1", "Pod", "pods")
POLICIES = Resource("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies")

NAMES = ("a", "b", "c", "d")
LABELS = ("web", "api")

History = list[tuple[Resource, str, str | None]]
"""Per version, counted from 1: a kind, a name, and the label that the object has then; None where it is deleted."""


def text(resource: Resource, name: str, label: str, version: int) -> msgspec.Raw:
    """An object as the API server writes it."""
    metadata: dict[str, Any] = {"name": name, "resourceVersion": str(version), "labels": {"app": label}}
    body: dict[str, Any] = {"metadata": metadata}
    if resource.namespaced:
        metadata["namespace"] = "shop"
    if resource is PODS:
        body["spec"] = {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 8080}]}]}
        body["status"] = {"phase": "Running", "podIP": f"10.0.0.{NAMES.index(name) + 1}"}
    if resource is POLICIES:
        peer = {"podSelector": {"matchLabels": {"app": label}}}
        body["spec"] = {"podSelector": {"matchLabels": {"app": "api"}}, "ingress": [{"from": [peer]}]}
    return msgspec.Raw(json.dumps(body).encode())


def events(history: History) -> list[Change]:
    """What a watch tells of a history. A deletion carries the object as it was last, with the version of its end."""
    last: dict[tuple[Resource, str], str] = {}
    found = []
    for version, (resource, name, label) in enumerate(history, 1):
        if label is not None:
            last[resource, name] = label
            found.append(Change(resource, text(resource, name, label, version), deleted=False))
        elif (resource, name) in last:
            found.append(Change(resource, text(resource, name, last.pop((resource, name)), version), deleted=True))
    return found


def lists(history: History) -> list[Listed]:
    """What lists of every kind say after a history."""
    alive: dict[tuple[Resource, str], msgspec.Raw] = {}
    for version, (resource, name, label) in enumerate(history, 1):
        if label is None:
            alive.pop((resource, name), None)
        else:
            alive[resource, name] = text(resource, name, label, version)
    return [
        Listed(
            resource,
            tuple(raw for (kind, _), raw in sorted(alive.items(), key=lambda each: each[0][1]) if kind is resource),
            str(len(history)),
        )
        for resource in (NAMESPACES, PODS, POLICIES)
    ]


def objects(keeper: Keeper) -> list[tuple[str, bytes]]:
    return [(item.kind, bytes(item.raw)) for item in keeper.items()]


def listed_anew(history: History) -> list[LiveItem]:
    fresh = Keeper()
    for each in lists(history):
        fresh.tell(each)
    return fresh.items()


def truth(history: History) -> list[tuple[str, bytes]]:
    return [(item.kind, bytes(item.raw)) for item in listed_anew(history)]


histories = st.lists(
    st.one_of(
        st.tuples(st.sampled_from((PODS, POLICIES)), st.sampled_from(NAMES), st.sampled_from((*LABELS, None))),
        st.tuples(st.just(NAMESPACES), st.just("shop"), st.sampled_from(LABELS)),
    ),
    min_size=1,
    max_size=25,
)


@given(histories)
def test_events_in_order_come_to_what_a_list_says(history: History) -> None:
    keeper = Keeper()
    for event in events(history):
        keeper.tell(event)
    assert objects(keeper) == truth(history)


@given(histories, st.data())
def test_events_in_any_order_and_several_times_come_to_the_same(history: History, data: st.DataObject) -> None:
    told = events(history)
    keeper = Keeper()
    twice = [event for event in told if data.draw(st.booleans(), label="told twice")]
    for event in data.draw(st.permutations([*told, *twice])):
        keeper.tell(event)
    assert objects(keeper) == truth(history)


@given(histories, st.data())
def test_a_list_mends_what_was_lost_whenever_it_comes(history: History, data: st.DataObject) -> None:
    """Events that were lost lie before the list; those after it come, before or after the list does."""
    length = data.draw(st.integers(0, len(history)), label="versions that the list knows")
    told = events(history)
    before = [each for each in told if version(each) <= length]
    after = [each for each in told if version(each) > length]
    kept = [each for each in before if data.draw(st.booleans(), label="not lost")]
    keeper = Keeper()
    everything: list[Told] = [*kept, *after, *lists(history[:length])]
    for each in data.draw(st.permutations(everything), label="order"):
        keeper.tell(each)
    assert objects(keeper) == truth(history)


def version(event: Change) -> int:
    return int(json.loads(bytes(event.raw))["metadata"]["resourceVersion"])


@given(histories, st.data())
def test_a_list_of_a_server_that_lags_behind_changes_nothing(history: History, data: st.DataObject) -> None:
    keeper = Keeper()
    for each in lists(history):
        keeper.tell(each)
    for each in lists(history[: data.draw(st.integers(0, len(history)))]):
        keeper.tell(each)
    assert objects(keeper) == truth(history)


@given(histories, st.data())
def test_the_cluster_that_follows_answers_as_one_loaded_anew(history: History, data: st.DataObject) -> None:
    """Asked in between, too, so that each answer is made from the one before."""
    keeper = Keeper()
    following = Following(keeper)
    for number, event in enumerate(events(history), 1):
        keeper.tell(event)
        if data.draw(st.booleans(), label=f"asked after event {number}"):
            assert answers(following.cluster()) == answers(Cluster(snapshot_of(keeper.items())))
    assert answers(following.cluster()) == answers(Cluster(snapshot_of(listed_anew(history))))


def answers(cluster: Cluster) -> list[tuple[str, str, bool]]:
    names = [f"{pod.namespace}/{pod.name}" for pod in cluster.snapshot.pods]
    return [(one, other, cluster.verdict(one, other, 8080).allowed) for one in names for other in names if one != other]


def test_a_change_says_what_was_and_what_is() -> None:
    keeper = Keeper()
    first, second = text(PODS, "a", "web", 1), text(PODS, "a", "api", 2)
    (came,) = keeper.tell(Change(PODS, first, deleted=False))
    (changed,) = keeper.tell(Change(PODS, second, deleted=False))
    (gone,) = keeper.tell(Change(PODS, text(PODS, "a", "api", 3), deleted=True))
    assert [(turn.before, turn.after) for turn in (came, changed, gone)] == [
        (None, first),
        (first, second),
        (second, None),
    ]


def test_a_list_of_one_namespace_says_nothing_of_another() -> None:
    keeper = Keeper()
    keeper.tell(Change(PODS, text(PODS, "a", "web", 1), deleted=False))
    keeper.tell(Listed(PODS, (), "5", "data"))
    assert len(keeper.items()) == 1
    keeper.tell(Listed(PODS, (), "5", "shop"))
    assert not keeper.items()


def test_a_change_of_a_policy_is_told_from_one_of_a_pod() -> None:
    keeper = Keeper()
    keeper.tell(Change(PODS, text(PODS, "a", "web", 1), deleted=False))
    assert (keeper.version, keeper.ruled) == (1, 0)
    keeper.tell(Change(POLICIES, text(POLICIES, "a", "web", 2), deleted=False))
    assert (keeper.version, keeper.ruled) == (2, 2)
    keeper.tell(Change(PODS, text(PODS, "a", "api", 3), deleted=False))
    assert (keeper.version, keeper.ruled) == (3, 2)
